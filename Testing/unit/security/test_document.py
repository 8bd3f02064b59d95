"""SECURITY.md names its proofs; here is the proof that they exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
UNIT = ROOT / "Testing" / "unit"


def test_every_proof_exists() -> None:
    rows = re.findall(r"^\|.*\| (`.*`) \|$", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE)
    proofs = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(proofs) > 20
    assert [name for name in proofs if not (UNIT / name).exists() and not (ROOT / name).exists()] == []

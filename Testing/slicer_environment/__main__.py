"""``python -m Testing.slicer_environment``: OrganSeg's self-test, in both ways that Slicer starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from .self_test import run_self_test

_MODULE = Path(__file__).resolve().parents[2] / "OrganSeg" / "OrganSeg.py"


def main() -> int:
    run_self_test(_MODULE)
    return 0


if __name__ == "__main__":
    sys.exit(main())

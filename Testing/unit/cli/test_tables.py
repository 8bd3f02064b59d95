"""What the terminal says of a result."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from OrganSegLib.cli.run import Outcome
from OrganSegLib.cli.tables import show_outcome
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.quality import MARKS, Flag

from Testing.unit.shapes import two_organs

NOISY = Flag("noise", "note", "The scan is noisy.", 40.0)
LEAK = Flag("leaked", "warning", "It reaches into fat.")
CUT = Flag("truncated", "note", "It is cut off.")
YELLOW, RED = "\x1b[33m", "\x1b[1;31m"


@pytest.fixture
def outcome(tmp_path: Path) -> Outcome:
    """A liver that leaks and a left kidney that is cut off."""
    found = Segmentation.of(*two_organs(), run={"notes": []})
    flags = {"liver": (LEAK, CUT), "kidney_left": (CUT,)}
    trust = [replace(organ, flags=flags.get(organ.name, ())) for organ in found.trust]
    run = {**found.run, "checks": [asdict(NOISY)]}
    return Outcome(replace(found, trust=trust, run=run), tmp_path, {"overview.png": tmp_path / "a.png"})


def test_flags_are_words_with_a_mark_and_warnings_sentences(
    outcome: Outcome, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    show_outcome(outcome, json_events=False)
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line for line in lines if line.strip()}
    assert rows["liver"].rstrip().endswith(f"{MARKS['warning']} leaks, cut off by the scan")
    assert rows["kidney_left"].rstrip().endswith(f"{MARKS['note']} cut off by the scan")
    assert not set("".join(MARKS.values())) & set(rows["spleen"])
    assert f"Check liver: {LEAK.sentence}" in lines
    assert f"Scan: {NOISY.sentence}" in lines
    assert not any(CUT.sentence in line for line in lines)


def test_remarks_are_coloured_where_the_terminal_can(
    outcome: Outcome, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    show_outcome(outcome, json_events=False)
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert RED in rows["liver"]
    assert YELLOW in rows["kidney_left"]

"""A folder holds all of what is written into it or none; `Testing.faults` kills and interrupts the writer."""

from __future__ import annotations

from pathlib import Path

import pytest
from OrganSegLib.aside import PREFIX, aside_of, remove_unfinished


def contents(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Results of an earlier run, and a file of the user."""
    with aside_of(tmp_path) as aside:
        (aside / "labels").write_text("old")
        (aside / "surfaces").mkdir()
        (aside / "surfaces" / "liver").write_text("old")
        (aside / ".record").write_text("old")
    (tmp_path / "notes").write_text("mine")
    return tmp_path


def test_what_a_killed_writer_left_is_removed(results: Path) -> None:
    before = contents(results)
    unfinished = results / f"{PREFIX}abc"
    unfinished.mkdir()
    (unfinished / "labels").write_text("new")
    remove_unfinished(results)
    assert contents(results) == before
    assert not unfinished.exists()


def test_nothing_unfinished_stays_as_it_is(results: Path, tmp_path: Path) -> None:
    before = contents(results)
    remove_unfinished(results)
    remove_unfinished(tmp_path / "no such folder")
    assert contents(results) == before

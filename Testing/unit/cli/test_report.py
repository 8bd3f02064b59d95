"""``organseg report``: two files beside the results, again and again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from OrganSegLib import formats
from OrganSegLib.cli.all_commands import app
from OrganSegLib.export import write_results
from OrganSegLib.phantom import write_image
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.report import pictures
from typer.testing import CliRunner, Result

from Testing.unit.shapes import two_organs


def _report(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "400"}).invoke(app, ["report", *map(str, arguments)])


@pytest.fixture(autouse=True)
def _coarse_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in them is tested elsewhere."""
    monkeypatch.setattr(pictures, "DPI", 50)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A result folder with an awkward name whose study lies beside it."""
    scan, labelmap = two_organs()
    study = write_image(scan, tmp_path / "scan of Jiří.nii.gz")
    found = Segmentation.of(scan, labelmap)
    run = {**found.run, "notes": [], "seconds": {}, "study": {"path": str(study), "series_uid": ""}}
    write_results(tmp_path / "výsledky 1", replace(found, run=run), picture=False)
    return tmp_path / "výsledky 1"


def test_writes_a_page_and_a_pdf_and_replaces_them(results: Path) -> None:
    before = {path.name for path in results.iterdir()}
    paths = [results / name for name in ("report.html", "report.pdf")]
    for anonymous in ((), ("--anonymous",)):
        done = _report(results, *anonymous)
        assert done.exit_code == 0, done.output
        assert [f"Report: {path}" for path in paths] == done.stdout.splitlines()
        assert ("scan of Jiří" in paths[0].read_text(encoding="utf-8")) is not bool(anonymous)
    assert {path.name for path in results.iterdir()} >= {*before, "report.html", "report.pdf"}
    assert not [path for path in results.iterdir() if path.is_dir() and path.name.startswith(".")]


def test_a_moved_study_has_to_be_named(results: Path) -> None:
    moved = (results.parent / "scan of Jiří.nii.gz").rename(results.parent / "moved.nii.gz")
    refused = _report(results)
    assert refused.exit_code == 3
    assert "input.study_moved" in refused.stderr
    assert _report(results, "--study", moved).exit_code == 0


def test_a_missing_package_is_named_before_the_work(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda name: None if name == "reportlab" else name)
    refused = _report(results)
    assert refused.exit_code == 5
    assert "output.missing_package" in refused.stderr
    assert "reportlab" in refused.stderr
    assert not (results / "report.html").exists()

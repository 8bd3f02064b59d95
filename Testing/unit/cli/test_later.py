"""``--format`` of segment and export: further files, in words for people who never saw a terminal before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trimesh
from OrganSegLib.cli.all_commands import app
from OrganSegLib.formats import FORMATS, Format
from OrganSegLib.phantom import make_phantom, write_image
from typer.testing import CliRunner, Result


def organseg(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "120"}).invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scan, _ = make_phantom(seed=2, spacing_mm=(8.0, 8.0, 8.0), region="abdomen")
    return write_image(scan, tmp_path_factory.mktemp("study") / "ct.nii.gz")


def _segment(study: Path, output: Path, model: Path, *more: str) -> Result:
    return organseg("segment", study, "-o", output, "--model", model, *more)


def test_formats_of_a_run_and_of_later(study: Path, tiny_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "výsledky"
    done = _segment(
        study, output, tiny_model, "--format", "dicom-seg", "--format", "obj", "--decimate", "0.5"
    )
    assert done.exit_code == 0, done.output
    assert {"segmentation.dcm", "dicom", "organs.obj"} <= {path.name for path in output.iterdir()}
    assert "Note: The CT was written as DICOM, too (folder 'dicom')" in done.stdout
    notes = json.loads((output / "measurements.json").read_text(encoding="utf-8"))["run"]["notes"]
    assert "output.ct_series" in {note["code"] for note in notes}

    again = organseg("export", output, "--format", "obj")
    assert again.exit_code == 5
    assert "Error [output.exists]" in again.stderr
    fewer = len(trimesh.load(output / "organs.obj", force="mesh").faces)
    assert organseg("export", output, "--format", "obj", "--overwrite").exit_code == 0
    assert len(trimesh.load(output / "organs.obj", force="mesh").faces) > fewer

    later = organseg("export", output, "--format", "rtstruct")  # the CT as DICOM is there and stays
    assert later.exit_code == 0, later.output
    assert f"Written: {output / 'rtstruct.dcm'}" in later.stdout


@pytest.mark.parametrize("command", ["segment", "export"])
def test_formats_that_cannot_be_written_are_refused_before_the_work(
    command: str, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        FORMATS, "gold", Format("A plan of gold", ("gold",), "ct_files", ("no_such_package",))
    )
    place = ("segment", study, "-o", tmp_path / "out") if command == "segment" else ("export", tmp_path)
    for name, code, help_ in (
        ("dicom_seg", "output.unknown_format", "Did you mean dicom-seg?"),
        ("jpeg", "output.unknown_format", "It knows: ct, "),
        ("gold", "output.missing_package", "python -m pip install no_such_package"),
    ):
        result = organseg(*place, "--format", name)
        assert result.exit_code == 5
        assert f"Error [{code}]" in result.stderr
        assert help_ in result.stderr
        assert "Finding organs" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_export_asks_what_to_write(tmp_path: Path) -> None:
    result = organseg("export", tmp_path)
    assert result.exit_code == 2
    assert "--format" in result.stderr
    for name in FORMATS:
        assert name in organseg("export", "--help").stdout

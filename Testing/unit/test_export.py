"""Result folders: complete or not there at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from OrganSegLib.errors import OutputError
from OrganSegLib.export import RECORD, RESULTS, add_formats, check_is_free, write_results, written_aside
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.volume import Labelmap, Source

from Testing.unit.shapes import two_organs


def _write(folder: Path, labelmap: Labelmap | None = None, **options: Any) -> dict[str, Path]:
    scan, both = two_organs()
    found = Segmentation.of(scan, labelmap or both, options.pop("surfaces", None), {"model": "tiny"})
    return write_results(folder, found, **({"picture": False} | options))


def _names(folder: Path) -> set[str]:
    """What a user sees in a folder; besides it there is OrganSeg's record and nothing half-written."""
    names = {path.name for path in folder.iterdir()}
    assert {name for name in names if name.startswith(".")} == {RECORD}
    return names - {RECORD}


def _refusal(folder: Path, **options: Any) -> OutputError:
    with pytest.raises(OutputError) as caught:
        _write(folder, **options)
    assert caught.value.next_step
    return caught.value


WITHOUT_PICTURE = set(RESULTS) - {"overview.png"}


def test_everything_is_written_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "é ř"
    files = _write(folder, picture=True)
    assert list(files) == list(RESULTS)
    assert _names(folder) == set(RESULTS)
    assert all(files[name] == folder / name for name in RESULTS)
    assert sorted(path.name for path in files["surfaces"].iterdir()) == ["kidney_left.stl", "liver.stl"]


def test_the_picture_can_be_left_out(tmp_path: Path) -> None:
    assert "overview.png" not in _write(tmp_path)
    assert _names(tmp_path) == WITHOUT_PICTURE


def test_the_same_organs_are_the_same_bytes(tmp_path: Path) -> None:
    """Whichever thread was first."""
    one, other = (_write(tmp_path / name, picture=True) for name in ("one", "other"))
    for path in (path for path in one["labels.json"].parent.rglob("*") if path.is_file()):
        again = other["labels.json"].parent / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == again.read_bytes(), path.name


def test_results_are_not_overwritten_unasked(tmp_path: Path) -> None:
    _write(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    error = _refusal(tmp_path)
    assert error.code == "output.exists"
    assert "--overwrite" in error.next_step
    assert {path: path.read_bytes() for path in before} == before
    with pytest.raises(OutputError):
        check_is_free(tmp_path)
    check_is_free(tmp_path, overwrite=True)


def test_overwriting_replaces_results_and_spares_other_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    _write(tmp_path)
    _, labelmap = two_organs()
    liver_alone = Labelmap(labelmap.voxels * (labelmap.voxels == 1), labelmap.grid, labelmap.organs)
    _write(tmp_path, liver_alone, overwrite=True)
    assert _names(tmp_path) == {*WITHOUT_PICTURE, "notes.txt"}
    assert [path.name for path in (tmp_path / "surfaces").iterdir()] == ["liver.stl"]


def test_nothing_of_an_earlier_run_stays_beside_new_labels(tmp_path: Path) -> None:
    """Of more formats, of formats added later, and of other commands."""
    _write(tmp_path, picture=True, formats=["ply"])
    found = Segmentation.of(*two_organs())
    assert add_formats(tmp_path, found, ["obj"]).keys() == {"organs.obj", "organs.mtl"}
    with written_aside(tmp_path) as aside:
        (aside / "proximity.csv").write_text("near")
    (tmp_path / "report.pdf").write_text("the radiologist's own")
    _write(tmp_path, overwrite=True, formats=["ct"])
    assert _names(tmp_path) == {*WITHOUT_PICTURE, "ct.nii.gz", "report.pdf"}
    assert (tmp_path / "report.pdf").read_text() == "the radiologist's own"


def test_a_run_beside_what_is_left_of_another_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, formats=["obj"])
    for name in WITHOUT_PICTURE - {"surfaces"}:
        (tmp_path / name).unlink()
    shutil.rmtree(tmp_path / "surfaces")
    assert _refusal(tmp_path).code == "output.exists"


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_organseg_did_not_write_is_never_replaced(overwrite: bool, tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text("precious")
    (tmp_path / "ply").mkdir()
    for formats in ([], ["ply"]):
        error = _refusal(tmp_path, overwrite=overwrite, formats=formats)
        assert error.code == "output.foreign"
        assert "labels.json" in error.sentence
    (tmp_path / "labels.json").unlink()
    assert _refusal(tmp_path, overwrite=overwrite, formats=["ply"]).code == "output.foreign"
    assert [path.name for path in tmp_path.iterdir()] == ["ply"]


def test_formats_can_be_added_and_replaced(tmp_path: Path) -> None:
    _write(tmp_path)
    found = Segmentation.of(*two_organs())
    add_formats(tmp_path, found, ["ply", "ply"])
    (tmp_path / "ply" / "of another run.ply").touch()
    with pytest.raises(OutputError) as caught:
        add_formats(tmp_path, found, ["ply"])
    assert caught.value.code == "output.exists"
    add_formats(tmp_path, found, ["ply"], overwrite=True)
    assert _names(tmp_path) == {*WITHOUT_PICTURE, "ply"}
    assert sorted(path.name for path in (tmp_path / "ply").iterdir()) == ["kidney_left.ply", "liver.ply"]


@pytest.mark.parametrize("lies_in", ["ct.nii.gz", "surfaces"])
def test_the_study_itself_is_never_replaced(lies_in: str, tmp_path: Path) -> None:
    scan, labelmap = two_organs()
    _write(tmp_path, formats=["ct"])
    study = tmp_path / lies_in
    found = Segmentation.of(replace(scan, source=Source(str(study), "NIfTI")), labelmap)
    with pytest.raises(OutputError) as caught:
        write_results(tmp_path, found, overwrite=True, picture=False)
    assert caught.value.code == "output.holds_study"
    assert study.exists()
    add_formats(tmp_path, found, ["obj"])  # which leaves it where it is


def test_a_list_from_a_stranger_leads_to_no_other_folder(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    _write(tmp_path / "out")
    with (tmp_path / "out" / RECORD).open("a") as record:
        record.write(f"../precious\n{tmp_path / 'precious'}\n..\n.\n\n")
    _write(tmp_path / "out", overwrite=True)
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_file_that_cannot_be_moved_leaves_earlier_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where another program has it open."""
    _write(tmp_path, formats=["ply"])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == "segmentation.nii.gz" and path.parent.name.startswith(".organseg-"):
            raise PermissionError(13, "in use")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        assert _refusal(tmp_path, overwrite=True).code == "output.not_writable"
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_place_that_cannot_hold_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    error = _refusal(tmp_path / "file" / "out")
    assert error.code == "output.not_writable"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


class _Interrupted(Mapping[int, Any]):
    """Surfaces that the user's Ctrl-C comes between."""

    def __getitem__(self, label: int) -> Any:
        raise KeyError(label)

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[int]:
        raise KeyboardInterrupt


def _interrupted() -> Segmentation:
    return replace(Segmentation.of(*two_organs()), surfaces=_Interrupted())


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_results(tmp_path / "a" / "b", _interrupted())
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_leaves_earlier_results_as_they_were(tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in _write(tmp_path).values() if path.is_file()}
    with pytest.raises(KeyboardInterrupt):
        write_results(tmp_path, _interrupted(), overwrite=True)
    assert {path: path.read_bytes() for path in before} == before
    assert _names(tmp_path) == WITHOUT_PICTURE


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
@pytest.mark.parametrize(
    ("limit", "surfaces", "formats"),
    [
        (1_000, {}, ()),  # the labels do not fit
        (8_000, None, ()),  # a surface does not
        *((8_000, {}, (name,)) for name in ("ct", "dicom-seg", "rtstruct", "obj", "ply")),
    ],
)
def test_a_full_disk_is_told_and_leaves_nothing(
    limit: int, surfaces: dict[int, Any] | None, formats: tuple[str, ...], tmp_path: Path
) -> None:
    """A limit on file sizes stands for the full disk."""
    script = f"""
        import resource, sys
        from pathlib import Path
        import numpy as np
        from OrganSegLib.errors import OutputError
        from OrganSegLib.export import write_results
        from OrganSegLib.volume import Grid, Labelmap, Scan
        from OrganSegLib.organs import catalogue
        from OrganSegLib.pipeline import Segmentation

        grid = Grid((64, 64, 40), (1.0, 1.0, 1.0))
        k, j, i = np.indices(grid.shape) - 20
        labelmap = Labelmap((k**2 + j**2 + i**2 < 200).astype(np.uint8), grid, {{1: catalogue()["liver"]}})
        noise = np.random.default_rng(0).integers(-1000, 1000, grid.shape).astype(np.int16)
        found = Segmentation.of(Scan(noise, grid), labelmap, {surfaces})
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        try:
            write_results(Path(sys.argv[1]), found, picture=False, formats={formats})
        except OutputError as error:
            print(error.code)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "out")]
    library = Path(__file__).parents[2] / "OrganSeg"
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=library)
    assert result.stdout.strip() == "output.not_writable"
    assert list(tmp_path.iterdir()) == []

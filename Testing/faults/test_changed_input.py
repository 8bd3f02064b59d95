"""Files changed, replaced or deleted between a look at their headers and the reading of their voxels."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from OrganSegLib.errors import InputError
from OrganSegLib.ingest import image_file, read_study, study
from OrganSegLib.phantom import write_dicom_series, write_image

from Testing.unit.shapes import two_organs

pytestmark = pytest.mark.faults

SCAN, _ = two_organs()


def _delete(file: Path) -> None:
    file.unlink()


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _replace(file: Path) -> None:
    """By that of another patient, as large."""
    content = file.read_bytes()
    file.write_bytes(content[:-100] + bytes(100))


def _grow(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b"more")


CHANGES = [_delete, _cut, _replace, _grow]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("place", [0, 7, -1])
def test_a_slice(
    change: Callable[[Path], None], place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_dicom_series(SCAN, tmp_path / "series")
    kept = shutil.copytree(folder, tmp_path / "kept")
    decode = study.decode

    def change_and_decode(frames: object) -> object:
        change(sorted(folder.iterdir())[place])
        return decode(frames)  # type: ignore[arg-type]  # whatever it is given

    with monkeypatch.context() as patch:
        patch.setattr(study, "decode", change_and_decode)
        with pytest.raises(InputError) as caught:
            read_study(folder)
    assert caught.value.code == "input.changed"
    assert caught.value.next_step
    assert read_study(kept).grid == SCAN.grid


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd", ".mha"])
def test_a_volume(
    change: Callable[[Path], None], ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_image(SCAN, tmp_path / f"ct{ending}")
    grid = image_file._grid

    def change_and_look(reader: object) -> object:
        found = grid(reader)
        change(file)
        return found

    monkeypatch.setattr(image_file, "_grid", change_and_look)
    with pytest.raises(InputError) as caught:
        read_study(file)
    assert caught.value.code == "input.changed"

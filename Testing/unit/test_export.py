"""Result folders: complete or not there at all."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from OrganSegLib.errors import OutputError
from OrganSegLib.export import RESULTS, check_is_free, write_results
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.volume import Labelmap

from Testing.unit.shapes import two_organs


def _write(folder: Path, labelmap: Labelmap | None = None, **options: Any) -> dict[str, Path]:
    scan, both = two_organs()
    labelmap = labelmap or both
    found = Segmentation.of(scan, labelmap, options.pop("surfaces", None), {"model": "tiny"})
    return write_results(folder, found, **options)


def test_everything_is_written_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "é ř"
    files = _write(folder)
    assert list(files) == list(RESULTS)
    assert sorted(path.name for path in folder.iterdir()) == sorted(RESULTS)
    assert all(files[name] == folder / name for name in RESULTS)
    assert sorted(path.name for path in files["surfaces"].iterdir()) == ["kidney_left.stl", "liver.stl"]


def test_the_picture_can_be_left_out(tmp_path: Path) -> None:
    files = _write(tmp_path, picture=False)
    assert "overview.png" not in files
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(set(RESULTS) - {"overview.png"})


def test_results_are_not_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text("{}")
    with pytest.raises(OutputError) as caught:
        _write(tmp_path)
    assert caught.value.code == "output.exists"
    assert [path.name for path in tmp_path.iterdir()] == ["labels.json"]
    with pytest.raises(OutputError):
        check_is_free(tmp_path)


def test_overwriting_replaces_results_and_spares_other_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    _write(tmp_path)
    _, labelmap = two_organs()
    liver_alone = Labelmap(labelmap.voxels * (labelmap.voxels == 1), labelmap.grid, labelmap.organs)
    _write(tmp_path, liver_alone, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*RESULTS, "notes.txt"])
    assert [path.name for path in (tmp_path / "surfaces").iterdir()] == ["liver.stl"]


def test_a_place_that_cannot_hold_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError) as caught:
        _write(tmp_path / "file" / "out")
    assert caught.value.code == "output.not_writable"
    assert caught.value.next_step
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
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(RESULTS)


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
@pytest.mark.parametrize("limit", [20_000, 150_000])
def test_a_full_disk_is_told_and_leaves_nothing(limit: int, tmp_path: Path) -> None:
    """A limit on file sizes stands for the full disk: first the labels do not fit, then a surface."""
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
        noise = np.random.default_rng(0).integers(0, 2, grid.shape).astype(np.uint8)
        labelmap = Labelmap(noise, grid, {{1: catalogue()["liver"]}})
        scan = Scan(noise.astype(np.int16), grid)
        found = Segmentation.of(scan, labelmap)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        try:
            write_results(Path(sys.argv[1]), found)
        except OutputError as error:
            print(error.code)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "out")]
    library = Path(__file__).parents[2] / "OrganSeg"
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=library)
    assert result.stdout.strip() == "output.not_writable"
    assert list(tmp_path.iterdir()) == []

"""Result folders opened again: with their own study only, wherever it lies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from OrganSegLib.errors import InputError
from OrganSegLib.export import write_results
from OrganSegLib.ingest import read_study
from OrganSegLib.ingest.hounsfield import AIR_HU
from OrganSegLib.phantom import make_phantom, write_dicom_series, write_image
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.quality import Flag, OrganTrust
from OrganSegLib.results import load_results
from OrganSegLib.volume import Labelmap, Scan

from Testing.unit.shapes import two_organs

SCAN, LABELMAP = two_organs("oblique")
WRITERS: dict[str, Callable[[Scan, Path], Path]] = {
    "DICOM": lambda scan, folder: write_dicom_series(scan, folder / "series"),
    "NIfTI": lambda scan, folder: write_image(scan, folder / "ct.nii.gz"),
}


def _segmented(study: Path, folder: Path) -> Segmentation:
    """Results in ``folder`` as a run on ``study`` writes them; one flag is such that only a run knows it."""
    scan = read_study(study)
    record = {"path": str(study.absolute()), "series_uid": scan.source.series_uid}
    found = Segmentation.of(
        scan, Labelmap(LABELMAP.voxels, scan.grid, LABELMAP.organs), run={"study": record}
    )
    found.trust[0] = OrganTrust("liver", 1, (Flag("uncertain", "warning", "The network was not sure."),))
    write_results(folder, found, picture=False)
    return found


@pytest.fixture(params=WRITERS)
def study(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / "žena 1"
    place.mkdir()
    return WRITERS[request.param](SCAN, place)


def _refused(folder: Path, study: Path | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        load_results(folder, study)
    assert caught.value.next_step
    return caught.value


def test_what_was_written_is_read(study: Path, tmp_path: Path) -> None:
    found = _segmented(study, tmp_path / "out")
    again = load_results(tmp_path / "out")
    assert np.array_equal(again.scan.voxels, found.scan.voxels)
    assert np.array_equal(again.labelmap.voxels, found.labelmap.voxels)
    assert again.labelmap.grid == found.scan.grid
    assert again.labelmap.organs == found.labelmap.organs
    assert again.measurements == found.measurements
    assert again.trust == found.trust
    assert again.surfaces.keys() == found.surfaces.keys()
    assert again.run["study"] == found.run["study"]


def test_a_study_that_was_moved_is_asked_for(study: Path, tmp_path: Path) -> None:
    _segmented(study, tmp_path / "out")
    moved = Path(shutil.move(study.parent, tmp_path / "archive")) / study.name
    error = _refused(tmp_path / "out")
    assert error.code == "input.study_moved"
    assert "--study" in error.next_step
    assert load_results(tmp_path / "out", moved).scan.source.path == str(moved)


def test_the_segmented_series_is_found_among_others(tmp_path: Path) -> None:
    study = write_dicom_series(SCAN, tmp_path / "study" / "a")
    _segmented(study, tmp_path / "out")
    longer = Scan(np.concatenate([SCAN.voxels] * 2), SCAN.grid)  # a run would choose it
    write_dicom_series(longer, tmp_path / "study" / "b")
    assert load_results(tmp_path / "out", tmp_path / "study").scan.grid.size == SCAN.grid.size


def test_a_converted_study_is_the_same_study(tmp_path: Path) -> None:
    _segmented(write_dicom_series(SCAN, tmp_path / "series"), tmp_path / "out")
    converted = write_image(SCAN, tmp_path / "converted.nrrd")
    assert load_results(tmp_path / "out", converted).scan.source.format == "NRRD"


def test_another_study_is_refused(study: Path, tmp_path: Path) -> None:
    _segmented(study, tmp_path / "out")
    elsewhere, _ = two_organs("straight")
    same_grid = Scan((SCAN.voxels + (LABELMAP.voxels == 2)).astype(np.int16), SCAN.grid)
    for number, other in enumerate((elsewhere, same_grid)):
        path = write_image(other, tmp_path / f"{number}.nii.gz")
        assert _refused(tmp_path / "out", path).code == "input.other_study"


def test_results_that_keep_the_scan_need_it(tmp_path: Path) -> None:
    """As those of the demo, whose phantom lies nowhere else."""
    found = Segmentation.of(SCAN, LABELMAP, run={"study": {"path": "ct.nii.gz", "series_uid": ""}})
    write_results(tmp_path / "out", found, picture=False, formats=["ct"])
    moved = Path(shutil.move(tmp_path / "out", tmp_path / "elsewhere"))
    assert np.array_equal(load_results(moved).scan.voxels, np.maximum(SCAN.voxels, AIR_HU))
    (moved / "ct.nii.gz").unlink()
    assert _refused(moved).code == "input.study_moved"


def test_a_copy_of_the_ct_stands_in_for_a_study_that_is_gone(study: Path, tmp_path: Path) -> None:
    moved = study.rename(tmp_path / "here.nii.gz") if study.is_file() else study.rename(tmp_path / "here")
    found = _segmented(moved, tmp_path / "segmented")
    write_results(tmp_path / "out", found, picture=False, formats=["ct"])
    again = load_results(tmp_path / "out")
    assert (again.scan.source.format, again.scan.source.path) == (found.scan.source.format, str(moved))
    moved.rename(tmp_path / "gone")
    assert load_results(tmp_path / "out").scan.source.format == "NIfTI"
    other = make_phantom(seed=1, grid=SCAN.grid)[0]
    write_image(other, moved) if moved.suffix == ".gz" else write_dicom_series(other, moved)
    assert np.array_equal(load_results(tmp_path / "out").scan.voxels, found.scan.voxels)


def test_anonymous_results_do_not_say_where_the_study_lies(study: Path, tmp_path: Path) -> None:
    found = _segmented(study, tmp_path / "named")
    found.run["study"] = {}
    write_results(tmp_path / "out", found, picture=False)
    assert _refused(tmp_path / "out").code == "input.study_moved"
    assert load_results(tmp_path / "out", study).measurements == found.measurements


def _without(key: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / "measurements.json"
        facts = json.loads(path.read_text(encoding="utf-8"))
        del facts[key]
        path.write_text(json.dumps(facts), encoding="utf-8")

    return damage


def _cut_off(folder: Path) -> None:
    path = folder / "segmentation.nii.gz"
    path.write_bytes(path.read_bytes()[:-100])


def _edited(name: str, *keys: Any, to: Any) -> Callable[[Path], None]:
    """Somebody changed one value by hand."""

    def edit(folder: Path) -> None:
        facts = place = json.loads((folder / name).read_text(encoding="utf-8"))
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to
        (folder / name).write_text(json.dumps(facts), encoding="utf-8")

    return edit


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no labels": lambda folder: (folder / "segmentation.nii.gz").unlink(),
    "labels cut off": _cut_off,
    "labels of nothing": lambda folder: (folder / "labels.json").write_text("{}"),
    "list broken": lambda folder: (folder / "labels.json").write_text('{"1"'),
    "no run": _without("run"),
    "no organs": _without("organs"),
    "no facts": lambda folder: (folder / "measurements.json").write_text("[]"),
    "seconds edited": _edited("measurements.json", "run", "seconds", to=7),
    "a note edited": _edited("measurements.json", "run", "notes", to=[{"code": "x", "sentence": 3}]),
    "the model edited": _edited("measurements.json", "run", "model", to={"a": 1}),
    "a flag edited": _edited("measurements.json", "organs", 0, "trust", "flags", to=[{"code": "x"}]),
    "a mean edited": _edited("measurements.json", "organs", 0, "mean_hu", to="20"),
    "a code edited": _edited("labels.json", "1", "organ", "code", to=[]),
    "an organ edited": _edited("labels.json", "1", "organ", to=[1]),
    "a list of labels": lambda folder: (folder / "labels.json").write_text("[1]"),
    "empty": lambda folder: [path.unlink() for path in folder.iterdir() if path.is_file()],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_named(damage: str, tmp_path: Path) -> None:
    _segmented(write_image(SCAN, tmp_path / "ct.nii.gz"), tmp_path / "out")
    DAMAGE[damage](tmp_path / "out")
    error = _refused(tmp_path / "out")
    assert error.code == "input.no_results"
    assert str(tmp_path / "out") in error.sentence


def test_labels_on_another_grid_are_another_study(tmp_path: Path) -> None:
    _segmented(write_image(SCAN, tmp_path / "ct.nii.gz"), tmp_path / "out")
    path = tmp_path / "out" / "segmentation.nii.gz"
    labels = sitk.ReadImage(path)
    labels.SetOrigin([place + 1 for place in labels.GetOrigin()])
    sitk.WriteImage(labels, path)
    assert _refused(tmp_path / "out").code == "input.other_study"

"""Label maps without scans: what becomes known, and the body around them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from organseg_training.case import Case
from organseg_training.config import Config
from organseg_training.errors import DataError
from organseg_training.prepare import prepare
from organseg_training.readers import open_readers
from OrganSegLib.phantom import LABELS, make_phantom

from Testing.training.generated import config_of

DATA = Path(os.environ.get("ORGANSEG_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
SPACING = 8.0
DRAWN = {"liver": 4, "spleen": 1, "kidney_left": 7, "aorta": 2}


def config_for(folder: Path, labels: dict[str, int], **options) -> Config:
    data = {"layout": "shapes", "folder": folder, "labels": labels, "options": options}
    organs = ["spleen", "liver", "kidney_left", "aorta", "heart", "kidney_right", "pancreas"]
    return config_of(data, organs=organs, spacing_mm=[SPACING] * 3)


@pytest.fixture(scope="module")
def drawn():
    """Some organs of a person, as a rater might have drawn them."""
    scan, labelmap = make_phantom(seed=11, spacing_mm=(SPACING,) * 3)
    values = np.zeros_like(labelmap.voxels)
    for name, value in DRAWN.items():
        values[labelmap.voxels == LABELS[name]] = value
    return values, scan.grid


@pytest.fixture
def folder(drawn, tmp_path) -> Path:
    values, grid = drawn
    sitk.WriteImage(grid.image(values), str(tmp_path / "someone.nii.gz"))
    return tmp_path


def test_the_drawn_organs_alone_are_known(folder, drawn):
    config = config_for(folder, DRAWN)
    (reader,) = open_readers(config)
    (entry,) = reader.entries()
    assert entry.painted
    scan = reader.scan(entry)
    labels = reader.labels(entry, scan)
    assert set(labels.known) == set(DRAWN)
    for name, value in DRAWN.items():
        assert (labels.values == config.classes.index[name]).sum() == (drawn[0] == value).sum()
    assert set(np.unique(labels.values)) == {0, *(config.classes.index[name] for name in DRAWN)}


def test_a_body_lies_around_the_organs(folder, drawn):
    (reader,) = open_readers(config_for(folder, DRAWN))
    (entry,) = reader.entries()
    hu = reader.scan(entry).voxels
    organs = drawn[0] > 0
    assert np.median(hu[drawn[0] == DRAWN["liver"]]) == pytest.approx(55)
    assert np.median(hu[drawn[0] == DRAWN["aorta"]]) == pytest.approx(42)
    slices = organs.any((1, 2))
    around = hu[slices][~organs[slices]]
    for low, high, share in (
        (-1100, -950, 0.1),
        (-950, -500, 0.02),
        (-200, -20, 0.03),
        (0, 100, 0.1),
        (150, 2000, 0.01),
    ):
        assert np.mean((around >= low) & (around < high)) > share, (low, high)
    edge = np.concatenate([hu[:, 0].ravel(), hu[:, :, 0].ravel(), hu[:, :, -1].ravel()])
    assert np.mean(edge < -900) > 0.8


def test_prepared_shapes_are_marked_as_painted(folder, tmp_path):
    manifest = prepare(config_for(folder, DRAWN), tmp_path / "cases")
    assert set(manifest.cases["someone"].known) == set(DRAWN)
    assert Case.load(tmp_path / "cases" / "someone.npz").painted


def test_files_stored_the_wrong_way_round_are_noticed_and_can_be_turned(drawn, tmp_path):
    values, grid = drawn
    sitk.WriteImage(grid.image(values[:, ::-1].copy()), str(tmp_path / "turned.nii.gz"))
    (reader,) = open_readers(config_for(tmp_path, DRAWN))
    (entry,) = reader.entries()
    with pytest.raises(DataError, match=r"turned .* y axis") as caught:
        reader.scan(entry)
    assert caught.value.code == "data.mirrored"
    (reader,) = open_readers(config_for(tmp_path, DRAWN, mirrored=["y"]))
    labels = reader.labels(entry, reader.scan(entry))
    assert np.array_equal(labels.values > 0, values > 0)


def test_a_label_map_without_any_landmark_is_refused(tmp_path, drawn):
    values, grid = drawn
    sitk.WriteImage(grid.image(values), str(tmp_path / "someone.nii.gz"))
    config = config_for(tmp_path, {"gizmo": 4, "background": [1, 2, 7]}).changed(organs=["gizmo"])
    (reader,) = open_readers(config)
    with pytest.raises(DataError, match="someone") as caught:
        reader.scan(reader.entries()[0])
    assert caught.value.code == "data.no_landmarks"


def test_an_empty_folder_is_refused(tmp_path):
    (reader,) = open_readers(config_for(tmp_path, DRAWN))
    with pytest.raises(DataError):
        reader.entries()


def test_published_label_maps_get_a_body():
    maps = DATA / "labelmaps" / "btcv"
    if not maps.is_dir():
        pytest.skip(f"no real data at {DATA}")
    values = {"spleen": 1, "kidney_right": 2, "kidney_left": 3, "liver": 5, "aorta": 7, "pancreas": 8,
              "background": [4, 6]}  # fmt: skip
    (reader,) = open_readers(config_for(maps, values, mirrored=["y"], files="label0001.nii.gz"))
    (entry,) = reader.entries()
    scan = reader.scan(entry)
    labels = reader.labels(entry, scan)
    assert scan.voxels.shape == labels.values.shape
    assert 0.15 < np.mean(scan.voxels > -300) < 0.7

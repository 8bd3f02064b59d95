"""Organs lie where they are in the patient, however the scan is stored: with the shipped weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib.errors import ModelError
from OrganSegLib.ingest import read_study
from OrganSegLib.model import Model, load_model
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.volume import Grid, Labelmap, Scan

from Testing.unit.ingest.tiny_ct import real

# Large enough in every scan here that interpolating the CT once more changes them little.
ORGANS = ("spleen", "kidney_left", "kidney_right", "liver", "lung_left", "lung_right", "spine")
PAIRS = (("kidney_left", "kidney_right"), ("lung_left", "lung_right"))
TURNED_DEGREES = 20.0
AIR_HU = -1024


@pytest.fixture(scope="module")
def model() -> Model:
    try:
        return load_model()
    except ModelError as error:
        if error.code != "model.not_found":
            raise
        pytest.skip("the default model is not installed")


@pytest.fixture(scope="module", params=["phantom", "ct/crlm_ct_1004.nii.gz"])
def scan(request: pytest.FixtureRequest) -> Scan:
    if request.param == "phantom":
        return make_phantom(seed=1, region="abdomen")[0]
    return read_study(real(request.param))


@pytest.fixture(scope="module")
def image(scan: Scan) -> sitk.Image:
    return scan.grid.image(scan.voxels)


@pytest.fixture(scope="module")
def expected(scan: Scan, model: Model) -> Labelmap:
    return _segmented(scan, model)


def test_left_is_the_patients_left(expected: Labelmap) -> None:
    _require_sides(expected)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flipped_scan(axis: int, image: sitk.Image, expected: Labelmap, model: Model) -> None:
    flipped = sitk.Flip(image, [n == axis for n in range(3)])
    _require_in_place(_segmented(_scan(flipped), model), expected, 0.97)


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_a_transposed_scan(
    order: tuple[int, ...], image: sitk.Image, expected: Labelmap, model: Model
) -> None:
    _require_in_place(_segmented(_scan(sitk.PermuteAxes(image, order)), model), expected, 0.97)


@pytest.mark.parametrize("axis", [(0.0, 0.0, 1.0), (1.0, 0.0, 0.0)])
def test_a_grid_that_lies_obliquely_in_the_patient(
    axis: tuple[float, ...], image: sitk.Image, expected: Labelmap, model: Model
) -> None:
    oblique = _turned(Grid.of(image), axis)
    like = oblique.image(np.zeros(oblique.shape, np.int16))
    resampled = sitk.Resample(image, like, sitk.Transform(), sitk.sitkLinear, AIR_HU)
    # What is left of it was interpolated.
    _require_in_place(_segmented(_scan(resampled), model), expected, 0.8)


@pytest.mark.parametrize("axis", [(0.0, 0.0, 1.0), (1.0, 0.0, 0.0)])
def test_a_patient_who_lies_obliquely_in_the_scanner(
    axis: tuple[float, ...], scan: Scan, expected: Labelmap, model: Model
) -> None:
    found = _segmented(Scan(scan.voxels, _turned(scan.grid, axis)), model)
    assert found.grid != expected.grid
    for name, overlap in _overlaps(expected, found.voxels):
        assert overlap > 0.7, name
    _require_sides(found)


def _segmented(scan: Scan, model: Model) -> Labelmap:
    return segment(scan, model, Options(surfaces=False)).labelmap


def _scan(image: sitk.Image) -> Scan:
    return Scan(sitk.GetArrayFromImage(image), Grid.of(image))


def _turned(grid: Grid, axis: tuple[float, ...]) -> Grid:
    """``grid`` turned about its centre."""
    turn = sitk.VersorRigid3DTransform()
    turn.SetRotation(axis, float(np.radians(TURNED_DEGREES)))
    turn.SetCenter(tuple(grid.affine[:3] @ (*((n - 1) / 2 for n in grid.size), 1.0)))
    direction = np.reshape(turn.GetMatrix(), (3, 3)) @ np.reshape(grid.direction, (3, 3))
    origin = turn.TransformPoint(grid.origin_mm)
    return Grid(grid.size, grid.spacing_mm, origin, tuple(direction.ravel().tolist()))


def _require_in_place(found: Labelmap, expected: Labelmap, least: float) -> None:
    """What ``found`` covers of the patient is as in ``expected``."""
    voxels = _at(expected.grid, found.grid, found.voxels)
    covered = _at(expected.grid, found.grid, np.ones_like(found.voxels)) > 0
    for name, overlap in _overlaps(replace(expected, voxels=expected.voxels * covered), voxels):
        assert overlap > least, name
    _require_sides(found)


def _at(grid: Grid, given: Grid, voxels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``voxels`` on the grid ``given`` as they are seen at the places of ``grid``; 0 beyond."""
    like = grid.image(np.zeros(grid.shape, np.uint8))
    seen = sitk.Resample(given.image(voxels), like, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    array: NDArray[np.uint8] = sitk.GetArrayFromImage(seen)
    return array


def _overlaps(expected: Labelmap, voxels: NDArray[np.uint8]) -> Iterator[tuple[str, float]]:
    """Dice of each of ``ORGANS``, which must all be there."""
    labels = {organ.name: value for value, organ in expected.organs.items()}
    for name in ORGANS:
        one, other = expected.voxels == labels[name], voxels == labels[name]
        assert one.any(), name
        yield name, 2 * float((one & other).sum()) / float(one.sum() + other.sum())


def _require_sides(labelmap: Labelmap) -> None:
    """In LPS, x grows towards the patient's left."""
    for left, right in PAIRS:
        assert _centre_mm(labelmap, left)[0] > _centre_mm(labelmap, right)[0], left


def _centre_mm(labelmap: Labelmap, name: str) -> NDArray[np.float64]:
    value = next(value for value, organ in labelmap.organs.items() if organ.name == name)
    index = np.argwhere(labelmap.voxels == value)
    assert len(index), name
    centre: NDArray[np.float64] = labelmap.grid.affine[:3] @ (*index.mean(axis=0)[::-1], 1.0)
    return centre

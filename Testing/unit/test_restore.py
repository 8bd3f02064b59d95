"""Labels on the scan's own grid, whatever its orientation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib import preprocess, sampling
from OrganSegLib import restore as restoring
from OrganSegLib.phantom import make_phantom
from OrganSegLib.plan import Label, Plan
from OrganSegLib.postprocess import clean
from OrganSegLib.predict import Logits
from OrganSegLib.restore import restore
from OrganSegLib.scores import argmax
from OrganSegLib.volume import Grid, Labelmap, Scan
from scipy import ndimage as ndi

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
C, S = float(np.cos(np.radians(20))), float(np.sin(np.radians(20)))
DIRECTIONS = {
    "axial": AXIAL,
    "flipped": (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0),
    "mirrored": (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "head first": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "coronal": (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0),
    "sagittal": (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    "turned": (C, -S, 0.0, S, C, 0.0, 0.0, 0.0, 1.0),
    "tilted": (1.0, 0.0, 0.0, 0.0, C, -S, 0.0, S, C),
}
NETWORK = Grid((41, 37, 33), (3.0, 3.0, 3.0), (-60.0, -54.0, -48.0))  # centred on the origin


def _centred(size: tuple[int, int, int], spacing: tuple[float, float, float], name: str) -> Grid:
    grid = Grid(size, spacing, (0.0, 0.0, 0.0), DIRECTIONS[name])
    x, y, z = (-float(v) for v in grid.affine[:3, :3] @ ((np.array(size) - 1) / 2))
    return replace(grid, origin_mm=(x, y, z))


def _points(grid: Grid) -> NDArray[np.float64]:
    """LPS of every voxel, [k, j, i, xyz]."""
    k, j, i = np.indices(grid.shape)
    return np.stack([i, j, k], -1) @ grid.affine[:3, :3].T + grid.affine[:3, 3]


def _inside(grid: Grid, centre: tuple[float, ...], radii: tuple[float, ...]) -> NDArray[np.float64]:
    """About how many millimetres inside an ellipsoid each voxel lies."""
    scaled = (_points(grid) - centre) / radii
    return (1 - np.linalg.norm(scaled, axis=-1)) * min(radii)


def _logits(plan: Plan, organs: dict[str, NDArray[np.float64]], grid: Grid = NETWORK) -> Logits:
    """Smooth outputs, as a network gives them, from millimetres inside each organ."""
    values = np.full((plan.channels, *grid.shape), -8, np.float32)
    values[0] = 0
    for label in plan.labels:
        if label.organ.name in organs:
            values[label.channel] = 8 * np.tanh(organs[label.organ.name] / 8)
    return Logits(values, grid)


def _of(plan: Plan, name: str) -> int:
    return next(label.value for label in plan.labels if label.organ.name == name)


def _assd(one: NDArray[np.bool_], other: NDArray[np.bool_], spacing: float) -> float:
    """Average symmetric surface distance in mm."""
    surfaces = [mask & ~ndi.binary_erosion(mask) for mask in (one, other)]
    away = [ndi.distance_transform_edt(~surface, sampling=spacing) for surface in surfaces]
    return float(np.concatenate([away[1][surfaces[0]], away[0][surfaces[1]]]).mean())


KIDNEYS = {
    "kidney_left": ((30.0, 5.0, -10.0), (14.0, 12.0, 20.0)),
    "kidney_right": ((-28.0, 0.0, 8.0), (10.0, 11.0, 15.0)),
}


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_organs_stay_where_they_are_in_the_patient(direction: str, tiny_plan: Plan) -> None:
    logits = _logits(tiny_plan, {name: _inside(NETWORK, *shape) for name, shape in KIDNEYS.items()})
    labels, notes = clean(argmax(logits, tiny_plan), logits.grid, tiny_plan)
    grid = _centred((80, 76, 70), (1.5, 1.6, 1.4), direction)
    labelmap = restore(logits, labels, tiny_plan, grid)
    assert labelmap.grid == grid
    assert labelmap.voxels.dtype == np.uint8
    assert notes == []
    points = _points(grid)
    for name, (centre, radii) in KIDNEYS.items():
        found = labelmap.voxels == _of(tiny_plan, name)
        truth = _inside(grid, centre, radii) > 0
        assert points[found].mean(0) == pytest.approx(centre, abs=0.3)
        assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.97


@pytest.mark.parametrize("direction", ["axial", "sagittal", "turned"])
@pytest.mark.parametrize("radii", [(26.0, 26.0, 26.0), (28.0, 20.0, 24.0)])
def test_borders_are_five_times_finer_than_nearest_neighbours(
    direction: str, radii: tuple[float, float, float], tiny_plan: Plan
) -> None:
    network = Grid((25, 25, 25), (3.0, 3.0, 3.0), (-35.3, -36.4, -36.9))
    logits = _logits(tiny_plan, {"liver": _inside(network, (0, 0, 0), radii)}, network)
    grid = _centred((84, 84, 84), (0.8, 0.8, 0.8), direction)
    truth = _inside(grid, (0, 0, 0), radii) > 0
    labels, _ = clean(argmax(logits, tiny_plan), logits.grid, tiny_plan)
    nodes = np.linalg.inv(network.affine)
    index = np.rint(_points(grid) @ nodes[:3, :3].T + nodes[:3, 3]).astype(int).clip(0, 24)
    nearest = labels[index[..., 2], index[..., 1], index[..., 0]] > 0
    restored = restore(logits, labels, tiny_plan, grid).voxels > 0
    assert _assd(restored, truth, 0.8) <= 0.2 * _assd(nearest, truth, 0.8)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_on_the_networks_own_grid_the_labels_are_the_networks(dtype: type, tiny_plan: Plan) -> None:
    grid = Grid((20, 18, 16), (3.0, 3.0, 3.0), (0.1, -70.7, 1234.56))
    noise = np.random.default_rng(1).normal(size=(22, *grid.shape))
    logits = Logits(ndi.gaussian_filter(noise, (0, 1, 1, 1)).astype(dtype), grid)
    labels = argmax(logits, tiny_plan)
    assert len(np.unique(labels)) == 20
    assert np.array_equal(restore(logits, labels, tiny_plan, grid).voxels, labels)


@pytest.mark.parametrize("direction", ["axial", "turned"])
def test_tidied_labels_are_obeyed(direction: str, tiny_plan: Plan) -> None:
    """On noise, tidying changes nearly everything; nothing of it may come back."""
    grid = Grid((24, 22, 20), (3.0, 3.0, 3.0))
    noise = np.random.default_rng(2).normal(size=(22, *grid.shape))
    logits = Logits(ndi.gaussian_filter(noise, (0, 1, 1, 1)).astype(np.float32), grid)
    raw = argmax(logits, tiny_plan)
    labels, _ = clean(raw, logits.grid, tiny_plan)
    assert (labels != raw).mean() > 0.2
    fine = Grid((70, 64, 58), (1.0, 1.0, 1.0), (0.4, 0.4, 0.4), DIRECTIONS[direction])
    restored = restore(logits, labels, tiny_plan, fine).voxels
    nodes = np.linalg.inv(grid.affine)
    index = _points(fine) @ nodes[:3, :3].T + nodes[:3, 3]
    inside = ((index >= 0) & (index < np.array(grid.size) - 1)).all(-1)
    k, j, i = np.floor(index[inside]).astype(int).T[::-1]
    for value in range(1, 20):
        owned, removed = (_in_cell(mask) for mask in (labels == value, (raw == value) & (labels != value)))
        assert not (restored[inside] == value)[(removed & ~owned)[k, j, i]].any()
    assert np.array_equal(restore(logits, labels, tiny_plan, grid).voxels, labels)
    assert np.array_equal(restore(logits, labels, tiny_plan, fine, raw=raw).voxels, restored)


def _in_cell(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether any of the eight nodes from here upwards is in the mask."""
    return ndi.maximum_filter(mask, 2, origin=-1)


def test_an_island_stays_away_and_a_hole_stays_filled(tiny_plan: Plan) -> None:
    liver = _inside(NETWORK, (0.0, 0.0, 0.0), (30.0, 30.0, 30.0))
    hole = _inside(NETWORK, (0.0, 0.0, 0.0), (8.0, 8.0, 8.0))
    island = _inside(NETWORK, (48.0, 42.0, 36.0), (9.0, 9.0, 9.0))
    logits = _logits(tiny_plan, {"liver": np.maximum(np.minimum(liver, -hole), island)})
    raw = argmax(logits, tiny_plan)
    labels, _ = clean(raw, logits.grid, tiny_plan)
    assert ndi.label(raw)[1] == 2
    grid = _centred((120, 110, 98), (1.0, 1.0, 1.0), "axial")
    found = restore(logits, labels, tiny_plan, grid).voxels > 0
    assert ndi.label(found)[1] == 1
    assert found[_inside(grid, (0.0, 0.0, 0.0), (28.0, 28.0, 28.0)) > 0].all()
    untidied = restore(logits, raw, tiny_plan, grid).voxels > 0
    assert ndi.label(untidied)[1] == 2
    assert not untidied[49, 55, 60]


def test_neighbours_meet_without_a_gap(tiny_plan: Plan) -> None:
    """Two organs and a third share every kind of border; together they fill the ball they are cut from."""
    ball = _inside(NETWORK, (0.0, 0.0, 0.0), (40.0, 40.0, 40.0))
    x, y = _points(NETWORK)[..., 0], _points(NETWORK)[..., 1]
    parts = {"liver": np.minimum(-x, 20), "spleen": np.minimum(x, y), "stomach": np.minimum(x, -y)}
    organs = {name: np.minimum(ball, part + 4) for name, part in parts.items()}
    logits = _logits(tiny_plan, organs)
    labels, _ = clean(argmax(logits, tiny_plan), logits.grid, tiny_plan)
    grid = _centred((100, 100, 90), (1.0, 1.0, 1.0), "axial")
    restored = restore(logits, labels, tiny_plan, grid).voxels
    assert np.all(restored[_inside(grid, (0.0, 0.0, 0.0), (38.0, 38.0, 38.0)) > 0])
    assert len(np.unique(restored)) == 4


def test_chosen_organs_are_those_of_a_full_run(tiny_plan: Plan) -> None:
    grid = Grid((24, 22, 20), (3.0, 3.0, 3.0))
    noise = np.random.default_rng(3).normal(size=(22, *grid.shape))
    logits = Logits(ndi.gaussian_filter(noise, (0, 2, 2, 2)).astype(np.float32), grid)
    labels = argmax(logits, tiny_plan)
    fine = Grid((64, 60, 50), (1.1, 1.1, 1.1))
    full = restore(logits, labels, tiny_plan, fine)
    some = restore(logits, labels, tiny_plan, fine, {4, 5})
    assert list(some.organs) == [4, 5]
    assert set(full.organs) == set(tiny_plan.organs)
    assert np.array_equal(some.voxels, np.where(np.isin(full.voxels, [4, 5]), full.voxels, 0))
    assert len(np.unique(some.voxels)) == 3


@pytest.mark.parametrize("direction", ["axial", "turned"])
def test_nothing_found_is_nothing(direction: str, tiny_plan: Plan) -> None:
    logits = _logits(tiny_plan, {})
    grid = _centred((30, 30, 30), (3.5, 3.5, 3.5), direction)
    labelmap = restore(logits, argmax(logits, tiny_plan), tiny_plan, grid)
    assert not labelmap.voxels.any()
    assert labelmap.organs == tiny_plan.organs


def test_beyond_the_crop_is_background(tiny_plan: Plan) -> None:
    """The organ fills the crop, which is a third of the scan."""
    logits = _logits(tiny_plan, {"liver": np.full(NETWORK.shape, 5.0)})
    grid = _centred((300, 40, 40), (1.5, 3.0, 3.0), "axial")
    row = restore(logits, argmax(logits, tiny_plan), tiny_plan, grid).voxels[20, 20]
    x = np.abs(_points(grid)[20, 20, :, 0])
    assert row[x <= 61.5].all()
    assert not row[x > 64.5].any()


@pytest.mark.parametrize("direction", ["axial", "mirrored", "coronal", "turned"])
def test_a_cut_organ_reaches_the_border_of_the_scan(direction: str, tiny_plan: Plan) -> None:
    grid = _centred((40, 41, 23), (1.1, 0.9, 2.3), direction)
    network = preprocess.network_grid(grid, (3.0, 3.0, 3.0))
    logits = _logits(tiny_plan, {"liver": np.full(network.shape, 5.0)}, network)
    voxels = restore(logits, argmax(logits, tiny_plan), tiny_plan, grid).voxels
    assert np.all(voxels == _of(tiny_plan, "liver"))


def test_a_thin_organ_keeps_its_length(tiny_plan: Plan) -> None:
    """A limb of one network voxel, weakly seen, between voxels of the scan that never meet its centre."""
    values = _logits(tiny_plan, {}).values
    values[8, 10:25, 18, 20] = 2.0
    logits = Logits(values, NETWORK)
    grid = _centred((60, 60, 60), (1.0, 1.0, 1.0), "axial")
    labels, _ = clean(argmax(logits, tiny_plan), logits.grid, tiny_plan)
    planes = (restore(logits, labels, tiny_plan, grid).voxels == 8).any(axis=(1, 2))
    assert planes[(np.abs(_points(grid)[:, 0, 0, 2] - 3.0) < 20)].all()


@pytest.mark.parametrize("direction", ["axial", "turned"])
def test_an_organ_between_the_scans_voxels_does_not_vanish(direction: str, tiny_plan: Plan) -> None:
    values = _logits(tiny_plan, {}).values
    values[8, 16, 18, 20] = 0.1
    logits = Logits(values, NETWORK)
    grid = _centred((30, 30, 14), (2.0, 2.0, 5.0), direction)  # an even size: the centre is between voxels
    labelmap = restore(logits, argmax(logits, tiny_plan), tiny_plan, grid)
    assert (labelmap.voxels == 8).sum() == 1
    assert np.linalg.norm(_points(grid)[labelmap.voxels == 8]) < 3
    assert not restore(logits, argmax(logits, tiny_plan), tiny_plan, grid, {5}).voxels.any()


def test_what_lies_outside_the_scan_is_not_marked(tiny_plan: Plan) -> None:
    values = _logits(tiny_plan, {}).values
    values[8, 1, 1, 1] = 0.1
    logits = Logits(values, NETWORK)
    grid = _centred((20, 20, 20), (2.0, 2.0, 2.0), "turned")
    assert not restore(logits, argmax(logits, tiny_plan), tiny_plan, grid).voxels.any()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_an_organ_beside_the_scan_is_left_out(direction: str, tiny_plan: Plan) -> None:
    logits = _logits(tiny_plan, {"liver": _inside(NETWORK, (45.0, 40.0, 0.0), (9.0, 9.0, 9.0))})
    grid = _centred((20, 20, 60), (1.5, 1.5, 1.5), direction)
    assert not restore(logits, argmax(logits, tiny_plan), tiny_plan, grid).voxels.any()


def test_many_labels_keep_their_type(tiny_plan: Plan) -> None:
    organs = [replace(tiny_plan.organs[5], name=f"organ {n}") for n in range(1, 301)]
    plan = replace(tiny_plan, channels=301, labels=tuple(Label(n, n, o) for n, o in enumerate(organs, 1)))
    values = np.full((301, 4, 4, 4), -1, np.float32)
    values[0] = 0
    values[300, 1:3] = 1
    grid = Grid((4, 4, 4), (3.0, 3.0, 3.0))
    logits = Logits(values, grid)
    restored = restore(logits, argmax(logits, plan), plan, grid).voxels
    assert restored.dtype == np.uint16
    assert restored[:, 0, 0].tolist() == [0, 300, 300, 0]


@pytest.mark.parametrize("direction", ["sagittal", "turned"])
def test_a_person_comes_back_from_perfect_logits(direction: str, tiny_plan: Plan) -> None:
    """The phantom's labels at network spacing, made into logits, give its finer ones."""
    body = _centred((56, 56, 36), (3.0, 3.0, 3.0), "axial")
    grid = _centred((50, 48, 46), (2.0, 2.0, 2.1), direction)
    scan, truth = make_phantom(grid=grid)
    _, coarse = make_phantom(grid=body)
    _assert_alike(_restored(coarse, scan, tiny_plan), truth)


@pytest.mark.parametrize("direction", ["axial", "flipped", "sagittal", "turned"])
def test_labels_do_not_depend_on_the_parts_that_are_worked_on(
    direction: str, tiny_plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan, _ = make_phantom(grid=_centred((60, 52, 46), (2.0, 2.2, 2.1), direction))
    _, coarse = make_phantom(grid=_centred((56, 56, 36), (3.0, 3.0, 3.0), "axial"))
    whole = _restored(coarse, scan, tiny_plan)
    monkeypatch.setattr(sampling, "PART", 7)
    monkeypatch.setattr(restoring, "SLAB_MM", 5.0)
    assert np.array_equal(_restored(coarse, scan, tiny_plan).voxels, whole.voxels)
    assert len(np.unique(whole.voxels)) > 10


def _restored(coarse: Labelmap, scan: Scan, plan: Plan) -> Labelmap:
    values = np.zeros((plan.channels, *coarse.grid.shape), np.float32)
    for label in plan.labels:
        mask = coarse.voxels == label.value
        inside = ndi.distance_transform_edt(mask) - ndi.distance_transform_edt(~mask)
        values[label.channel] = np.clip(inside - np.sign(inside) * 0.5, -4, 4)
    logits = Logits(values, coarse.grid)
    return restore(logits, argmax(logits, plan), plan, scan.grid)


def _assert_alike(found: Labelmap, truth: Labelmap) -> None:
    compared = 0
    for value in truth.organs:
        one, other = found.voxels == value, truth.voxels == value
        if other.sum() > 2000:
            assert 2 * (one & other).sum() / (one.sum() + other.sum()) > 0.85, truth.organs[value].name
            compared += 1
    assert compared >= 4

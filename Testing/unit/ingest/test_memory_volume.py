import numpy as np
import pytest
from OrganSegLib.errors import InputError
from OrganSegLib.ingest.memory_volume import read_array
from OrganSegLib.phantom import make_phantom
from OrganSegLib.volume import Scan


@pytest.fixture(scope="module")
def scan() -> Scan:
    return make_phantom(seed=3, spacing_mm=(8.0, 8.0, 8.0), region="abdomen")[0]


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32, np.float64])
def test_takes_a_ct_of_any_type_as_it_is(scan: Scan, kind: type) -> None:
    read = read_array(scan.voxels.astype(kind), scan.grid.affine, "CT")
    assert read.voxels.dtype == np.int16
    assert np.array_equal(read.voxels, scan.voxels)
    assert np.allclose(read.grid.affine, scan.grid.affine)
    assert read.grid.size == scan.grid.size
    assert not read.notes


def test_does_not_share_memory(scan: Scan) -> None:
    assert not np.shares_memory(read_array(scan.voxels, scan.grid.affine).voxels, scan.voxels)


def test_resamples_a_sheared_volume_to_where_it_is(scan: Scan) -> None:
    affine = scan.grid.affine
    affine[:3, 2] += (0.0, 2.0, 0.0)  # each slice lies 2 mm further back than the one below
    read = read_array(scan.voxels, affine)
    assert [note.code for note in read.notes] == ["input.sheared"]
    axes = np.reshape(read.grid.direction, (3, 3))
    assert np.allclose(axes.T @ axes, np.eye(3), atol=1e-6)
    centres = [_centre(scan.voxels, affine), _centre(read.voxels, read.grid.affine)]
    assert np.linalg.norm(centres[0] - centres[1]) < 1.0


def _centre(voxels: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Centre of mass, LPS millimetres."""
    mass = np.clip(voxels, -1024, None) + 1024.0
    kji = [np.average(places, weights=mass) for places in np.indices(voxels.shape)]
    return (affine @ [*kji[::-1], 1.0])[:3]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("input.not_ct", {"modality": "MR"}),
        ("input.two_d", {"values": np.zeros((9, 9, 9, 3), np.uint8)}),
        ("input.too_few_slices", {"values": np.zeros((1, 9, 9), np.int16)}),
        ("input.bad_geometry", {"affine": np.diag([1.0, 1.0, 0.0, 1.0])}),
        ("input.two_d", {"values": np.zeros((9, 9, 9), np.complex64)}),
        ("input.bad_geometry", {"affine": np.full((4, 4), np.nan)}),
        ("input.bad_geometry", {"affine": np.diag([1e300, 1.0, 1.0, 1.0])}),
        ("input.implausible_extent", {"affine": np.diag([900.0, 1.0, 1.0, 1.0])}),
        (
            "input.implausible_extent",
            {"affine": np.array([[8, 8, 0, 0], [0, 1e-5, 0, 0], [0, 0, 8, 0], [0, 0, 0, 1]])},
        ),
        ("input.not_hu", {"values": np.zeros((9, 9, 9), np.int16)}),
    ],
)
def test_refuses_what_it_cannot_trust(scan: Scan, code: str, change: dict[str, object]) -> None:
    arguments = {"values": scan.voxels, "affine": scan.grid.affine, **change}
    with pytest.raises(InputError) as caught:
        read_array(**arguments)
    assert caught.value.code == code
    assert caught.value.next_step

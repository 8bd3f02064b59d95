"""A result folder with all formats, and what must come out of each however it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from OrganSegLib.export import write_results
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.surfaces import mesh
from OrganSegLib.volume import Grid
from scipy.spatial import cKDTree

from Testing.unit.dicom_studies import dicom_study, segmented

FORMATS = ("ct", "dicom-seg", "rtstruct", "obj", "ply")
LABELS = {"liver": 1, "kidney_left": 2}
SAME_MM = 2e-3  # text and single precision round positions
Bodies = dict[str, tuple[NDArray[Any], NDArray[Any]]]  # corners [n, 3] in LPS millimetres and faces [m, 3]


@dataclass(frozen=True)
class Exported:
    """What was written, of which study, and where it lies."""

    found: Segmentation
    study: Path
    folder: Path

    @property
    def together(self) -> Bodies:
        """The surfaces of both organs as one body."""
        corners, faces = zip(*(mesh(self.found.surfaces[label]) for label in LABELS.values()), strict=True)
        return {"organs": (np.concatenate(corners), np.concatenate([faces[0], faces[1] + len(corners[0])]))}

    @property
    def bodies(self) -> Bodies:
        return {name: mesh(self.found.surfaces[label]) for name, label in LABELS.items()}


def exported(folder: Path, direction: str) -> Exported:
    """A liver and a left kidney on a grid that may be oblique, written in every format."""
    study = dicom_study(folder / "study", direction)
    found = segmented(study)
    write_results(folder / "results", found, picture=False, formats=FORMATS)
    return Exported(found, study, folder / "results")


def assert_same_bodies(read: Bodies, written: Bodies) -> None:
    """Closed, manifold, facing outwards, and in the same place of the patient to `SAME_MM`."""
    assert read.keys() == written.keys()
    for name, (corners, faces) in read.items():
        body = trimesh.Trimesh(corners, faces)  # merges corners that were written once for each triangle
        truth = trimesh.Trimesh(*written[name])
        assert body.is_watertight
        assert body.is_winding_consistent
        assert len(body.faces) == len(truth.faces)
        assert abs(body.volume / truth.volume - 1) < 1e-4
        for one, other in ((body, truth), (truth, body)):
            assert cKDTree(one.vertices).query(other.vertices)[0].max() < SAME_MM


def grid_from(affine: NDArray[Any], size: tuple[int, ...]) -> Grid:
    """The grid that a 4x4 matrix from index (i, j, k, 1) to LPS millimetres describes."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    i, j, k = size
    x, y, z = (float(value) for value in affine[:3, 3])
    return Grid((i, j, k), tuple(map(float, spacing)), (x, y, z), tuple((affine[:3, :3] / spacing).ravel()))  # type: ignore[arg-type]


def placed(voxels: NDArray[Any], grid: Grid, onto: Grid) -> NDArray[Any]:
    """Voxels [k, j, i] that are not 0, put where their centres lie in the patient on another grid."""
    where = np.argwhere(voxels)
    places = where[:, ::-1] @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    index = (places - onto.affine[:3, 3]) @ np.linalg.inv(onto.affine[:3, :3]).T
    assert np.abs(index - np.rint(index)).max() < 0.01
    i, j, k = np.rint(index).astype(int).T
    labels = np.zeros(onto.shape, voxels.dtype)
    labels[k, j, i] = voxels[tuple(where.T)]
    return labels

"""The values that flow between the rooms: where voxels are (`Grid`), what they hold (`Scan`, `Labelmap`).

Arrays are indexed ``[k, j, i]`` (slowest to fastest, as ITK stores them); everything named ``size``,
``spacing`` or ``index`` is in the order ``i, j, k``. Patient coordinates are LPS millimetres (DICOM, ITK).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import SimpleITK as sitk

    from .organs import Organ

Triple = tuple[float, float, float]
FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Grid:
    """A regular voxel grid in the patient (ITK's convention).

    Attributes:
        size: voxels along i, j, k.
        spacing_mm: distance between voxel centres along i, j, k.
        origin_mm: LPS position of the centre of voxel (0, 0, 0).
        direction: 3x3 row-major; column n is the LPS unit vector of index axis n.
    """

    size: tuple[int, int, int]
    spacing_mm: Triple
    origin_mm: Triple = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

    @classmethod
    def of(cls, image: sitk.Image) -> Grid:
        """The grid of a 3D SimpleITK image."""
        return cls(image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())

    @property
    def shape(self) -> tuple[int, int, int]:
        """Array shape, (k, j, i)."""
        return self.size[2], self.size[1], self.size[0]

    @property
    def affine(self) -> NDArray[np.float64]:
        """4x4 matrix from index (i, j, k, 1) to LPS millimetres."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.reshape(self.direction, (3, 3)) * np.asarray(self.spacing_mm)
        matrix[:3, 3] = self.origin_mm
        return matrix

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(np.prod(self.spacing_mm)) / 1000.0

    @property
    def voxels(self) -> int:
        return int(np.prod(self.size, dtype=np.int64))

    def image(self, array: NDArray[Any]) -> sitk.Image:
        """``array`` [k, j, i] as a SimpleITK image on this grid (copies the voxels)."""
        import SimpleITK as sitk

        image = sitk.GetImageFromArray(array)
        image.SetSpacing(self.spacing_mm)
        image.SetOrigin(self.origin_mm)
        image.SetDirection(self.direction)
        return image


@dataclass(frozen=True)
class Note:
    """Something that ingest saw and dealt with, worth telling: a stable code and one sentence."""

    code: str
    sentence: str


@dataclass(frozen=True)
class Source:
    """Where a scan came from. Holds no patient identity.

    Attributes:
        path: what the user named.
        format: ``DICOM``, ``NIfTI``, ``NRRD``, ``MetaImage`` or ``array``.
        modality: DICOM modality, or ``""`` where the format does not say.
        series_uid: DICOM series instance UID, or ``""``.
        description: series description, or ``""``.
        files: DICOM files in slice order, for writers that must reference them.
        other_series: one line about each series that was not taken.
    """

    path: str
    format: str
    modality: str = ""
    series_uid: str = ""
    description: str = ""
    files: tuple[str, ...] = ()
    other_series: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scan:
    """A CT volume that ingest vouches for.

    Attributes:
        voxels: Hounsfield units, int16 or float32, [k, j, i].
        grid: where they are in the patient.
        source: where they came from.
        notes: what was repaired or is doubtful.
    """

    voxels: NDArray[Any]
    grid: Grid
    source: Source = field(default_factory=lambda: Source("", "array"))
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Labelmap:
    """Organ labels on a grid.

    Attributes:
        voxels: uint8 or uint16, [k, j, i]; 0 is background, ``n`` is ``organs[n]``.
        grid: where they are in the patient (that of the scan).
        organs: label value -> organ, in label order.
    """

    voxels: NDArray[Any]
    grid: Grid
    organs: dict[int, Organ]

"""The target, from which distances are measured: a lesion, an organ, a point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from vtkmodules.vtkFiltersSources import vtkSphereSource

from ..errors import InputError
from ..organs import organ_named
from ..preprocess import crop_grid
from ..volume import Grid, Labelmap, Triple
from .surface import Surface, half_voxel_mm, organ_surfaces

BALL_VOXELS = 40  # across a ball: its volume is right within 0.5 %
BALL_CORNERS = 64  # around its surface, which is then right within 0.1 % of the radius
POINT_CORNERS = 3  # all of them in one place: more would only be asked the same

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Target:
    """Something in the patient, known on a grid of its own, which may differ from that of the labels.

    Made by `of_mask`, `of_organ`, `of_point`, or `target_file.read_target`.

    Attributes:
        name: for tables.
        mask: where it is, [k, j, i], just large enough; nothing is set for a point without a radius.
        grid: of the mask.
        surface: its closed surface.
        within_mm: how far its true surface may be from that one: 0 where it never was voxels.
    """

    name: str
    mask: Mask
    grid: Grid
    surface: Surface
    within_mm: float = 0.0

    @property
    def volume_ml(self) -> float:
        return int(np.count_nonzero(self.mask)) * self.grid.voxel_ml

    @classmethod
    def of_mask(cls, mask: NDArray[Any], grid: Grid, name: str = "target") -> Target:
        """All voxels of ``mask`` [k, j, i] that are not 0.

        Raises:
            InputError: ``input.empty_target``.
        """
        above = np.any(mask, axis=0)
        places = [np.flatnonzero(line) for line in (np.any(mask, (1, 2)), np.any(above, 1), np.any(above, 0))]
        if not len(places[0]):
            raise InputError(
                "input.empty_target",
                f"The target {name!r} is empty: it has no voxel.",
                "Draw or choose a target that is there.",
            )
        k, j, i = (slice(int(place[0]), int(place[-1]) + 1) for place in places)
        kept, own = mask[k, j, i] != 0, crop_grid(grid, (k, j, i))
        whole = Labelmap(kept.astype(np.uint8), own, {1: organ_named("target")})
        return cls(name, kept, own, organ_surfaces(whole)[1], half_voxel_mm(grid))

    @classmethod
    def of_organ(cls, labelmap: Labelmap, name: str) -> Target:
        """An organ or any other structure of the labelmap.

        Raises:
            InputError: ``input.unknown_target``, or ``input.empty_target`` when it was not found.
        """
        labels = [label for label, organ in labelmap.organs.items() if organ.name == name]
        if not labels:
            known = ", ".join(organ.name for organ in labelmap.organs.values())
            raise InputError(
                "input.unknown_target", f"The labels hold no organ named {name!r}.", f"They hold: {known}."
            )
        return cls.of_mask(labelmap.voxels == labels[0], labelmap.grid, name)

    @classmethod
    def of_point(cls, centre_mm: Triple, radius_mm: float = 0.0, name: str = "") -> Target:
        """A point, LPS millimetres, or the ball around it; by default its coordinates are its name.

        Raises:
            InputError: ``input.bad_target`` for a radius below 0 or coordinates that are no numbers.
        """
        if not np.isfinite([*centre_mm, radius_mm]).all() or radius_mm < 0:
            raise InputError(
                "input.bad_target",
                "The target's position or radius cannot be right.",
                "Give three coordinates in millimetres and a radius of 0 or more.",
            )
        source = vtkSphereSource()
        source.SetCenter(centre_mm)
        source.SetRadius(radius_mm)
        corners = BALL_CORNERS if radius_mm else POINT_CORNERS
        source.SetThetaResolution(corners)
        source.SetPhiResolution(corners)
        source.Update()
        size = BALL_VOXELS if radius_mm else 1
        spacing = 2 * radius_mm / size if radius_mm else 1.0
        offset = (np.arange(size) - (size - 1) / 2) * spacing
        k, j, i = np.meshgrid(offset, offset, offset, indexing="ij")
        x, y, z = (float(c + offset[0]) for c in centre_mm)
        return cls(
            name or "{:g}, {:g}, {:g}".format(*centre_mm),
            i**2 + j**2 + k**2 < radius_mm**2,
            Grid((size, size, size), (spacing,) * 3, (x, y, z)),
            Surface(source.GetOutput()),
        )

    def inside(self, grid: Grid) -> Mask:
        """Which voxels of another grid have their centre in the target, [k, j, i].

        Between voxels of its own, the target ends where linear interpolation falls below one half.
        """
        k, j, i = (slice(-1, n + 1) for n in self.mask.shape)
        padded = np.pad(self.mask, 1).astype(np.float32)
        resampled = sitk.Resample(
            crop_grid(self.grid, (k, j, i)).image(padded),
            grid.size,
            sitk.Transform(),
            sitk.sitkLinear,
            grid.origin_mm,
            grid.spacing_mm,
            grid.direction,
        )
        mask: Mask = sitk.GetArrayFromImage(resampled) >= 0.5
        return mask

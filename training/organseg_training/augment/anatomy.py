"""What the augmentation must know of a case, computed once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..case import Case
from ..classes import Classes

AIR_HU = -1024.0
SMALLEST_VOXELS = 16  # fewer tell neither a median nor a place
MOST_POINTS = 3000


@dataclass(frozen=True)
class Anatomy:
    """A case, ready to be sampled. Positions are (z, y, x) in mm from the centre of its first voxel.

    Attributes:
        hu: int16, (z, y, x).
        labels: uint8, (z, y, x).
        classes: what the labels' numbers mean.
        spacing_mm: along z, y, x.
        medians: class number -> median HU, of the classes that are there.
        points: class number -> some of its voxels' positions, float32, (n, 3).
        complete: whether the labels tell of every organ, so that background is none.
        painted: whether ``hu`` is only a template, see `Case.painted`.
    """

    hu: Tensor
    labels: Tensor
    classes: Classes
    spacing_mm: NDArray[np.float32]
    medians: dict[int, float]
    points: dict[int, NDArray[np.float32]]
    complete: bool
    painted: bool

    @classmethod
    def of(cls, case: Case, classes: Classes) -> Anatomy:
        """Measure a case."""
        spacing = np.array(case.spacing_mm[::-1], np.float32)
        medians, points = {}, {}
        for number in range(1, len(classes.names)):
            mask = case.labels == number
            found = np.argwhere(mask)
            if len(found) >= SMALLEST_VOXELS:
                medians[number] = float(np.median(case.hu[mask]))
                points[number] = found[:: max(1, len(found) // MOST_POINTS)].astype(np.float32) * spacing
        return cls(
            torch.from_numpy(case.hu),
            torch.from_numpy(case.labels),
            classes,
            spacing,
            medians,
            points,
            set(classes.organs) <= set(case.known),
            case.painted,
        )

    def to(self, device: torch.device | str) -> Anatomy:
        """The same on another device, where all of the augmentation then runs."""
        return replace(self, hu=self.hu.to(device), labels=self.labels.to(device))

    @property
    def size_mm(self) -> NDArray[np.float32]:
        """Extent along z, y, x."""
        return np.asarray(self.hu.shape, np.float32) * self.spacing_mm

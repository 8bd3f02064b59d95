"""What a network says of a scan on average, when the scan is shown turned, larger, smaller and brighter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from OrganSegLib.plan import Plan
from OrganSegLib.preprocess import AIR_HU, normalise
from OrganSegLib.volume import FloatArray
from torch import Tensor, nn


@dataclass(frozen=True)
class View:
    """How a scan is shown once more. Never mirrored: left must stay left.

    Attributes:
        zoom: above 1 the body looks smaller.
        axial_degrees, coronal_degrees: turns about z and about y.
        shift_hu: added to all voxels.
    """

    zoom: float = 1.0
    axial_degrees: float = 0.0
    coronal_degrees: float = 0.0
    shift_hu: float = 0.0

    @property
    def matrix(self) -> FloatArray:
        """From the view's voxels to the scan's, in x, y, z about the centre."""
        a, b = math.radians(self.axial_degrees), math.radians(self.coronal_degrees)
        about_z = [[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]]
        about_y = [[math.cos(b), 0, -math.sin(b)], [0, 1, 0], [math.sin(b), 0, math.cos(b)]]
        matrix: FloatArray = self.zoom * np.array(about_z) @ np.array(about_y)
        return matrix


VIEWS = (
    View(),
    View(zoom=0.88, shift_hu=10),
    View(zoom=1.14, shift_hu=-10),
    View(axial_degrees=10),
    View(axial_degrees=-10, shift_hu=25),
    View(zoom=1.06, coronal_degrees=8),
    View(zoom=0.94, coronal_degrees=-8),
)


def mean_probabilities(
    network: nn.Module, hu: NDArray[np.float32], plan: Plan, views: tuple[View, ...] = VIEWS
) -> NDArray[np.float32]:
    """Class probabilities of every voxel, averaged over the views.

    Args:
        network: takes and gives volumes, in evaluation mode.
        hu: (z, y, x) at the plan's spacing, patient axes.
        plan: of the network.

    Returns:
        (channels, z, y, x).
    """
    image = torch.from_numpy(hu)[None, None] - AIR_HU
    total: Tensor | float = 0.0
    for view in views:
        sides = zip(hu.shape, reversed(plan.multiples), strict=True)
        shape = [-(-math.ceil(n / view.zoom) // multiple) * multiple for n, multiple in sides]
        there = _where(shape, view.matrix, hu.shape)
        shown = F.grid_sample(image, there, "bilinear", "zeros", True)[0, 0] + AIR_HU + view.shift_hu
        with torch.inference_mode():
            probabilities = network(normalise(shown, plan.windows)[None]).float().softmax(1)
        back = _where(hu.shape, np.linalg.inv(view.matrix), shape)
        total = total + F.grid_sample(probabilities, back, "bilinear", "border", True)[0]
    mean: NDArray[np.float32] = (total / len(views)).numpy()  # type: ignore[union-attr]
    return mean


def _where(
    shape: tuple[int, ...] | list[int], matrix: FloatArray, source: tuple[int, ...] | list[int]
) -> Tensor:
    """For each voxel of ``shape``, its place in ``source`` as `grid_sample` wants it; centre on centre."""
    axes = [torch.arange(n, dtype=torch.float32) - (n - 1) / 2 for n in shape]
    offsets = torch.stack(torch.meshgrid(*axes, indexing="ij")[::-1], -1)
    half = (torch.tensor(source[::-1], dtype=torch.float32) - 1).clamp(min=1) / 2
    return (offsets @ torch.tensor(matrix.T, dtype=torch.float32) / half)[None]

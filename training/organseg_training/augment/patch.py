"""A patch of a scan: where it is cut, and its voxels, interpolated at any positions or as they are."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..config.augmentation import Position
from .anatomy import AIR_HU, Anatomy
from .draw import Draw

BODY = (0.1, 0.9)  # share of the scan in which patches without a target have their centre


def draw_centre(
    anatomy: Anatomy, patch: tuple[int, int, int], config: Position, draw: Draw
) -> NDArray[np.floating]:
    """The patch's centre in the scan, mm along z, y, x.

    Args:
        patch: (z, y, x) voxels.
    """
    size = np.array(patch) * anatomy.spacing_mm
    targets = [number for number in anatomy.points if number < len(anatomy.classes.channels)]
    if targets and draw.chance(config.foreground):
        points = anatomy.points[targets[draw.rng.integers(len(targets))]]
        point = points[draw.rng.integers(len(points))]
        centre = point + draw.rng.uniform(-config.jitter, config.jitter, 3) * size
    else:
        centre = draw.rng.uniform(*BODY, 3) * anatomy.size_mm - anatomy.spacing_mm / 2
    margin = size * (0.5 - config.overhang)
    nearest = margin - anatomy.spacing_mm / 2
    farthest = anatomy.size_mm - anatomy.spacing_mm / 2 - margin
    low, high = np.minimum(nearest, farthest), np.maximum(nearest, farthest)
    return np.asarray(np.clip(centre, low, high))


def read(anatomy: Anatomy, positions: Tensor) -> tuple[Tensor, Tensor]:
    """HU, linear, and labels, nearest, at ``positions`` (3, z, y, x) in mm; air and background outside.

    Only the part of the scan that is met is converted and read, which matters for whole 2D studies.

    Returns:
        float32 HU and int64 class numbers, (z, y, x).
    """
    spacing = torch.tensor(anatomy.spacing_mm, device=positions.device)
    low = (positions.amin((1, 2, 3)) / spacing).floor().long().tolist()
    high = (positions.amax((1, 2, 3)) / spacing).ceil().long().tolist()
    box, first, last = [], [], []
    for start, stop, n in zip(low, high, anatomy.hu.shape, strict=True):
        begin = min(max(start - 1, 0), n - 1)
        end = max(min(stop + 2, n), begin + 1)
        box.append(slice(begin, end))
        first.append(float(begin))
        last.append(max(end - 1 - begin, 1) / 2)
    per_mm = 1 / (spacing * torch.tensor(last, device=positions.device))
    offset = torch.tensor(first, device=positions.device) * spacing
    where = (positions - offset.reshape(3, 1, 1, 1)) * per_mm.reshape(3, 1, 1, 1) - 1
    where = torch.stack((where[2], where[1], where[0]), -1)[None]
    hu, labels = anatomy.hu[tuple(box)].float(), anatomy.labels[tuple(box)].float()
    hu = F.grid_sample(hu[None, None] - AIR_HU, where, "bilinear", "zeros", True)[0, 0] + AIR_HU
    labels = F.grid_sample(labels[None, None], where, "nearest", "zeros", True)[0, 0]
    return hu, labels.long()


def crop(
    anatomy: Anatomy, patch: tuple[int, int, int], centre_mm: NDArray[np.floating]
) -> tuple[Tensor, Tensor]:
    """The unchanged voxels around a position; otherwise as `read`."""
    starts = np.round(centre_mm / anatomy.spacing_mm - (np.array(patch) - 1) / 2).astype(int)
    box: list[slice] = []
    padding: list[int] = []
    for start, length, n in zip(starts, patch, anatomy.hu.shape, strict=True):
        begin, end = np.clip((start, start + length), 0, n)
        box.append(slice(begin, end))
        padding = [int(begin - start), int(start + length - end), *padding]  # torch wants the last axis first
    hu = F.pad(anatomy.hu[tuple(box)].float(), padding, value=AIR_HU)
    return hu, F.pad(anatomy.labels[tuple(box)].long(), padding)

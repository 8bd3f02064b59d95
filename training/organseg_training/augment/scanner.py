"""What scanner and reconstruction add: metal, shading, blur, thick slices, noise, a short range ..."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..config.augmentation import Scanner
from .anatomy import AIR_HU
from .draw import Draw
from .filters import blur

SHADING_MM = 72.0
METAL_HU, BODY_HU = 3000.0, -200.0
STREAK_ANGLES = 64  # nodes of the streaks' profile around an implant
FEWEST_SLICES = 8  # below, a patch is neither made of thick slices nor cut short


def scan(
    hu: Tensor, labels: Tensor, spacing_mm: NDArray[np.floating], config: Scanner, draw: Draw
) -> tuple[Tensor, Tensor]:
    """HU and labels (z, y, x) as a random scanner shows them."""
    shape, deep = hu.shape, hu.shape[0] >= FEWEST_SLICES
    if draw.chance(config.metal):
        hu = _implant(hu, spacing_mm, draw)
    if draw.chance(config.shading):
        hu = hu + draw.between(*config.shading_hu) * draw.field(shape, list(SHADING_MM / spacing_mm))[0]
    if draw.chance(config.blur):
        hu = blur(hu)
    if draw.chance(config.thick_slices) and deep:
        hu = _thick_slices(hu, draw.between(*config.thickness))
    hu = hu * draw.between(1 - config.gain, 1 + config.gain)
    hu = hu + draw.between(-config.offset_hu, config.offset_hu)
    if draw.chance(config.noise):
        correlation = 1 if draw.chance(0.6) else 2
        hu = hu + draw.between(*config.noise_hu) * draw.field(shape, [correlation] * 3)[0]
    if draw.chance(config.short_range) and deep:
        hu, labels = _short_range(hu, labels, draw)
    return hu, labels


def _implant(hu: Tensor, spacing_mm: NDArray[np.floating], draw: Draw) -> Tensor:
    """One metal implant anywhere in the body, with streaks that fan out in its slices."""
    body = torch.nonzero(hu > BODY_HU)
    if not len(body):
        return hu
    centre = body[int(draw.rng.integers(len(body)))]
    axes = [
        (torch.arange(n, device=hu.device) - c) * float(mm)
        for n, c, mm in zip(hu.shape, centre, spacing_mm, strict=True)
    ]
    z, y, x = axes[0][:, None, None], axes[1][None, :, None], axes[2][None, None, :]
    radius, length = draw.between(3, 12), draw.between(10, 60)
    away = torch.sqrt(y**2 + x**2)
    turn = ((torch.atan2(y, x) / (2 * math.pi)) % 1) * STREAK_ANGLES
    streaks = draw.noise((STREAK_ANGLES,))[turn.long() % STREAK_ANGLES]
    strength = draw.between(100, 500) * torch.exp(-away / draw.between(30, 90))
    strength = strength * (1 - z.abs() / length).clamp(0)
    metal = (away < radius) & (z.abs() < length / 2)
    return torch.where(metal, METAL_HU, hu + strength * streaks)


def _thick_slices(hu: Tensor, factor: float) -> Tensor:
    thick = F.interpolate(hu[None, None], size=(int(hu.shape[0] / factor), *hu.shape[1:]), mode="area")
    return F.interpolate(thick, size=hu.shape, mode="trilinear", align_corners=False)[0, 0]


def _short_range(hu: Tensor, labels: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
    slices = hu.shape[0]
    cut = int(draw.rng.integers(min(5, slices // 4), slices // 2))
    gone = slice(0, cut) if draw.chance(0.5) else slice(slices - cut, None)
    hu, labels = hu.clone(), labels.clone()
    hu[gone], labels[gone] = AIR_HU, 0
    return hu, labels

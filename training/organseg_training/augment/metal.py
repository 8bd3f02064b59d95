"""A metal implant: voxels at the scanner's limit, and streaks that fan out from it in its slices."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .draw import Draw

METAL_HU, BODY_HU = 3000.0, -200.0
ANGLES = 64  # nodes of the streaks' profile around the implant


def add_metal(hu: Tensor, spacing_mm: NDArray[np.floating], draw: Draw) -> Tensor:
    """Put one implant anywhere into the body; ``hu`` (z, y, x). Without a body nothing changes."""
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
    turn = ((torch.atan2(y, x) / (2 * math.pi)) % 1) * ANGLES
    streaks = draw.noise((ANGLES,))[turn.long() % ANGLES]
    strength = draw.between(100, 500) * torch.exp(-away / draw.between(30, 90))
    strength = strength * (1 - z.abs() / length).clamp(0)
    metal = (away < radius) & (z.abs() < length / 2)
    return torch.where(metal, METAL_HU, hu + strength * streaks)

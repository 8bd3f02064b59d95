"""Synthetic CTs: an image painted from labels, with texture and partial volume."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..config.augmentation import Synthetic
from .anatomy import Anatomy
from .contrast import GAS_HU, NUMBERS
from .draw import Draw
from .filters import blur
from .geometry import Y
from .hounsfield import GUT, tissue

FAT_BELOW_HU, BONE_ABOVE_HU, LUNG_BELOW_HU, AIR_BELOW_HU = -20.0, 130.0, -300.0, -950.0
GAS_IN_GUT_HU = -900.0


def paint(hu: Tensor, labels: Tensor, targets: dict[int, float], config: Synthetic, draw: Draw) -> Tensor:
    """Every class in its target HU; fat, soft tissue and bone that have no label are told apart by ``hu``.

    Gas and lungs of a scan stay as they are: nothing painted looks like a lung's vessels.
    """
    target, known, sd = (torch.zeros(NUMBERS, device=hu.device) for _ in range(3))
    for number, wanted in targets.items():
        target[number], known[number], sd[number] = wanted, 1.0, draw.between(*config.texture_hu)
    texture = 0.8 * draw.noise(hu.shape) + draw.field(hu.shape, [draw.between(2, 5)] * 3)[0]
    fat, soft, bone = draw.between(-120, -80), draw.between(25, 75), draw.between(0.7, 1.3)
    rest = torch.where(hu < FAT_BELOW_HU, fat, torch.where(hu < BONE_ABOVE_HU, soft, hu * bone))
    rest = rest + draw.between(4, 15) * texture
    painted = torch.where(known[labels] > 0, target[labels] + sd[labels] * texture, rest)
    painted = torch.where(hu < GAS_HU, hu, painted)
    return blur(painted) if draw.chance(config.partial_volume) else painted


def fill_with_air(anatomy: Anatomy, hu: Tensor, labels: Tensor, positions: Tensor, draw: Draw) -> Tensor:
    """What every scan shows and a template does not: lungs of any density, gas that floats in the gut.

    Args:
        positions: as of `geometry.draw_positions`; patients lie on their back, so gas gathers at low y.
    """
    lungs = (hu < LUNG_BELOW_HU) & (hu > AIR_BELOW_HU)
    hu = torch.where(lungs, hu + draw.between(-60, 90), hu)
    for number, points in anatomy.points.items():
        if tissue(anatomy.classes.names[number]) in GUT and draw.chance(0.6):
            level = float(np.quantile(points[:, Y], draw.between(0, 0.5)))
            lumen = blur((labels == number).float()) > 0.75  # the wall stays
            hu = torch.where(lumen & (positions[Y] < level), GAS_IN_GUT_HU, hu)
    return hu

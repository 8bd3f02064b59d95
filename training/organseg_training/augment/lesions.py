"""Masses: brighter or darker ellipsoids in solid organs and lungs, of which the organ remains."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..config.augmentation import Lesions
from .anatomy import Anatomy
from .draw import Draw
from .hounsfield import tissue

# How often a tissue is chosen, relative to the others: where masses are common.
HOSTS = {"liver": 3.0, "spleen": 1.0, "kidney": 1.0, "lung": 1.0}


def add_lesions(
    anatomy: Anatomy, hu: Tensor, labels: Tensor, positions: Tensor, config: Lesions, draw: Draw
) -> Tensor:
    """Put masses into the organs of a sample; ``positions`` as of `geometry.draw_positions`."""
    weights = {number: HOSTS.get(tissue(name), 0.0) for name, number in anatomy.classes.index.items()}
    hosts = [number for number, weight in weights.items() if weight]
    if not hosts:
        return hu
    chances = np.array([weights[number] for number in hosts])
    for _ in range(draw.count(config.most)):
        host = int(draw.rng.choice(hosts, p=chances / chances.sum()))
        if host in anatomy.points:
            hu = _add(anatomy, hu, labels == host, positions, host, config, draw)
    return hu


def _add(
    anatomy: Anatomy, hu: Tensor, organ: Tensor, positions: Tensor, host: int, config: Lesions, draw: Draw
) -> Tensor:
    points = anatomy.points[host]
    centre = torch.tensor(points[draw.rng.integers(len(points))])
    radii = torch.tensor([draw.between(*config.radius_mm) * draw.between(0.7, 1.3) for _ in range(3)])
    if tissue(anatomy.classes.names[host]) == "lung":
        value = draw.between(0, 80)
    else:
        value = anatomy.medians[host] + draw.between(-80, 50)
    centre, radii = (v.reshape(3, 1, 1, 1).to(hu.device) for v in (centre, radii))
    inside = ((positions - centre) / radii).square().sum(0) < 1
    return torch.where(inside & organ, value, hu)

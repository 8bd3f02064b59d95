"""Contrast phases: the HU of every labelled tissue in a random mixture of phases, and the image moved there.

A network that has seen one phase alone knows an organ by its brightness. Here blood, kidneys and liver move
together, as they do in people; what the table of `hounsfield` does not know stays near its own median.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..classes import UNKNOWN
from ..config.augmentation import Contrast
from .anatomy import Anatomy
from .draw import Draw
from .filters import blur
from .hounsfield import BLOOD, GUT, HU, PHASES, tissue

GAS_HU = -150.0
NUMBERS = UNKNOWN + 1  # tables are looked up by label


@dataclass(frozen=True)
class _Phase:
    """What the tissues of one sample share."""

    first: int
    second: int
    mixture: float
    body: float
    blood: float
    kidneys: float
    lungs: float
    fatty_liver: bool
    opaque_urine: bool

    @classmethod
    def drawn(cls, config: Contrast, draw: Draw) -> _Phase:
        first, second = (int(p) for p in draw.rng.integers(0, len(PHASES), 2))
        return cls(
            first,
            second,
            mixture=draw.between(0, 1) if draw.chance(0.6) else 0.0,
            body=draw.normal(6),
            blood=draw.normal(25),
            kidneys=draw.normal(20),
            lungs=draw.between(-60, 90),
            fatty_liver=draw.chance(config.fatty_liver),
            opaque_urine=draw.chance(config.opaque_urine),
        )

    def enhanced(self, key: str, draw: Draw) -> float:
        """HU of a tissue that the table knows."""
        hu = (1 - self.mixture) * HU[key][self.first] + self.mixture * HU[key][self.second]
        hu += self.body + draw.normal(8)
        native = self.first == 0
        if key in BLOOD:
            hu += self.blood * (0.3 if native else 1.0) + draw.normal(10)
        elif key == "kidney":
            hu += self.kidneys * (0.2 if native else 1.0)
        elif key == "liver" and self.fatty_liver:
            hu -= draw.between(10, 50)
        elif key == "urinary_bladder" and self.opaque_urine:
            hu = draw.between(100, 400)
        return hu

    def target(self, name: str, median: float, draw: Draw) -> float:
        """HU that a class shall have."""
        key = tissue(name)
        if key in HU:
            return self.enhanced(key, draw)
        if key in GUT:
            return median + (draw.between(-20, 40) if draw.chance(0.7) else draw.between(80, 300))
        if key == "bone":
            return median * draw.between(0.75, 1.3)
        if key == "lung":
            return median + self.lungs
        return median + draw.normal(8)


def draw_targets(anatomy: Anatomy, config: Contrast, draw: Draw) -> dict[int, float]:
    """Class number -> HU in a random phase, for the classes that the case holds."""
    phase, names = _Phase.drawn(config, draw), anatomy.classes.names
    return {number: phase.target(names[number], hu, draw) for number, hu in anatomy.medians.items()}


def recolour(
    anatomy: Anatomy, hu: Tensor, labels: Tensor, targets: dict[int, float], config: Contrast, draw: Draw
) -> Tensor:
    """Move every labelled tissue to its target; the texture within it is kept, stronger or weaker.

    Bowel keeps its texture, and its gas stays gas.
    """
    shift, median, stretch, gut = (torch.zeros(NUMBERS, device=hu.device) for _ in range(4))
    for number, wanted in targets.items():
        median[number] = anatomy.medians[number]
        shift[number] = wanted - anatomy.medians[number]
        if tissue(anatomy.classes.names[number]) in GUT:
            gut[number] = 1.0
        else:
            stretch[number] = draw.between(-config.texture, config.texture)
    moved = torch.where((hu < GAS_HU) & (gut[labels] > 0), 0.0, shift[labels])
    return hu + blur(moved) + (hu - median[labels]) * stretch[labels]

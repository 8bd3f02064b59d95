"""One person: which labels the organs have, how tissues attenuate in each contrast phase, how shapes vary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .canvas import Array

# What is painted with a label, and which one.
LABELS = {
    "spleen": 1,
    "kidney_left": 2,
    "kidney_right": 3,
    "gallbladder": 4,
    "liver": 5,
    "stomach": 6,
    "pancreas": 7,
    "adrenal_gland_left": 8,
    "adrenal_gland_right": 9,
    "lung_left": 10,
    "lung_right": 11,
    "heart": 12,
    "esophagus": 13,
    "aorta": 14,
    "inferior_vena_cava": 15,
    "duodenum": 16,
    "colon": 17,
    "urinary_bladder": 18,
    "spine": 19,
}
PHASES = ("native", "arterial", "portal", "delayed")

# Typical adult Hounsfield units at 120 kV, in the order of PHASES; one value where contrast changes nothing.
_HU: dict[str, tuple[float, ...]] = {
    "blood": (42, 320, 160, 110),
    "vein": (42, 170, 155, 110),
    "cava": (42, 75, 145, 110),
    "portal vein": (42, 115, 175, 115),
    "myocardium": (46, 105, 115, 92),
    "liver": (57, 70, 112, 90),
    "spleen": (49, 120, 120, 95),
    "cortex": (34, 180, 195, 160),
    "medulla": (30, 65, 160, 165),
    "excreted": (5, 5, 15, 420),
    "urine": (5, 5, 8, 150),
    "pancreas": (40, 105, 92, 75),
    "adrenal": (28, 80, 78, 58),
    "bowel wall": (38, 82, 85, 75),
    "muscle": (54, 60, 66, 66),
    "skin": (40, 50, 55, 55),
    "bile": (8,),
    "stomach content": (22,),
    "stool": (25,),
    "fat": (-103,),
    "lung": (-850,),
    "disc": (85,),
    "spongy bone": (190,),
    "compact bone": (560,),
    "cartilage": (115,),
    "cord": (35,),
}


@dataclass(frozen=True)
class Body:
    """A person to paint.

    Attributes:
        seed: decides every shape.
        tissue: Hounsfield units by tissue name.
    """

    seed: int
    tissue: dict[str, float]

    def rng(self, part: str) -> np.random.Generator:
        """Random numbers of one body part: the same on every grid, whatever else is painted."""
        return np.random.default_rng([self.seed, *part.encode()])

    def course(self, part: str, points: ArrayLike, wobble_mm: float = 3.0) -> Array:
        """``points`` [n, 3] displaced a little, as organs lie differently in every person."""
        points = np.asarray(points, float)
        moved: Array = points + self.rng(part).normal(0.0, wobble_mm, points.shape)
        return moved

    def size(self, part: str, spread: float = 0.06) -> float:
        """Factor on a part's radii, within two standard deviations of 1."""
        return 1.0 + spread * float(np.clip(self.rng(part + " size").normal(), -2.0, 2.0))


def tissues(phase: str, rng: np.random.Generator) -> dict[str, float]:
    """Hounsfield units of one person: enhancement varies as a whole, each tissue a little by itself.

    Args:
        phase: one of ``PHASES``.
        rng: source of the person's variation.
    """
    column, strength = PHASES.index(phase), rng.uniform(0.8, 1.2)
    person: dict[str, float] = {}
    for name, values in _HU.items():
        native, enhanced = values[0], values[min(column, len(values) - 1)]
        spread = 3.0 if abs(native) < 130 else 0.04 * abs(native)
        person[name] = native + strength * (enhanced - native) + float(rng.normal(0.0, spread))
    if rng.random() < 0.25:  # contrast was drunk before the scan
        person["stomach content"] += 150.0
    return person

"""Hounsfield units of the phantom's tissues in four contrast phases."""

from __future__ import annotations

import numpy as np

PHASES = ("native", "arterial", "portal", "delayed")

Tissues = dict[str, float]

# Typical adult values at 120 kV, in the order of PHASES; one value where contrast changes nothing.
_HU: dict[str, tuple[float, ...]] = {
    "blood": (42, 320, 160, 110),
    "vein": (42, 170, 155, 110),
    "cava": (42, 75, 145, 110),
    "portal vein": (42, 115, 175, 115),
    "myocardium": (46, 105, 115, 92),
    "liver": (57, 70, 112, 90),
    "spleen": (49, 120, 120, 95),
    "cortex": (34, 180, 190, 160),
    "medulla": (30, 65, 165, 165),
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
    "trabecular bone": (190,),
    "cortical bone": (560,),
    "marrow": (120,),
    "cartilage": (115,),
    "cord": (35,),
}


def tissues(phase: str, rng: np.random.Generator) -> Tissues:
    """Hounsfield units of one person: enhancement varies as a whole, each tissue a little by itself.

    Args:
        phase: one of ``PHASES``.
        rng: source of the person's variation.
    """
    column, strength = PHASES.index(phase), rng.uniform(0.8, 1.2)
    person: Tissues = {}
    for name, values in _HU.items():
        native = values[0]
        enhanced = values[column] if len(values) > 1 else native
        spread = 3.0 if abs(native) < 130 else 0.06 * abs(native)
        person[name] = native + strength * (enhanced - native) + float(rng.normal(0.0, spread))
    person["lung"] = float(np.clip(person["lung"], -900, -780))
    person["stomach content"] += float(rng.choice([0.0, 0.0, 0.0, 150.0]))
    return person

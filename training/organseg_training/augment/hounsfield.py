"""Plausible HU of tissues in each contrast phase.

Rounded typical values of adults at 120 kV, after M. Prokop and M. Galanski, *Spiral and Multislice Computed
Tomography of the Body* (Thieme, 2003), and K. T. Bae, *Intravenous contrast medium administration and scan
timing at CT*, Radiology 256:32-61 (2010). Single people differ; the augmentation spreads around them.
"""

from __future__ import annotations

PHASES = ("native", "arterial", "portal", "delayed")

# In the order of PHASES.
HU: dict[str, tuple[float, float, float, float]] = {
    "spleen": (48, 140, 120, 95),
    "kidney": (32, 170, 190, 150),
    "liver": (55, 72, 110, 90),
    "pancreas": (38, 100, 90, 70),
    "adrenal_gland": (25, 75, 70, 50),
    "thyroid": (100, 180, 150, 120),
    "prostate": (40, 55, 75, 70),
    "uterus": (45, 70, 100, 95),
    "heart": (40, 240, 140, 100),
    "aorta": (42, 300, 150, 105),
    "artery": (42, 300, 150, 105),
    "inferior_vena_cava": (40, 75, 140, 105),
    "vein": (40, 70, 140, 105),
    "portal_vein": (40, 90, 170, 110),
    "pulmonary_vessel": (40, 230, 140, 100),
    "esophagus": (30, 50, 60, 50),
    "muscle": (52, 58, 65, 60),
    "gallbladder": (10, 10, 10, 12),
    "urinary_bladder": (8, 8, 12, 120),
    "spinal_cord": (35, 40, 40, 40),
    "brain": (35, 38, 40, 40),
}
# Without a phase: contents and mineral decide. These values are used only where no scan tells better.
UNENHANCED: dict[str, float] = {
    "lung": -850,
    "trachea": -990,
    "bone": 250,
    "stomach": 30,
    "duodenum": 35,
    "small_bowel": 35,
    "colon": 30,
    "fat": -100,
}
SOFT_TISSUE = 45.0

BLOOD = {
    *("heart", "aorta", "artery", "inferior_vena_cava", "vein", "portal_vein", "pulmonary_vessel"),
}
GUT = {"stomach", "duodenum", "small_bowel", "colon"}

_QUALIFIERS = {"left", "right", "upper", "middle", "lower", "lobe"}
_ALIASES = {
    **dict.fromkeys(("spine", "vertebrae", "vertebra", "sacrum", "rib", "ribs", "sternum", "skull"), "bone"),
    **dict.fromkeys(("femur", "hip", "humerus", "scapula", "clavicula", "pelvis", "skeleton"), "bone"),
    **dict.fromkeys(("bladder",), "urinary_bladder"),
    **dict.fromkeys(("oesophagus",), "esophagus"),
    **dict.fromkeys(("adrenal",), "adrenal_gland"),
    **dict.fromkeys(("postcava", "vena_cava"), "inferior_vena_cava"),
    **dict.fromkeys(("iliac_artery", "pulmonary_artery_trunk"), "artery"),
    **dict.fromkeys(("iliac_vena", "superior_vena_cava"), "vein"),
    **dict.fromkeys(("portal_vein_and_splenic_vein",), "portal_vein"),
}


def tissue(name: str) -> str:
    """The key of `HU` or `UNENHANCED` for a class name: ``kidney_left`` -> ``kidney``; ``""`` if none fits.

    Sides, lobes and what follows a bone's name (``vertebrae_L1``) do not matter. A name that holds more than
    a known tissue (``liver_tumour``) is another tissue.
    """
    words = [word for word in name.lower().split("_") if word not in _QUALIFIERS and not word.isdigit()]
    plain = "_".join(words)
    if words and _ALIASES.get(words[0]) == "bone":
        return "bone"
    plain = _ALIASES.get(plain, plain)
    return plain if plain in HU or plain in UNENHANCED else ""


def native_hu(name: str) -> float:
    """HU of a class without contrast; soft tissue where the name tells nothing."""
    key = tissue(name)
    return HU[key][0] if key in HU else UNENHANCED.get(key, SOFT_TISSUE)

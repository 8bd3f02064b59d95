"""Published numberings of label maps, translated into OrganSeg's names."""

from __future__ import annotations

import json
from pathlib import Path

from OrganSegLib.phantom import LABELS

from ..errors import ConfigError

# TotalSegmentator's numbering of version 1 (its README).
V1 = {
    **{1: "spleen", 2: "kidney_right", 3: "kidney_left", 4: "gallbladder", 5: "liver", 6: "stomach"},
    **{7: "aorta", 8: "inferior_vena_cava", 9: "portal_vein", 10: "pancreas"},
    **{11: "adrenal_gland_right", 12: "adrenal_gland_left", 42: "esophagus", 43: "trachea"},
    **dict.fromkeys(range(13, 15), "lung_left"),
    **dict.fromkeys(range(15, 18), "lung_right"),
    **dict.fromkeys(range(18, 42), "spine"),
    **dict.fromkeys(range(44, 49), "heart"),
    **{49: "pulmonary_vessel", 50: "brain", 51: "artery", 52: "artery", 53: "vein", 54: "vein"},
    **{55: "small_bowel", 56: "duodenum", 57: "colon", 92: "spine", 93: "face", 104: "urinary_bladder"},
    **dict.fromkeys(range(58, 92), "bone"),
    **dict.fromkeys(range(94, 104), "muscle"),
}

# Version 2 by the beginning of its names; the first hit counts.
V2_PREFIXES = {
    "lung_upper_lobe_left": "lung_left",
    "lung_lower_lobe_left": "lung_left",
    "lung_": "lung_right",
    "kidney_cyst_left": "kidney_left",
    "kidney_cyst_right": "kidney_right",
    "vertebrae": "spine",
    "sacrum": "spine",
    "heart": "heart",
    "atrial_appendage": "heart",
    "pulmonary_vein": "pulmonary_vessel",
    "portal_vein": "portal_vein",
    "thyroid": "thyroid",
    **dict.fromkeys(("brachiocephalic_trunk", "subclavian", "common_carotid", "iliac_artery"), "artery"),
    **dict.fromkeys(("brachiocephalic_vein", "superior_vena_cava", "iliac_vena"), "vein"),
    **dict.fromkeys(("gluteus", "autochthon", "iliopsoas"), "muscle"),
    **dict.fromkeys(
        ("humerus", "scapula", "clavicula", "femur", "hip", "skull", "rib", "sternum", "costal"), "bone"
    ),
}


def numbering(name: str, names_v2: Path | None = None) -> dict[int, str]:
    """Label value -> structure: TotalSegmentator's ``v1`` or ``v2``, or ``organseg``, the engine's own.

    Args:
        name: of the numbering.
        names_v2: JSON file with TotalSegmentator's version 2 names, needed for ``v2``.

    Raises:
        ConfigError: ``config.bad_value``.
    """
    if name == "v1":
        return V1
    if name == "organseg":
        return {value: organ for organ, value in LABELS.items()}
    if name == "v2" and names_v2 is not None:
        names = json.loads(names_v2.read_text(encoding="utf-8"))
        return {int(value): _structure(v2) for value, v2 in names.items()}
    raise ConfigError(
        "config.bad_value",
        f"The numbering {name} is not known, or names_v2 is missing.",
        "Use v1, v2 (with names_v2) or organseg.",
    )


def _structure(v2: str) -> str:
    return next((ours for prefix, ours in V2_PREFIXES.items() if v2.startswith(prefix)), v2)

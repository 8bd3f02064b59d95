"""What the network learns to tell apart, and how published numberings map onto it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.organs import catalogue

ORGANS = tuple(catalogue())
HELPERS = ("small_bowel", "bone")  # compete with the organs, then count as background
CHANNELS = ("background", *ORGANS, *HELPERS)
# Known in some scans and never predicted: they only tell the contrast augmentation what is blood or muscle.
TISSUES = ("muscle", "pulmonary_vessel", "portal_vein", "trachea", "artery", "vein", "spinal_cord", "thyroid")
CLASSES = (*CHANNELS, *TISSUES)
INDEX = {name: index for index, name in enumerate(CLASSES)}
UNKNOWN = 255  # voxels that teach nothing

# TotalSegmentator's numbering of version 1 (its README), as far as it is used here.
V1 = {
    **{1: "spleen", 2: "kidney_right", 3: "kidney_left", 4: "gallbladder", 5: "liver", 6: "stomach"},
    **{7: "aorta", 8: "inferior_vena_cava", 9: "portal_vein", 10: "pancreas"},
    **{11: "adrenal_gland_right", 12: "adrenal_gland_left", 42: "esophagus", 43: "trachea"},
    **dict.fromkeys(range(13, 15), "lung_left"),
    **dict.fromkeys(range(15, 18), "lung_right"),
    **dict.fromkeys(range(18, 42), "spine"),
    **dict.fromkeys(range(44, 49), "heart"),
    **{49: "pulmonary_vessel", 51: "artery", 52: "artery", 53: "vein", 54: "vein"},
    **{55: "small_bowel", 56: "duodenum", 57: "colon", 92: "spine", 104: "urinary_bladder"},
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
    "spinal_cord": "spinal_cord",
    "thyroid": "thyroid",
    **dict.fromkeys(("brachiocephalic_trunk", "subclavian", "common_carotid", "iliac_artery"), "artery"),
    **dict.fromkeys(("brachiocephalic_vein", "superior_vena_cava", "iliac_vena"), "vein"),
    **dict.fromkeys(("gluteus", "autochthon", "iliopsoas"), "muscle"),
    **dict.fromkeys(
        ("humerus", "scapula", "clavicula", "femur", "hip", "skull", "rib", "sternum", "costal"), "bone"
    ),
}


def numbering(name: str, names_v2: Path | None = None) -> dict[int, str]:
    """Label value -> class name of a published numbering: ``v1``, ``v2`` or ``organseg``.

    Args:
        names_v2: JSON file with TotalSegmentator's version 2 names, needed for ``v2``.
    """
    if name == "v1":
        return V1
    if name == "organseg":
        return {INDEX[organ]: organ for organ in ORGANS}
    if name == "v2" and names_v2 is not None:
        names = json.loads(names_v2.read_text(encoding="utf-8"))
        found = {int(value): _class_of_v2(structure) for value, structure in names.items()}
        return {value: target for value, target in found.items() if target}
    raise ValueError(f"unknown numbering {name!r}; use v1, v2 (with names_v2) or organseg")


def translate(labels: NDArray[np.integer], names: dict[int, str]) -> NDArray[np.uint8]:
    """A foreign label map in this module's class numbers; values without a class become background."""
    table = np.zeros(max(int(labels.max()), *names) + 1, np.uint8)
    for value, name in names.items():
        table[value] = INDEX[name]
    return table[labels]


def _class_of_v2(structure: str) -> str:
    if structure in INDEX:
        return structure
    for prefix, target in V2_PREFIXES.items():
        if structure.startswith(prefix):
            return target
    return ""

"""What public models call their labels."""

from __future__ import annotations


def _both(*stems: str) -> list[str]:
    return [f"{stem}_{side}" for stem in stems for side in ("left", "right")]


# In TotalSegmentator's versions 1 and 2 alike.
_COMMON = [
    *("spleen", "gallbladder", "liver", "stomach", "pancreas", "small_bowel", "duodenum", "colon"),
    *("urinary_bladder", "esophagus", "trachea", "brain", "sacrum"),
    *("lung_upper_lobe_left", "lung_lower_lobe_left", "lung_upper_lobe_right", "lung_middle_lobe_right"),
    *("lung_lower_lobe_right", "aorta", "inferior_vena_cava", "portal_vein_and_splenic_vein"),
    *_both("kidney", "adrenal_gland", "iliac_artery", "iliac_vena"),
    *_both("humerus", "scapula", "clavicula", "femur", "hip"),
    *_both("gluteus_maximus", "gluteus_medius", "gluteus_minimus", "autochthon", "iliopsoas"),
    *(f"rib_{side}_{n}" for side in ("left", "right") for n in range(1, 13)),
    *(f"vertebrae_{part}{n}" for part, most in (("C", 7), ("T", 12), ("L", 5)) for n in range(1, most + 1)),
]

# TotalSegmentator's first version, and MONAI's bundle wholeBody_ct_segmentation, which learnt from its data.
WHOLE_BODY = [
    *_COMMON,
    *("heart_myocardium", "heart_atrium_left", "heart_ventricle_left", "heart_atrium_right"),
    *("heart_ventricle_right", "pulmonary_artery", "face"),
]

# TotalSegmentator's task ``total``; in its third version, L6 stands where S1 was.
TOTAL = [
    *_COMMON,
    *("thyroid_gland", "prostate", "heart", "pulmonary_vein", "brachiocephalic_trunk", "superior_vena_cava"),
    *("atrial_appendage_left", "vertebrae_S1", "spinal_cord", "skull", "sternum", "costal_cartilages"),
    *_both("kidney_cyst", "subclavian_artery", "common_carotid_artery", "brachiocephalic_vein"),
]

# MONAI's bundle swin_unetr_btcv_segmentation, as it is spelt there, and what is meant.
BTCV = {
    "spleen": "spleen",
    "Right Kidney": "kidney_right",
    "Left Kideny": "kidney_left",
    "Gallbladder": "gallbladder",
    "Esophagus": "esophagus",
    "Liver": "liver",
    "Stomach": "stomach",
    "Aorta": "aorta",
    "IVC": "inferior_vena_cava",
    "Portal and Splenic Veins": "portal_vein_and_splenic_vein",
    "Pancreas": "pancreas",
    "Right adrenal gland": "adrenal_gland_right",
    "Left adrenal gland": "adrenal_gland_left",
}

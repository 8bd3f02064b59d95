"""Which contrast phase a scan shows, guessed from Hounsfield units of vessels and organs.

Contrast reaches the arteries first, then spleen and kidneys, then portal vein, liver and vena cava; in the
end blood and organs are alike and the kidneys excrete it (K. T. Bae, *Intravenous contrast medium
administration and scan timing at CT: considerations and approaches*, Radiology 2010; 256: 32-61).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..measure import OrganMeasurements

Phase = Literal["native", "arterial", "portal venous", "delayed"]

# Median Hounsfield units between what is usual before and after.
BLOOD_HU, KIDNEY_HU, LIVER_HU, URINE_HU = 85, 75, 85, 60
ARTERY_HU, LATE_HU, LIVER_PEAK_HU = 150, 130, 100
ARTERY_TO_VEIN, LIVER_TO_BLOOD, KIDNEY_TO_BLOOD = 1.6, 0.77, 1.3


def contrast_phase(measurements: Sequence[OrganMeasurements]) -> Phase | None:
    """The phase, or None where neither aorta nor heart nor kidneys were found to tell it."""
    hu = {organ.name: organ.median_hu for organ in measurements if organ.median_hu is not None}
    kidneys = [hu[name] for name in ("kidney_left", "kidney_right") if name in hu]
    blood = hu.get("aorta", hu.get("heart"))
    if blood is None:
        return "native" if kidneys and max(kidneys) < KIDNEY_HU else None
    if blood < BLOOD_HU and max(kidneys, default=0) < KIDNEY_HU:
        return "native"
    vein, liver = hu.get("inferior_vena_cava", 0), hu.get("liver", 0)
    if blood >= ARTERY_HU and blood > ARTERY_TO_VEIN * vein and liver < LIVER_HU:
        return "arterial"
    late = blood < LATE_HU and LIVER_TO_BLOOD * blood < liver < LIVER_PEAK_HU
    late &= max(kidneys, default=np.inf) > KIDNEY_TO_BLOOD * blood
    return "delayed" if late or hu.get("urinary_bladder", 0) > URINE_HU else "portal venous"

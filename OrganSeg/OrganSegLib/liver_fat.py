"""Fat in the liver, from its Hounsfield units in a scan without contrast.

The calibration is linear between CT and the proton-density fat fraction of MRI, at 120 kVp: P. J. Pickhardt,
P. M. Graffy, S. B. Reeder, D. Hernando, K. Li, "Quantification of Liver Fat Content With Unenhanced MDCT",
AJR 2018; 211:W151. Its range is that of the examples in J. Starekova et al., "Quantification of Liver Fat
Content with CT and MRI: State of the Art", Radiology 2021; 301:250. Contrast raises the liver's Hounsfield
units and hides fat, so that nothing is reported then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .measure import OrganMeasurements
from .volume import Scan

PERCENT_PER_HU, PERCENT_AT_0_HU = -0.58, 38.2
CALIBRATED_KVP = 120.0
FATTIEST_PERCENT = 40.0
# Without contrast the middle half of 325 adults' aortas had 29 to 45 HU, of those without anaemia 39 to 50
# ("Evaluating anemia on non-contrast thoracic computed tomography", Scientific Reports 2022; 12:21380).
UNENHANCED_BLOOD_HU = 60.0
BLOOD = ("aorta", "inferior_vena_cava", "heart")


@dataclass(frozen=True)
class FatFraction:
    """Fat in the liver; all None where it cannot be told.

    Attributes:
        percent: MRI-PDFF equivalent of the liver's median Hounsfield units.
        liver_hu: the median, which vessels and the border do not change.
        liver_minus_spleen_hu: difference of the medians, below 0 in a fatty liver; None without a spleen.
        remark: a sentence that says why there is no number, or what to know of it; "" for neither.
    """

    percent: float | None = None
    liver_hu: float | None = None
    liver_minus_spleen_hu: float | None = None
    remark: str = ""


def fat_fraction(
    scan: Scan, measurements: Sequence[OrganMeasurements], contrast: str | None = None
) -> FatFraction | None:
    """The liver's fat fraction; None when the liver was not among the organs that were measured.

    Args:
        scan: tells the tube voltage where it was read from DICOM files.
        measurements: of its organs.
        contrast: the phase that the scan shows (``native`` is without contrast), None when nobody knows.
    """
    found = {organ.name: organ.median_hu for organ in measurements}
    if "liver" not in found:
        return None
    liver, kvp = found["liver"], _tube_kvp(scan)
    if liver is None:
        return FatFraction(remark="The liver was not found.")
    if why := _enhanced(found, contrast):
        return FatFraction(remark=why)
    if kvp is not None and abs(kvp - CALIBRATED_KVP) > 1:
        return FatFraction(remark=f"The scan was made at {kvp:.0f} kVp; fat is calibrated for 120 kVp only.")
    percent = PERCENT_PER_HU * liver + PERCENT_AT_0_HU
    remarks = [_beyond(percent)]
    if kvp is None:
        remarks.append("The tube voltage is not known; the number holds for 120 kVp.")
    spleen = found.get("spleen")
    return FatFraction(
        max(percent, 0.0),
        liver,
        None if spleen is None else liver - spleen,
        " ".join(remark for remark in remarks if remark),
    )


def _enhanced(median_hu: dict[str, float | None], contrast: str | None) -> str:
    """Why contrast must be supposed in the vessels, as a sentence; "" for a scan that was made without it."""
    if contrast not in (None, "native"):
        return f"Fat is only told without contrast; this scan shows the {contrast} phase."
    blood = {name: hu for name in BLOOD if (hu := median_hu.get(name)) is not None}
    for name, hu in blood.items():
        if hu > UNENHANCED_BLOOD_HU:
            title = name.replace("_", " ")
            return f"Fat is only told without contrast; the {title} has {hu:.0f} HU, more than blood alone."
    if not blood and contrast is None:
        return "Fat is only told without contrast; no large vessel was found that shows whether there is any."
    return ""


def _beyond(percent: float) -> str:
    """What to know of a liver outside the calibration's range."""
    if percent < 0:
        return "The liver is denser than one without fat: iron or a medicine in it may hide fat."
    if percent > FATTIEST_PERCENT:
        return f"The calibration was shown up to {FATTIEST_PERCENT:.0f} % of fat."
    return ""


def _tube_kvp(scan: Scan) -> float | None:
    """From the scan's first DICOM file; None where there is none, or it does not say."""
    if not scan.source.files:
        return None
    from pydicom import dcmread

    header = dcmread(scan.source.files[0], stop_before_pixels=True, specific_tags=["KVP"], force=True)
    try:
        return float(header["KVP"].value) or None
    except (KeyError, TypeError, ValueError):  # missing, empty or no number
        return None

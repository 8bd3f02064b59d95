"""The liver's fat fraction: only without contrast, only at 120 kVp, and the published numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from OrganSegLib.liver_fat import FatFraction, fat_fraction
from OrganSegLib.measure import OrganMeasurements, measure
from OrganSegLib.phantom import PHASES, make_phantom
from OrganSegLib.volume import Grid, Scan, Source

SCAN = Scan(np.zeros((2, 2, 2), np.int16), Grid((2, 2, 2), (1.0, 1.0, 1.0)))


def _organs(**median_hu: float | None) -> list[OrganMeasurements]:
    return [OrganMeasurements(name, 1, median_hu=hu) for name, hu in median_hu.items()]


@pytest.fixture
def kvp_scan(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A scan whose file says a tube voltage, or none."""

    def made(kvp: str | None) -> Scan:
        header = pydicom.Dataset()
        if kvp is not None:
            header.add_new("KVP", "DS", "0")
            header["KVP"]._value = kvp  # what a scanner wrote, number or not
        header.file_meta = pydicom.dataset.FileMetaDataset()
        header.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        path = tmp_path / "slice.dcm"
        with pydicom.config.disable_value_validation():
            header.save_as(path, enforce_file_format=False)
        return Scan(SCAN.voxels, SCAN.grid, Source(str(tmp_path), "DICOM", files=(str(path),)))

    return made


@pytest.mark.parametrize(("hu", "percent"), [(65, 0.5), (57, 5.1), (40, 15.0), (23, 24.9), (-3, 39.9)])
def test_the_published_pairs(hu: float, percent: float) -> None:
    found = fat_fraction(SCAN, _organs(liver=hu, spleen=50, aorta=42))
    assert found is not None
    assert found.percent == pytest.approx(percent, abs=0.06)
    assert (found.liver_hu, found.liver_minus_spleen_hu) == (hu, hu - 50)
    assert "tube voltage is not known" in found.remark


@pytest.mark.parametrize(
    ("organs", "contrast", "why"),
    [
        (_organs(liver=110, aorta=160), None, "the aorta has 160 HU"),
        (_organs(liver=60, aorta=42, inferior_vena_cava=75), None, "the inferior vena cava has 75 HU"),
        (_organs(liver=60, heart=90), None, "the heart has 90 HU"),
        (_organs(liver=60, aorta=42), "portal venous", "shows the portal venous phase"),
        (_organs(liver=60, aorta=80), "native", "the aorta has 80 HU"),
        (_organs(liver=60), None, "no large vessel was found"),
        (_organs(liver=60, aorta=None), None, "no large vessel was found"),
        (_organs(liver=None, aorta=42), None, "The liver was not found."),
    ],
)
def test_where_fat_cannot_be_told_there_is_a_reason_and_no_number(
    organs: list[OrganMeasurements], contrast: str | None, why: str
) -> None:
    found = fat_fraction(SCAN, organs, contrast)
    assert found is not None
    assert found == FatFraction(remark=found.remark)
    assert why in found.remark


def test_without_a_vessel_a_known_phase_decides() -> None:
    found = fat_fraction(SCAN, _organs(liver=40), "native")
    assert found is not None
    assert found.percent == pytest.approx(15.0)
    assert found.liver_minus_spleen_hu is None


def test_who_did_not_ask_for_the_liver_gets_nothing() -> None:
    assert fat_fraction(SCAN, _organs(aorta=42, spleen=50)) is None


def test_beyond_the_calibration_the_number_comes_with_a_warning() -> None:
    dense, fatty = (fat_fraction(SCAN, _organs(liver=hu, aorta=42)) for hu in (80, -20))
    assert dense is not None
    assert fatty is not None
    assert dense.percent == 0
    assert "may hide fat" in dense.remark
    assert fatty.percent == pytest.approx(49.8)
    assert "up to 40 %" in fatty.remark


@pytest.mark.parametrize(("kvp", "told"), [("120", True), ("119.6", True), ("100", False), ("140.0", False)])
def test_only_at_the_calibrated_tube_voltage(kvp_scan, kvp: str, told: bool) -> None:  # type: ignore[no-untyped-def]
    found = fat_fraction(kvp_scan(kvp), _organs(liver=50, aorta=42))
    assert found.remark == (
        "" if told else f"The scan was made at {float(kvp):.0f} kVp; fat is calibrated for 120 kVp only."
    )
    assert (found.percent is not None) == told


@pytest.mark.parametrize("kvp", [None, "", "0", "unknown"])
def test_a_header_that_does_not_say_the_voltage(kvp_scan, kvp: str | None) -> None:  # type: ignore[no-untyped-def]
    found = fat_fraction(kvp_scan(kvp), _organs(liver=50, aorta=42))
    assert found.percent is not None
    assert "tube voltage is not known" in found.remark


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_of_the_phantoms_phases_only_the_native_one_has_a_number(phase: str, seed: int) -> None:
    scan, labelmap = make_phantom(seed, (6.0, 6.0, 8.0), "abdomen", contrast=phase)
    found = fat_fraction(scan, measure(scan, labelmap))
    assert found is not None
    assert (found.percent is not None) == (phase == "native")

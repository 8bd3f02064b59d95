"""Is what came of reading a study allowed?"""

from __future__ import annotations

import re

import numpy as np
from OrganSegLib.ingest.hounsfield import AIR_HU
from OrganSegLib.ingest.series import MIN_SLICES
from OrganSegLib.volume import Scan

from Testing.unit.ingest.tiny_ct import PATIENT

from .sandbox import Outcome
from .study import Expect, Study

# Notes that say that slices were interpolated.
RESAMPLED = {"input.missing_slices", "input.uneven_spacing", "input.gantry_tilt", "input.sheared"}
SECRETS = (*PATIENT.split("^"), "4711")
MOST_CHARACTERS = 500


def complaint(study: Study, outcome: Outcome) -> str:
    """What is wrong with ``outcome``; ``""`` when nothing is."""
    if outcome.fault:
        return outcome.fault
    if outcome.printed:
        return f"it printed: {outcome.printed}"
    if outcome.error is not None:
        return _about_error(study, outcome.error)
    scan: Scan = outcome.value
    return _about_text(scan) or _implausible(scan) or _disagreement(study, scan)


def _about_error(study: Study, error: dict[str, str]) -> str:
    if study.expect is Expect.READ:
        return f"a readable study was refused: {error}"
    if not re.fullmatch(r"(input|resource)\.[a-z_]+", error["code"]):
        return f"the error has an odd code: {error}"
    texts = error["sentence"], error["next_step"]
    if not all(re.fullmatch(r"[A-Z0-9].*\.", text) for text in texts):
        return f"the error is not told in whole sentences: {error}"
    return _odd_text(texts)


def _about_text(scan: Scan) -> str:
    sentences = [note.sentence for note in scan.notes]
    return _odd_text((*sentences, scan.source.description, *scan.source.other_series))


def _odd_text(texts: tuple[str, ...]) -> str:
    for text in texts:
        if any(secret in text for secret in SECRETS):
            return f"a text names the patient: {text!r}"
        if len(text) > MOST_CHARACTERS or not text.isprintable():
            return f"a text could garble a terminal: {text[: 2 * MOST_CHARACTERS]!r}"
    return ""


def _implausible(scan: Scan) -> str:
    grid, voxels = scan.grid, scan.voxels
    axes = np.reshape(grid.direction, (3, 3))
    extent = np.multiply(grid.size, grid.spacing_mm)
    facts = {
        "int16 voxels": voxels.dtype == np.int16,
        "a grid of the voxels' shape": voxels.shape == grid.shape,
        "three dimensions of some thickness": min(grid.size) >= MIN_SLICES,
        "no value below air": voxels.min() >= AIR_HU,
        "a finite place": bool(np.isfinite(grid.affine).all()),
        "a place near the scanner": float(np.abs(grid.origin_mm).max()) < 1e6,
        "a positive spacing": min(grid.spacing_mm) > 0,
        "axes at right angles": bool(np.allclose(axes.T @ axes, np.eye(3), atol=1e-3)),
        "the size of a person's CT": extent.min() >= 1 and extent.max() <= 3000,
    }
    missing = [name for name, holds in facts.items() if not holds]
    return f"the scan lacks {', '.join(missing)}: {grid}" if missing else ""


def _disagreement(study: Study, scan: Scan) -> str:
    match study.expect:
        case Expect.REFUSED:
            return "a study was read that must be refused"
        case Expect.READ:
            whole = scan.voxels.shape == study.voxels.shape
            return _moved(study, scan) if whole else f"{scan.voxels.shape} is not the volume's shape"
        case Expect.STANDS:
            return _moved(study, scan)
        case Expect.VALUES:
            return "" if np.array_equal(scan.voxels, study.voxels) else "other voxels than the file's"
        case Expect.PLAUSIBLE:
            return ""


def _moved(study: Study, scan: Scan) -> str:
    """Where ``scan`` is not the undamaged volume, slice by slice in the patient."""
    notes = {note.code for note in scan.notes}
    to_index = np.linalg.inv(study.grid.affine) @ scan.grid.affine
    if scan.voxels.shape[1:] != study.voxels.shape[1:] or not np.allclose(
        to_index[:2, :3], np.eye(3)[:2], atol=1e-3
    ):
        return f"the slices are not those of the file: {scan.grid}"
    seen = set()
    for k, plane in enumerate(scan.voxels):
        i, j, place = (to_index @ (0, 0, k, 1))[:3]
        slice_ = round(place)
        if max(abs(i), abs(j)) > 0.01:
            return f"slice {k} is displaced by {i:.3f}, {j:.3f} pixels"
        if abs(place - slice_) > 0.01 or not 0 <= slice_ < len(study.voxels):
            if not notes & RESAMPLED:
                return f"slice {k} is where the file has none, at {place:.3f}"
            continue
        if notes & RESAMPLED and slice_ in study.doubted:
            continue
        seen.add(slice_)
        if not np.array_equal(plane, study.voxels[slice_]):
            return f"slice {k} has other values than the file's slice {slice_}"
    if len(seen) < len(study.voxels) and not notes and not scan.source.other_series:
        return f"only the slices {sorted(seen)} were read, and nothing says so"
    return ""

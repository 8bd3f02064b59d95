"""Which of the DICOM series is the CT to segment, and why not the others."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..volume import Note
from .headers import Frame, Header, read_header

MIN_SLICES = 8
MODALITIES = {
    "MR": "magnetic resonance (MR)",
    "PT": "positron emission tomography (PET)",
    "NM": "nuclear medicine",
    "US": "ultrasound",
    "CR": "a radiograph",
    "DX": "a radiograph",
    "XA": "angiography",
    "SEG": "a segmentation",
    "RTSTRUCT": "radiotherapy contours",
    "RTDOSE": "a radiotherapy dose",
    "SR": "a report",
    "": "images of unknown kind",
}
# DICOM PS3.3 C.11.1: rescaled values that are something else than Hounsfield units.
NOT_HU = {"OD", "MGML", "Z_EFF", "ED", "EDW", "PCT"}


@dataclass(frozen=True)
class Series:
    """Slices of one size and orientation that belong together.

    Attributes:
        uid: series instance UID; generated from the instances where the files state none.
        header: a file that speaks for all of them.
        frames: the slices, in no order.
        generated_uid: the files state no series UID.
        repaired_uids: files whose instance UID had to be taken from the file meta information.
    """

    uid: str
    header: Header
    frames: tuple[Frame, ...]
    generated_uid: bool = False
    repaired_uids: int = 0

    @property
    def normal(self) -> np.ndarray:
        """Unit vector across the slices, LPS."""
        across = np.cross(self.frames[0].orientation[:3], self.frames[0].orientation[3:])
        return np.asarray(across / np.linalg.norm(across))

    @property
    def axial(self) -> bool:
        """Slices across the body's length, within 45 degrees: a tilted gantry is still axial."""
        return bool(self.frames[0].orientation) and abs(self.normal[2]) > np.sqrt(0.5)

    def describe(self) -> str:
        """One line for people: kind, slices, description and UID."""
        title = f' "{self.header.description}"' if self.header.description else ""
        return f"{self.header.modality or '?'}, {len(self.frames)} slices{title}, UID {self.uid}"


def find_series(paths: Sequence[Path]) -> tuple[list[Series], list[Note]]:
    """All image series in the files, largest first, and a note about files that could not be read.

    Raises:
        InputError: ``input.unreadable`` when no header can be read at all.
    """
    headers, broken = [], 0
    for path in paths:
        try:
            headers.append(read_header(path))
        except Exception:  # pydicom raises anything on damaged bytes; every such file is counted and reported
            broken += 1
    if not headers:
        raise InputError(
            "input.unreadable",
            f"None of the {broken} DICOM files can be read.",
            "Copy or export the study again.",
        )
    notes = [Note("input.unreadable_files", f"{broken} damaged DICOM files were left out.")] if broken else []
    groups: dict[tuple[object, ...], list[Header]] = defaultdict(list)
    for header in headers:
        groups[_key(header)].append(header)
    found = [part for group in groups.values() for part in _split(_series(group))]
    return sorted(found, key=lambda one: (-len(one.frames), one.uid)), notes


def choose(found: Sequence[Series], uid: str | None = None) -> Series:
    """The axial CT with most slices, or the series ``uid``.

    Raises:
        InputError: ``input.no_such_series``, or the reason why the largest candidate cannot be used
            (see `problem`).
    """
    wanted = [one for one in found if uid in (None, one.uid)]
    if not wanted:
        names = "; ".join(one.describe() for one in found)
        raise InputError("input.no_such_series", "The study has no series of that UID.", f"It has: {names}.")
    reasons = {id(one): problem(one) for one in wanted}
    usable = [one for one in wanted if reasons[id(one)] is None]
    if usable:
        return max(usable, key=lambda one: (one.axial, len(one.frames)))
    # A scan that failed for a detail says more than the radiograph beside it.
    nearest = max(
        wanted, key=lambda one: (one.header.modality == "CT" and not one.header.localizer, len(one.frames))
    )
    reason = reasons[id(nearest)]
    assert reason is not None
    raise reason


def problem(series: Series) -> InputError | None:
    """Why ``series`` cannot be segmented, from its headers alone; None when nothing speaks against it.

    Codes: ``input.not_ct``, ``input.scout``, ``input.rgb``, ``input.no_pixels``, ``input.no_spacing``,
    ``input.no_position``, ``input.not_hu``, ``input.four_d``, ``input.too_few_slices``.
    """
    header, frames = series.header, series.frames
    if header.modality != "CT":
        kind = MODALITIES.get(header.modality, f"of the kind {header.modality}")
        return InputError("input.not_ct", f"The series is {kind}, not CT.", "Choose a CT series.")
    if header.localizer:
        return InputError(
            "input.scout",
            "The series is a scout (localizer), a flat overview image.",
            "Choose the CT series itself.",
        )
    if not header.grey:
        return InputError(
            "input.rgb",
            "The images are in colour, as screenshots and 3D views are.",
            "Choose the original CT series.",
        )
    if not header.rows or not header.columns:
        return InputError("input.no_pixels", "The files hold no image.", "Choose a CT series.")
    if any(min(frame.spacing, default=0) <= 0 for frame in frames):
        return InputError(
            "input.no_spacing",
            "The files do not say how large their pixels are, so nothing could be measured.",
            "Export the original CT series, not a secondary capture.",
        )
    if any(not frame.position or not _is_orthonormal(frame.orientation) for frame in frames):
        return InputError(
            "input.no_position",
            "The files do not say where their slices are in the patient.",
            "Export the original CT series, not a secondary capture.",
        )
    if header.rescale_type.upper() in NOT_HU:
        return InputError(
            "input.not_hu",
            f"The series holds derived values ({header.rescale_type}), not Hounsfield units.",
            "Choose the plain CT series.",
        )
    moments = {frame.moment for frame in frames}
    if len(moments) > 1 and _repeats(frames):
        return InputError(
            "input.four_d",
            f"The series holds {len(moments)} volumes over time (4D), and only one can be segmented at a time.",
            "Export the phase that you want as a series of its own.",
        )
    if len(frames) < MIN_SLICES:
        return too_few(len(frames))
    return None


def too_few(slices: int) -> InputError:
    """``input.too_few_slices``."""
    return InputError(
        "input.too_few_slices",
        f"The series has only {slices} slices; at least {MIN_SLICES} are needed.",
        "Give the whole series, or choose another one.",
    )


def _key(header: Header) -> tuple[object, ...]:
    """What slices of one stack share. Files without a series UID belong to others in their folder."""
    first = header.frames[0]
    return (
        header.series_uid or Path(header.path).parent,
        header.path if header.multiframe else "",
        header.modality,
        header.localizer,
        header.grey,
        (header.rows, header.columns),
        tuple(round(cosine, 2) for cosine in first.orientation),
        tuple(round(spacing, 3) for spacing in first.spacing),
    )


def _series(headers: list[Header]) -> Series:
    stated = headers[0].series_uid
    names = sorted(header.instance_uid or Path(header.path).name for header in headers)
    return Series(
        # The same files always get the same UID, wherever they lie, so that it can be given back to choose them.
        uid=stated or f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, ' '.join(names)).int}",
        header=headers[0],
        frames=tuple(frame for header in headers for frame in header.frames),
        generated_uid=not stated,
        repaired_uids=sum(header.repaired_uid for header in headers),
    )


def _split(series: Series) -> Iterable[Series]:
    """Apart what was filed together: reconstructions or acquisitions that cover the same positions."""
    if problem(series) is None and _repeats(series.frames):
        for which in range(len(series.frames[0].variant)):
            parts: dict[str, list[Frame]] = defaultdict(list)
            for frame in series.frames:
                parts[frame.variant[which]].append(frame)
            largest = max(map(len, parts.values()))
            if len(parts) > 1 and largest >= MIN_SLICES and not any(map(_repeats, parts.values())):
                return [replace(series, frames=tuple(frames)) for frames in parts.values()]
    return [series]


def _repeats(frames: Sequence[Frame]) -> bool:
    return len({tuple(round(part, 2) for part in frame.position) for frame in frames}) < len(frames)


def _is_orthonormal(orientation: Sequence[float]) -> bool:
    if len(orientation) != 6:
        return False
    axes = np.reshape(orientation, (2, 3))
    return bool(np.allclose(axes @ axes.T, np.eye(2), atol=1e-2))

"""DICOM files grouped into series: slices of one size and orientation that belong together."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..volume import Note
from .headers import Frame, Header, Numbers, read_header

MIN_SLICES = 8


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
    def axial(self) -> bool:
        """Slices across the body's length, within 45 degrees: a tilted gantry is still axial."""
        orientation = self.frames[0].orientation
        if not orientation:
            return False
        normal = np.cross(orientation[:3], orientation[3:])
        return bool(abs(normal[2]) > np.sqrt(0.5))

    @property
    def volumes(self) -> int:
        """How many volumes over time the slices make: most moments that one position was taken at."""
        moments: dict[Numbers, set[tuple[str, ...]]] = defaultdict(set)
        for frame in self.frames:
            moments[_place(frame)].add(frame.moment)
        return max(map(len, moments.values()))

    def describe(self) -> str:
        """One line for people: kind, slices, description and UID."""
        title = f' "{self.header.description}"' if self.header.description else ""
        return f"{self.header.modality or '?'}, {len(self.frames)} slices{title}, UID {self.uid}"


def find_series(paths: Sequence[Path]) -> tuple[list[Series], list[Note]]:
    """All series in the DICOM files, largest first, and a note about files that could not be read.

    Raises:
        InputError: ``input.unreadable`` when no header can be read at all.
    """
    headers, broken = [], 0
    for path in paths:
        try:
            headers.append(read_header(path))
        except Exception:  # noqa: BLE001 pydicom raises anything on damaged bytes; every such file is told
            broken += 1
    if not headers:
        sentence = f"None of the {broken} files can be read."
        raise InputError("input.unreadable", sentence, "Copy or export the study again.")
    notes = []
    if broken:
        files = "1 file" if broken == 1 else f"{broken} files"
        notes.append(Note("input.unreadable_files", f"{files} could not be read; the others were taken."))
    groups: dict[tuple[object, ...], list[tuple[Header, Frame]]] = defaultdict(list)
    for header in headers:
        for frame in header.frames:
            groups[_key(header, frame)].append((header, frame))
    found = [part for group in groups.values() for part in _split(_series(group))]
    return sorted(found, key=lambda one: (-len(one.frames), one.uid)), notes


def _key(header: Header, frame: Frame) -> tuple[object, ...]:
    """What slices of one stack share. Files without a series UID belong to the others in their folder."""
    return (
        header.series_uid or Path(header.path).parent,
        header.path if header.multiframe else "",
        header.modality,
        header.localizer,
        header.grey,
        frame.shape,
        tuple(round(cosine, 2) for cosine in frame.orientation),
        tuple(round(spacing, 3) for spacing in frame.spacing),
        # Where some slices state their rescale, nobody knows that of the others.
        frame.rescaled,
    )


def _series(slices: list[tuple[Header, Frame]]) -> Series:
    headers = list({header.path: header for header, _ in slices}.values())
    stated = headers[0].series_uid
    names = sorted(header.instance_uid or Path(header.path).name for header in headers)
    return Series(
        # The same files always get the same UID, wherever they lie, so that it can be given back as a choice.
        uid=stated or f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, ' '.join(names)).int}",
        header=headers[0],
        frames=tuple(frame for _, frame in slices),
        generated_uid=not stated,
        repaired_uids=sum(header.repaired_uid for header in headers),
    )


def _split(series: Series) -> Iterable[Series]:
    """Take apart reconstructions or acquisitions of the same positions that were filed as one series."""
    if _repeats(series.frames):
        for which in range(len(series.frames[0].variant)):
            parts: dict[str, list[Frame]] = defaultdict(list)
            for frame in series.frames:
                parts[frame.variant[which]].append(frame)
            largest = max(map(len, parts.values()))
            if len(parts) > 1 and largest >= MIN_SLICES and not any(map(_repeats, parts.values())):
                return [replace(series, frames=tuple(frames)) for frames in parts.values()]
    return [series]


def _repeats(frames: Sequence[Frame]) -> bool:
    return all(frame.position for frame in frames) and len(set(map(_place, frames))) < len(frames)


def _place(frame: Frame) -> Numbers:
    return tuple(round(part, 2) for part in frame.position)

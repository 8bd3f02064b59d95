"""The way in: from a path to a `Scan` that the rest of the engine may trust."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from ..volume import Note, Scan, Source
from .checks import padding_note, require_hounsfield, require_memory
from .image_file import read_image
from .locate import Located, locate
from .pixels import decode
from .series import MIN_SLICES, Series, choose, find_series, too_few
from .stack import Stack, gap_notes, without_doubles
from .straighten import straighten


def read_study(path: str | Path, series: str | None = None) -> Scan:
    """The CT at ``path``, in Hounsfield units on a straight, even grid in the patient.

    Args:
        path: a folder (searched with all below it), a zip, a DICOM file (its series is taken from its folder;
            a multi-frame file stands alone), or a NIfTI, NRRD or MetaImage file.
        series: series instance UID to take; otherwise the axial CT with most slices. The others are named in
            ``Scan.source.other_series``.

    Raises:
        InputError: codes ``input.*``; what can be repaired honestly is a `Note` of the scan instead.
    """
    with locate(Path(path)) as located:
        if located.image:
            if series is not None:
                raise InputError(
                    "input.no_such_series",
                    "An image file has no series to choose from.",
                    "Leave the series out.",
                )
            return read_image(located.image, str(path))
        found, notes = find_candidates(located)
        chosen = choose(found, series)
        return read_series(chosen, located, str(path), [one for one in found if one is not chosen], notes)


def find_candidates(located: Located) -> tuple[list[Series], list[Note]]:
    """The series among the located files; only that of the named file where one was named."""
    if located.only and len((alone := find_series([located.only])[0])[0].frames) > 1:
        return alone, []
    found, notes = find_series(located.dicom)
    if located.only:
        named = str(located.only)
        found = [one for one in found if any(frame.path == named for frame in one.frames)]
    return found, notes


def read_series(
    series: Series, located: Located, shown: str, others: Sequence[Series], notes: Sequence[Note]
) -> Scan:
    """Read the slices of ``series``, check them and put them on a grid."""
    header = series.header
    require_memory(len(series.frames) * header.rows * header.columns)
    stack, doubles = without_doubles(Stack.of(series.frames))
    if len(stack.frames) < MIN_SLICES:
        raise too_few(len(stack.frames))
    gaps = gap_notes(stack)
    voxels, padded = decode(stack.frames)
    padding = padding_note(padded, voxels.size)
    require_hounsfield(voxels)
    voxels, grid, tilt = straighten(voxels, stack)
    source = Source(
        path=shown,
        format="DICOM",
        modality=header.modality,
        series_uid=series.uid,
        description=header.description,
        files=tuple(dict.fromkeys(frame.path for frame in stack.frames)) if located.kept else (),
        other_series=tuple(one.describe() for one in others),
    )
    told = (*notes, *_identity_notes(series), *doubles, *gaps, *tilt, *padding)
    return Scan(voxels, grid, source, told)


def _identity_notes(series: Series) -> list[Note]:
    notes = []
    if series.generated_uid:
        notes.append(Note("input.missing_series_uid", "The series has no UID of its own; one was generated."))
    if series.repaired_uids:
        notes.append(
            Note(
                "input.missing_instance_uid",
                f"{series.repaired_uids} files have no instance UID of their own; "
                "that of their file header stands in.",
            )
        )
    if not series.axial:
        notes.append(
            Note("input.not_axial", "The slices are not axial; an axial series would give better results.")
        )
    return notes

"""The way in: from a path to a `Scan` that the rest of the engine may trust."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..volume import Note, Scan, Source
from .choose import choose, too_few
from .extent import require_plausible_extent
from .hounsfield import change_notes, require_hounsfield
from .image_file import read_image
from .locate import Located, locate
from .memory import require_memory
from .pixels import decode
from .series import MIN_SLICES, Series, find_series
from .stack import Stack, gap_notes, without_doubles
from .straighten import straighten
from .unchanged import States, states, unchanged


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
            with unchanged(states([located.image])):
                return read_image(located.image, str(path), series)
        study = DicomStudy.of(located, str(path))
        return study.read(choose(study.found, series))


@contextmanager
def source_files(source: Source) -> Iterator[tuple[str, ...]]:
    """The DICOM files of a scan in slice order; those in a zip for as long as the context lasts.

    Raises:
        InputError: as `read_study`, where the study is no longer what it was.
    """
    if source.files or source.format != "DICOM":
        yield source.files
        return
    with locate(Path(source.path)) as located:
        series = choose(DicomStudy.of(located, source.path).found, source.series_uid)
        stack, _ = without_doubles(Stack.of(series.frames))
        yield _files(stack)


@dataclass(frozen=True)
class DicomStudy:
    """The series of a study, none of them read yet.

    Attributes:
        shown: the path that the user named.
        kept: whether the files stay where they are after reading.
        found: the series, largest first.
        notes: what was noticed on the way.
        before: states of the files before anything of them was read.
    """

    shown: str
    kept: bool
    found: tuple[Series, ...]
    notes: tuple[Note, ...]
    before: States

    @classmethod
    def of(cls, located: Located, shown: str) -> DicomStudy:
        """The series in the located files; only that of the named file where one was named.

        Raises:
            InputError: ``input.unreadable``.
        """
        before = states(located.dicom)
        if located.only:
            alone, _ = find_series([located.only])
            if alone[0].header.multiframe:
                return cls(shown, located.kept, tuple(alone), (), states([located.only]))
        found, notes = find_series(located.dicom)
        if located.closed:
            sentence = f"{located.closed} folders or files may not be opened by this user and were left out."
            notes.append(Note("input.closed_folders", sentence))
        if located.only:
            named = str(located.only)
            found = [one for one in found if any(frame.path == named for frame in one.frames)]
        return cls(shown, located.kept, tuple(found), tuple(notes), before)

    def read(self, series: Series) -> Scan:
        """The slices of ``series``, one of ``found``, checked and put on a grid.

        Raises:
            InputError: ``input.too_large``, ``input.duplicate_slices``, ``input.too_few_slices``,
                ``input.missing_slices``, ``input.unreadable``, ``input.changed``, ``input.not_hu``,
                ``input.implausible_extent``.
        """
        header = series.header
        require_memory(len(series.frames) * header.rows * header.columns)
        stack, doubles = without_doubles(Stack.of(series.frames))
        if len(stack.frames) < MIN_SLICES:
            raise too_few(len(stack.frames))
        gaps = gap_notes(stack)
        with unchanged({file: self.before.get(file) for file in _files(stack)}):
            voxels, changed = decode(stack.frames)
        changes = change_notes(changed, voxels.size)
        require_hounsfield(voxels)
        voxels, grid, tilt = straighten(voxels, stack)
        if grid.size[2] < MIN_SLICES:  # crowded ones make fewer
            raise too_few(grid.size[2])
        require_plausible_extent(grid)
        source = Source(
            path=self.shown,
            format="DICOM",
            modality=header.modality,
            series_uid=series.uid,
            description=header.description,
            files=_files(stack) if self.kept else (),
            other_series=tuple(one.describe() for one in self.found if one is not series),
        )
        notes = (*self.notes, *_series_notes(series), *doubles, *gaps, *tilt, *changes)
        return Scan(voxels, grid, source, notes)


def _files(stack: Stack) -> tuple[str, ...]:
    return tuple(dict.fromkeys(frame.path for frame in stack.frames))


def _series_notes(series: Series) -> list[Note]:
    notes = []
    if series.generated_uid:
        sentence = "The series has no UID of its own; one was generated."
        notes.append(Note("input.missing_series_uid", sentence))
    if series.repaired_uids:
        sentence = f"{series.repaired_uids} files had no instance UID in their data set."
        notes.append(Note("input.missing_instance_uid", sentence))
    if not series.axial:
        sentence = "The slices are not axial; an axial series would give better results."
        notes.append(Note("input.not_axial", sentence))
    return notes

"""What ingest sees in a study, for people and programs: ``organseg inspect``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..volume import Note, Scan, Triple
from .choose import choose, refusal
from .image_file import read_image
from .locate import locate
from .series import Series
from .study import DicomStudy

UNITS = {"Size": "voxels (i, j, k)", "Origin": "mm (LPS)"}


@dataclass(frozen=True)
class SeriesSummary:
    """One DICOM series of the study; ``remark`` says why it cannot be used, or is empty."""

    uid: str
    modality: str
    description: str
    slices: int
    rows: int
    columns: int
    chosen: bool
    remark: str


@dataclass(frozen=True)
class StudyReport:
    """What ingest sees. Ready for JSON by ``dataclasses.asdict``; holds no patient identity.

    Attributes:
        path: what the user named.
        format: ``DICOM``, ``NIfTI``, ``NRRD`` or ``MetaImage``.
        series: all DICOM series, largest first; empty for image files.
        chosen_uid: UID of the series that is taken, or ``""``.
        size, spacing_mm, origin_mm, direction: as in `Grid`.
        extent_mm: edge lengths of the volume along i, j, k.
        hu_range: least and greatest value.
        notes: what was repaired or is doubtful.
        problem: code, sentence and next step when series were found but none can be used; then the geometry
            is None.
    """

    path: str
    format: str
    series: tuple[SeriesSummary, ...] = ()
    chosen_uid: str = ""
    size: tuple[int, int, int] | None = None
    spacing_mm: Triple | None = None
    origin_mm: Triple | None = None
    direction: tuple[float, ...] | None = None
    extent_mm: Triple | None = None
    hu_range: tuple[int, int] | None = None
    notes: tuple[Note, ...] = ()
    problem: dict[str, str] | None = None


def inspect_study(path: str | Path, series: str | None = None) -> StudyReport:
    """Read the study as `read_study` does, and report on it.

    A DICOM study that cannot be used is still reported, with its series and the ``problem``.

    Raises:
        InputError: when there is nothing to report on: no such path, no readable file, a bad image file.
    """
    with locate(Path(path)) as located:
        if located.image:
            return _report(read_image(located.image, str(path), series), ())
        study = DicomStudy.of(located, str(path))
        chosen = None
        try:
            chosen = choose(study.found, series)
            scan = study.read(chosen)
        except InputError as error:
            return StudyReport(
                str(path),
                "DICOM",
                _summaries(study, chosen),
                chosen_uid=chosen.uid if chosen else "",
                notes=study.notes,
                problem=error.to_dict(),
            )
        return _report(scan, _summaries(study, chosen))


def format_report(report: StudyReport) -> str:
    """The report as plain lines of text."""
    lines = [f"Study    {report.path}", f"Format   {report.format}"]
    for one in report.series:
        mark = "*" if one.chosen else "-"
        title = f' "{one.description}"' if one.description else ""
        kind = one.modality or "?"
        lines.append(f"{mark} {kind}, {one.slices} x {one.rows} x {one.columns}{title}, UID {one.uid}")
        if one.remark:
            lines.append(f"    {one.remark}")
    lines += _geometry_lines(report)
    lines += [f"Note     {note.sentence} [{note.code}]" for note in report.notes]
    if report.problem:
        lines.append("Problem  {sentence} {next_step} [{code}]".format(**report.problem))
    return "\n".join(lines)


def _geometry_lines(report: StudyReport) -> list[str]:
    triples = {
        "Size": report.size,
        "Spacing": report.spacing_mm,
        "Origin": report.origin_mm,
        "Extent": report.extent_mm,
    }
    lines = [
        f"{name:<9}{' x '.join(f'{part:.6g}' for part in values)} {UNITS.get(name, 'mm')}"
        for name, values in triples.items()
        if values is not None
    ]
    if report.direction is not None:
        for axis, name in enumerate("ijk"):
            cosines = ", ".join(f"{cosine:.4g}" for cosine in report.direction[axis::3])
            lines.append(f"Axis {name}   ({cosines}) LPS")
    if report.hu_range is not None:
        lines.append("Values   {} to {} HU".format(*report.hu_range))
    return lines


def _summaries(study: DicomStudy, chosen: Series | None) -> tuple[SeriesSummary, ...]:
    return tuple(_summary(one, one is chosen) for one in study.found)


def _summary(series: Series, chosen: bool) -> SeriesSummary:
    reason = refusal(series)
    return SeriesSummary(
        uid=series.uid,
        modality=series.header.modality,
        description=series.header.description,
        slices=len(series.frames),
        rows=series.header.rows,
        columns=series.header.columns,
        chosen=chosen,
        remark=reason.sentence if reason else "",
    )


def _report(scan: Scan, series: tuple[SeriesSummary, ...]) -> StudyReport:
    grid = scan.grid
    i, j, k = (extent * step for extent, step in zip(grid.size, grid.spacing_mm, strict=True))
    return StudyReport(
        path=scan.source.path,
        format=scan.source.format,
        series=series,
        chosen_uid=scan.source.series_uid,
        size=grid.size,
        spacing_mm=grid.spacing_mm,
        origin_mm=grid.origin_mm,
        direction=grid.direction,
        extent_mm=(i, j, k),
        hu_range=(int(scan.voxels.min()), int(scan.voxels.max())),
        notes=scan.notes,
    )

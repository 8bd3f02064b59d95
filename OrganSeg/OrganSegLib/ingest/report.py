"""What ingest sees in a study, for people and programs: ``organseg inspect``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import OrganSegError
from ..volume import Note, Scan, Triple
from .locate import locate
from .series import Series, choose, problem
from .study import find_candidates, read_series, read_study


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
        InputError: when there is nothing to report on (no such path, no readable file).
    """
    with locate(Path(path)) as located:
        if located.image:
            return _report(read_study(path, series), ())
        found, notes = find_candidates(located)
        try:
            chosen = choose(found, series)
            others = [one for one in found if one is not chosen]
            scan = read_series(chosen, located, str(path), others, notes)
        except OrganSegError as refusal:
            summaries = tuple(_summary(one, False) for one in found)
            return StudyReport(str(path), "DICOM", summaries, notes=tuple(notes), problem=refusal.to_dict())
        return _report(scan, tuple(_summary(one, one is chosen) for one in found))


def format_report(report: StudyReport) -> str:
    """The report as plain lines of text."""
    lines = [f"Study    {report.path}", f"Format   {report.format}"]
    for one in report.series:
        mark = "*" if one.chosen else "-"
        title = f' "{one.description}"' if one.description else ""
        lines.append(
            f"{mark} {one.modality or '?'}, {one.slices} x {one.rows} x {one.columns}{title}, UID {one.uid}"
        )
        if one.remark:
            lines.append(f"    {one.remark}")
    lines += _geometry_lines(report)
    lines += [f"Note     {note.sentence} [{note.code}]" for note in report.notes]
    if report.problem:
        lines.append(
            f"Problem  {report.problem['sentence']} {report.problem['next_step']} [{report.problem['code']}]"
        )
    return "\n".join(lines)


def _geometry_lines(report: StudyReport) -> list[str]:
    rows = {
        "Size": report.size,
        "Spacing": report.spacing_mm,
        "Origin": report.origin_mm,
        "Extent": report.extent_mm,
    }
    units = {"Size": "voxels (i, j, k)", "Origin": "mm (LPS)"}
    lines = [
        f"{name:<9}{' x '.join(f'{part:.6g}' for part in values)} {units.get(name, 'mm')}"
        for name, values in rows.items()
        if values is not None
    ]
    if report.direction is not None:
        axes = ("i", "j", "k")
        for axis, name in enumerate(axes):
            cosines = ", ".join(f"{cosine:.4g}" for cosine in report.direction[axis::3])
            lines.append(f"Axis {name}   ({cosines}) LPS")
    if report.hu_range is not None:
        lines.append(f"Values   {report.hu_range[0]} to {report.hu_range[1]} HU")
    return lines


def _summary(series: Series, chosen: bool) -> SeriesSummary:
    reason = problem(series)
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

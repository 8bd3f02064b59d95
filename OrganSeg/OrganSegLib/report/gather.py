"""Collects what a report says, once for HTML and PDF."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import __version__
from ..formats import Choices
from ..measure import OrganMeasurements
from ..organs import Organ
from ..pipeline import Segmentation
from ..proximity.files import read_proximity
from ..quality import Flag, OrganTrust
from ..quality.kinds import CHECKED, MARKS, WORDS
from ..tables import volume_text
from . import pictures
from .card import model_blocks
from .content import (
    Block,
    Bullets,
    Heading,
    Key,
    Legend,
    OrganRow,
    Organs,
    Pairs,
    Prose,
    Remark,
    Remarks,
    Report,
    Section,
)
from .headers import patient_facts, patient_line, read_header, scan_facts
from .measures import distance_blocks, further_blocks

LIBRARIES = ("torch", "openvino", "monai", "SimpleITK", "pydicom", "vtk", "numpy", "reportlab")
LEFT_OUT = Pairs((("Patient", "left out"),), "Patient")
NO_WARNING = "No organ has a warning. That does not prove them right: compare each with the pictures."
SIGNS = (
    f"{MARKS['warning']} Warning: something is likely wrong. {MARKS['note']} Note: the reader must know. "
    f"{CHECKED} "
    "≥ The scan cuts the organ off: its true volume is larger. Usual: in adults. "
    "SD: standard deviation inside the organ. Numbers before the names are those in the pictures."
)


def gather(found: Segmentation, results: Path, choices: Choices) -> Report:
    """Everything that the report of ``found`` says.

    Args:
        found: what to report.
        results: folder in which distances may lie.
        choices: whether the patient may be named.
    """
    header, named = read_header(found.scan), choices.identity
    rows = [
        _organ_row(found.labelmap.organs[m.label], m, t)
        for m, t in zip(found.measurements, found.trust, strict=True)
    ]
    titles = {organ.name: organ.title for organ in found.labelmap.organs.values()}
    now = datetime.now().astimezone()
    return Report(
        patient=patient_line(header) if named else "",
        made=f"{now:%Y-%m-%d %H:%M} (UTC{now:%z})",
        facts=(
            patient_facts(found.scan, header) if named else LEFT_OUT,
            scan_facts(found.scan, header, named),
        ),
        sections=(
            Section("At a glance", (Prose(_summary(rows)), *_warnings(rows, found.run))),
            Section("Pictures", tuple(_pictures(found, rows))),
            Section("Organs", (Organs(tuple(rows)), Prose(SIGNS))),
            *_further(found, results, named),
            Section("Model", tuple(model_blocks(found.run, titles))),
            Section("How this was made", (*_story(found.run), *_sources(found.labelmap.organs))),
        ),
    )


def _organ_row(organ: Organ, measured: OrganMeasurements, trust: OrganTrust) -> OrganRow:
    return OrganRow(
        key=Key.of(measured.label, organ),
        found=measured.status == "found",
        volume=volume_text(measured),
        usual="{:,g}–{:,g} ml".format(*organ.volume_ml) if organ.volume_ml else "",
        mean_hu="" if measured.mean_hu is None else f"{round(measured.mean_hu)}",
        sd_hu="" if measured.sd_hu is None else f"{round(measured.sd_hu)}",
        remarks=tuple(_remark(flag, organ.title) for flag in trust.flags),
    )


def _remark(flag: Flag, subject: str) -> Remark:
    return Remark(flag.level, WORDS.get(flag.code, flag.code.replace("_", " ")), flag.sentence, subject)


def _summary(rows: Sequence[OrganRow]) -> str:
    absent = [row.key.title.lower() for row in rows if not row.found]
    found = f"OrganSeg looked for {_counted(len(rows), 'organ')} and found {len(rows) - len(absent)}."
    return f"{found} Not found: {', '.join(absent)}." if absent else found


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _warnings(rows: Sequence[OrganRow], run: Mapping[str, Any]) -> Iterator[Block]:
    """What of the whole scan may mislead, and every organ's warnings."""
    grave = [remark for row in rows for remark in row.remarks if remark.level == "warning"]
    checks = [_remark(Flag(**check), "Scan") for check in run.get("checks", [])]
    if checks or grave:
        yield Remarks((*checks, *grave))
    if not grave:
        yield Prose(NO_WARNING)


def _further(found: Segmentation, results: Path, named: bool) -> Iterator[Section]:
    """What can be measured of organs that are there, and distances where a target's were measured earlier."""
    if proximity := read_proximity(results):
        yield Section("Distances", tuple(distance_blocks(proximity, found, named)))
    if any(organ.status == "found" for organ in found.measurements):
        yield Section("Shapes and sizes", tuple(further_blocks(found)))


def _pictures(found: Segmentation, rows: Sequence[OrganRow]) -> Iterator[Block]:
    yield pictures.slices(found)
    if keys := tuple(row.key for row in rows if row.found):
        yield Legend(keys)
        yield pictures.sides(found.labelmap)


def _story(run: Mapping[str, Any]) -> Iterator[Block]:
    """How the labels came about, and what was noticed on the way."""
    seconds = run.get("seconds", {})
    stages = f"{sum(seconds.values()):.1f} s, of which the network {seconds.get('predict', 0):.1f} s"
    network = f"{run.get('runtime')}, {run.get('precision')}, on {run.get('device')}"
    yield Pairs(
        (
            ("Segmented by", f"OrganSeg {run.get('engine_version', 'of an unrecorded version')}"),
            ("Network ran on", network if "runtime" in run else "not recorded"),
            ("Time it took", stages if seconds else "not recorded"),
            ("Report by", f"OrganSeg {__version__}, Python {platform.python_version()}"),
            ("Libraries here", ", ".join(filter(None, map(_version, LIBRARIES)))),
        )
    )
    if notes := [note["sentence"] for note in run.get("notes", [])]:
        yield Heading("Noticed on the way")
        yield Bullets(tuple(notes))


def _version(library: str) -> str:
    """Name and version; nothing for a library that is missing, or that 3D Slicer was built with."""
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return ""


def _sources(organs: Mapping[int, Organ]) -> Iterator[Block]:
    """Who published the usual volumes, and of which organs."""
    published: dict[str, list[str]] = {}
    for organ in organs.values():
        if organ.volume_ml and organ.volume_source:
            published.setdefault(organ.volume_source, []).append(organ.title.lower())
    if published:
        yield Heading("Where the usual volumes come from")
        yield Bullets(tuple(f"{', '.join(titles)}: {source}." for source, titles in published.items()))

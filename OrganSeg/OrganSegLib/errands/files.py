"""Result files of organs that a user may have edited, written without anybody waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..formats import Choices
from ..progress import Progress
from ..protocol import Message, get_labels, get_scan, put_labels, put_scan
from ..volume import Labelmap, Scan, Source

if TYPE_CHECKING:
    from ..pipeline import Segmentation

REPORT = "report"  # comes last: it tells of distances that lie in the folder


@dataclass(frozen=True)
class Order:
    """What shall be written, and where.

    Attributes:
        output: the result folder.
        formats: further formats, names in `formats.FORMATS`.
        choices: for these and for surfaces.
        overwrite: results of an earlier run are replaced.
        smoothing: steps of smoothing of surfaces.
        dicom_files: those that the scan was read from, where that is known.
        proximity: `proximity.Proximity` as plain values, where distances were measured.
    """

    output: str
    formats: tuple[str, ...] = ()
    choices: Choices = Choices()
    overwrite: bool = False
    smoothing: int | None = None
    dicom_files: tuple[str, ...] = ()
    proximity: Mapping[str, Any] | None = None


def write_request(
    run: int, folder: Path, scan: Scan, labels: Labelmap, facts: Mapping[str, Any], order: Order
) -> Message:
    """Store voxels in the private ``folder`` and ask to write; ``facts`` are those of the organs' run."""
    return {
        "id": run,
        "op": "write",
        "folder": str(folder),
        "scan": put_scan(scan, folder),
        "labels": put_labels(labels, folder),
        "run": dict(facts),
        "order": asdict(order),
    }


def write(request: Message, progress: Progress) -> Message:
    """Do what `write_request` asked for; the picture is drawn where matplotlib is installed.

    Returns:
        ``files``: the paths of what was written; ``notes``: sentences about them.

    Raises:
        OutputError: as `export.write_results` and `export.add_formats`.
    """
    from ..export import add_formats, write_results
    from ..proximity import Proximity, write_proximity

    progress.report("Measuring organs", 0.0)
    order, folder = _order(request["order"]), Path(request["folder"])
    scan = get_scan(request["scan"], folder)
    labels = get_labels(request["labels"], folder)
    found = _found(_with_source(scan, order), labels, request["run"], order)
    known = len(found.run["notes"])
    progress.report("Writing files", 0.3)
    output, formats = Path(order.output), order.formats
    first = [name for name in formats if name != REPORT]
    picture = find_spec("matplotlib") is not None
    written = write_results(output, found, order.overwrite, picture, first, order.choices)
    if order.proximity:
        near = Proximity.from_dict(dict(order.proximity))
        if not order.choices.identity:
            near = near.without_name({organ.name for organ in labels.organs.values()})
        paths = write_proximity(output, near)
        written |= {path.name: path for path in paths}
    if REPORT in formats:
        progress.report("Writing the report", 0.6)
        written |= add_formats(output, found, [REPORT], order.overwrite, order.choices)
    notes = [note["sentence"] for note in found.run["notes"][known:]]
    return {"files": [str(path) for path in written.values()], "notes": notes}


def _order(facts: Mapping[str, Any]) -> Order:
    return Order(
        **{
            **facts,
            "formats": tuple(facts["formats"]),
            "choices": Choices(**facts["choices"]),
            "dicom_files": tuple(facts["dicom_files"]),
        }
    )


def _with_source(scan: Scan, order: Order) -> Scan:
    """The scan with where it came from, which `put_scan` leaves behind."""
    from ..ingest.known_files import source_of

    files = [Path(file) for file in order.dicom_files]
    known = source_of(files, scan.grid) if files else None
    return replace(scan, source=known or Source("", "3D Slicer"))


def _found(scan: Scan, labels: Labelmap, facts: Mapping[str, Any], order: Order) -> Segmentation:
    """Organs as they are now, with the doubts that the network had of those that nobody edited."""
    from ..pipeline import Segmentation
    from ..quality.remembered import recall
    from ..results import study_facts
    from ..surfaces import extract_surfaces

    run = {name: value for name, value in facts.items() if name != "remembered"}
    run["notes"] = list(run.get("notes", []))
    run["study"] = study_facts(scan, order.choices.identity)
    found = Segmentation.of(scan, labels, extract_surfaces(labels, order.smoothing), run)
    return replace(found, trust=recall(facts.get("remembered", {}), found.measurements, found.trust))

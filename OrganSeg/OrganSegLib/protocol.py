"""What the warm child process understands: one JSON object per line, voxels and surfaces in files beside it.

There is no process in here, so a Qt program can speak through its own ``QProcess``: `encode` what it writes,
feed what it reads to a `Decoder`, and hand voxels over with `put_scan` and `get_result`.

Requests::

    {"id": 1, "op": "ping"}
    {"id": 2, "op": "preload", "model": FOLDER, "options": {...}}
    {"id": 3, "op": "segment", "model": FOLDER, "options": {...}, "folder": PRIVATE, "scan": {...}}
    {"id": 3, "op": "cancel"}
    {"id": 4, "op": "distances", ...}  see `errands.distances`
    {"id": 5, "op": "write", ...}      see `errands.files`
    {"id": 6, "op": "models", ...}     see `errands.models`
    {"op": "shutdown"}

Events (each request but ``cancel`` and ``shutdown`` ends with one ``done`` or ``error`` of its own id)::

    {"event": "ready", "version": "0.1.0", "pid": 4711}
    {"event": "progress", "id": 3, "stage": "Finding organs", "fraction": 0.4}
    {"event": "done", "id": 3, "result": {...}}
    {"event": "error", "id": 3, "error": {"code": ..., "sentence": ..., "next_step": ...}}
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .errors import WorkerError
from .handover import SURFACE, store, store_surface, stored, stored_surface
from .measure import OrganMeasurements
from .organs import Organ
from .pipeline import Options, Segmentation
from .quality import OrganTrust
from .volume import Grid, Labelmap, Note, Scan

Message = dict[str, Any]
# Where a file may go while it is mapped.
MAPPED: Literal["c"] | None = "c" if os.name == "posix" else None
SCAN, LABELS, UNCERTAINTY = "scan.npy", "labels.npy", "uncertainty.npy"
TARGET, MARGINS = "target.npy", "margins.npy"
LONGEST_LINE = 16 * 2**20  # bytes; a result of a thousand organs takes one


def encode(message: Message) -> bytes:
    """One line. ASCII only, so that no encoding of a pipe can spoil a path."""
    return json.dumps(message, allow_nan=False).encode("ascii") + b"\n"


# What each kind of event must hold, so that whoever takes it need not doubt it.
EVENTS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "ready": {"version": str, "pid": int},
    "progress": {"stage": str, "fraction": (int, float)},
    "done": {"result": dict},
    "error": {"error": dict},
}
ERROR = {"code": str, "sentence": str}


def check_event(event: Message) -> Message:
    """The event, if it is one.

    Raises:
        WorkerError: ``worker.garbage``.
    """
    shape = EVENTS.get(str(event.get("event")))
    if shape is None or not _has(event, shape) or ("error" in shape and not _has(event["error"], ERROR)):
        raise garbage()
    return event


def _has(message: Message, shape: Mapping[str, type | tuple[type, ...]]) -> bool:
    return all(isinstance(message.get(name), kind) for name, kind in shape.items())


class Decoder:
    """Puts the pieces that a pipe delivers together into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that ``data`` completes.

        Raises:
            WorkerError: ``worker.garbage`` on anything that is not a line with a JSON object.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise garbage()
        return [_message(line) for line in lines]


def _message(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise garbage() from error
    if not isinstance(message, dict):
        raise garbage()
    return message


def garbage() -> WorkerError:
    """The other side said what `Decoder` or `check_event` does not understand."""
    return WorkerError(
        "worker.garbage",
        "The background process said something that OrganSeg does not understand.",
        "Try again. If it happens again, install OrganSeg again.",
    )


def segment_request(run: int, model: Path, options: Options, folder: Path, scan: Scan) -> Message:
    """Store the scan in the private ``folder`` and ask to segment it."""
    return {
        "id": run,
        "op": "segment",
        "model": str(model),
        "options": asdict(options),
        "folder": str(folder),
        "scan": put_scan(scan, folder),
    }


def put_scan(scan: Scan, folder: Path) -> Message:
    """Store voxels in ``folder``; what identifies the study (its source) stays behind."""
    store(scan.voxels, folder / SCAN)
    return {"grid": asdict(scan.grid), "notes": [asdict(note) for note in scan.notes]}


def get_scan(facts: Message, folder: Path) -> Scan:
    """The scan that `put_scan` stored; its voxels are memory-mapped, read-only."""
    voxels = stored(folder / SCAN, "r")
    notes = tuple(Note(**note) for note in facts["notes"])
    return Scan(voxels, get_grid(facts["grid"]), notes=notes)


def get_grid(facts: Message) -> Grid:
    """Inverse of ``asdict``."""
    return Grid(**_tuples(facts))


def put_labels(labelmap: Labelmap, folder: Path) -> Message:
    """Store labels in ``folder``."""
    store(labelmap.voxels, folder / LABELS)
    return {"grid": asdict(labelmap.grid), "organs": _put_organs(labelmap)}


def get_labels(facts: Message, folder: Path) -> Labelmap:
    """The labels that `put_labels` stored. Nothing in it needs ``folder`` any longer."""
    voxels = stored(folder / LABELS)
    return Labelmap(voxels, get_grid(facts["grid"]), _get_organs(facts["organs"]))


def options_of(facts: Message) -> Options:
    """Inverse of ``asdict``."""
    return Options(**_tuples(facts))


def put_result(result: Segmentation, folder: Path) -> Message:
    """Store voxels and surfaces in ``folder``; the rest fits into the message."""
    if result.uncertainty is not None:
        store(result.uncertainty, folder / UNCERTAINTY)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        labels = pool.submit(store, result.labelmap.voxels, folder / LABELS)
        list(pool.map(lambda item: store_surface(item[1], folder, item[0]), result.surfaces.items()))
        labels.result()
    return {
        "organs": _put_organs(result.labelmap),
        "measurements": [asdict(measurements) for measurements in result.measurements],
        "trust": [asdict(organ) for organ in result.trust],
        "surfaces": sorted(result.surfaces),
        "uncertainty": result.uncertainty is not None,
        "run": result.run,
    }


def get_result(facts: Message, folder: Path, scan: Scan) -> Segmentation:
    """The segmentation of ``scan`` that `put_result` stored. Nothing in it needs ``folder`` any longer.

    Raises:
        WorkerError: ``worker.lost`` where a file is missing or damaged.
    """
    found = [int(label) for label in facts["surfaces"]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        labels = pool.submit(stored, folder / LABELS, MAPPED)
        surfaces = list(pool.map(partial(stored_surface, folder, mmap_mode=MAPPED), found))
    return Segmentation(
        scan=scan,
        labelmap=Labelmap(np.asarray(labels.result()), scan.grid, _get_organs(facts["organs"])),
        measurements=[OrganMeasurements(**_tuples(entry)) for entry in facts["measurements"]],
        trust=[OrganTrust.from_dict(entry) for entry in facts["trust"]],
        surfaces=dict(zip(found, surfaces, strict=True)),
        run=facts["run"],
        uncertainty=stored(folder / UNCERTAINTY) if facts["uncertainty"] else None,
    )


def _put_organs(labelmap: Labelmap) -> Message:
    return {str(label): organ.to_dict() for label, organ in labelmap.organs.items()}


def _get_organs(facts: Message) -> dict[int, Organ]:
    return {int(label): Organ.from_dict(organ) for label, organ in facts.items()}


def discard(folder: Path) -> None:
    """Remove what a run stored, and the folder; for a child whose client is gone."""
    surfaces = (name.format("*") for name in SURFACE)
    for name in (SCAN, LABELS, UNCERTAINTY, TARGET, MARGINS, *surfaces):
        for path in folder.glob(name):
            path.unlink(missing_ok=True)
    if folder.exists():
        folder.rmdir()


def _tuples(value: Any) -> Any:
    """JSON knows lists only; the frozen values of this library hold tuples."""
    if isinstance(value, list):
        return tuple(_tuples(entry) for entry in value)
    if isinstance(value, dict):
        return {name: _tuples(entry) for name, entry in value.items()}
    return value

"""Raw scans and labels -> cases at the network's spacing, resampled by the engine's own code."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from OrganSegLib import __version__
from OrganSegLib.errors import OrganSegError
from OrganSegLib.preprocess import body_box, network_grid, resample
from OrganSegLib.progress import Progress
from OrganSegLib.volume import Scan

from .case import Case
from .classes import UNKNOWN
from .errors import DataError
from .files import checksum
from .grids import geometry_difference, nearest_labels
from .manifest import FILE, Manifest, Problem, Record
from .readers import Entry, LabelArray, Reader, open_readers
from .strata import scan_facts

if TYPE_CHECKING:
    from .config import Config
    from .config.data import Data

VERSION = 1  # of what is done here: a change makes every case new


def prepare(
    config: Config,
    cases: Path,
    *,
    skip_bad: bool = False,
    progress: Progress = Progress(),
) -> Manifest:
    """Bring every scan of the configuration to the network's grid, as ``cases/NAME.npz``, with a manifest.

    Cases whose files and settings did not change are kept. Every scan is tried before anything fails; the
    manifest is only written for all of them. Files are written whole, so that several processes may do the
    same at the same time.

    Args:
        config: what to read and how.
        cases: folder to write to; made when missing.
        skip_bad: leave scans out that cannot be used, and say so in the manifest, instead of failing.
        progress: told the name of each scan before its turn.

    Raises:
        DataError: ``data.bad_scans`` lists all scans that cannot be used, each with its own code;
            ``data.double_name``, ``data.no_scans``; what `Reader.entries` raises.
        ConfigError: as `open_readers`.
    """
    cases.mkdir(parents=True, exist_ok=True)
    records: dict[str, Record] = {}
    problems: list[Problem] = []
    jobs = _jobs(config)
    for n, (data, reader, entry) in enumerate(jobs):
        progress.report(f"Preparing {entry.name}", n / len(jobs))
        try:
            records[entry.name] = _prepared(config, data, reader, entry, cases)
        except OrganSegError as error:
            problems.append(Problem(entry.name, error.code, str(error)))
    if problems and not skip_bad:
        (cases / FILE).unlink(missing_ok=True)  # an older list must not stand for these scans
        raise _bad_scans(problems, len(jobs))
    if not records:
        raise DataError("data.no_scans", "There is no scan to learn from.", "Check `data` in the file.")
    manifest = _with_duplicates(Manifest(records, problems=tuple(problems)))
    manifest.save(cases)
    return manifest


def _jobs(config: Config) -> list[tuple[Data, Reader, Entry]]:
    """All scans of all collections; the weights of a collection's training scans sum up to its own."""
    jobs = []
    for data, reader in zip(config.data, open_readers(config), strict=True):
        entries = reader.entries()
        total = sum(entry.weight for entry in entries if entry.role == "train")
        share = data.weight / total if total else 0.0  # check scans alone have no share
        jobs += [(data, reader, replace(entry, weight=share * entry.weight)) for entry in entries]
    names = [entry.name for _, _, entry in jobs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            "data.double_name",
            f"Several scans are called {', '.join(twice)}.",
            "Give each a name of its own.",
        )
    return jobs


def _prepared(config: Config, data: Data, reader: Reader, entry: Entry, cases: Path) -> Record:
    sources = entry.files or [path for path in (entry.image, entry.labels) if path]
    files = {_shown(path, data.folder): checksum(path) for path in sources}
    digest = _digest(config, data, entry, files)
    earlier = Record.load(cases, entry.name)
    if earlier and earlier.digest == digest and (cases / f"{entry.name}.npz").exists():
        return replace(earlier, patient=entry.patient, role=entry.role, weight=entry.weight)
    scan = reader.scan(entry)
    labels = reader.labels(entry, scan)
    if labels is None:
        raise DataError("data.unlabelled", f"{entry.name} has no labels.", "Add them, or leave the scan out.")
    hu, grid = resample(scan, config.spacing_mm)
    _check_labels(entry, scan, labels)
    box = body_box(hu)
    case = Case(
        entry.name,
        np.round(hu[box]).clip(-1024, 3071).astype(np.int16),
        nearest_labels(labels.values, labels.grid, grid)[box],
        labels.known,
        grid.spacing_mm,
        entry.painted,
    )
    case.save(cases)
    z, y, x = case.hu.shape
    record = Record(
        patient=entry.patient,
        role=entry.role,
        weight=entry.weight,
        known=case.known,
        shape=(z, y, x),
        spacing_mm=case.spacing_mm,
        scan_size=scan.grid.size,
        scan_spacing_mm=scan.grid.spacing_mm,
        licence=entry.licence,
        files=files,
        digest=digest,
        content=hashlib.sha256(case.hu.tobytes()).hexdigest(),
        painted=case.painted,
        facts=scan_facts(scan) | entry.facts,
        notes=tuple(note.sentence for note in scan.notes),
    )
    record.save(cases, entry.name)
    return record


def _check_labels(entry: Entry, scan: Scan, labels: LabelArray) -> None:
    """Require that the labels show something and lie on the scan, or on a teacher's grid of it."""
    difference = geometry_difference(scan.grid, labels.grid)
    if difference and labels.grid != network_grid(scan.grid, labels.grid.spacing_mm):
        raise DataError(
            "data.geometry",
            f"{entry.name}: the labels do not lie on the scan: {difference}.",
            "Export the labels on the grid of the scan that they were drawn on.",
        )
    if not np.any((labels.values != 0) & (labels.values != UNKNOWN)):
        raise DataError(
            "data.empty_labels",
            f"{entry.name}: no voxel of the labels belongs to any of {', '.join(labels.known)}.",
            "Check that these are the right labels, or leave the scan out.",
        )


def _shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _digest(config: Config, data: Data, entry: Entry, files: dict[str, str]) -> str:
    """Of everything that the case's arrays and facts follow from."""
    facts = asdict(entry) | {"weight": 0, "role": "", "patient": ""}
    settings = {
        "version": (VERSION, __version__),
        "spacing_mm": config.spacing_mm,
        "classes": config.classes.names,
        "layout": data.layout,
        "labels": data.labels,
        "options": data.options,
    }
    text = json.dumps([settings, facts, files], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _with_duplicates(manifest: Manifest) -> Manifest:
    """Name cases of equal content, and give them one patient, so that no split comes between them."""
    same: dict[str, list[str]] = defaultdict(list)
    for name, record in manifest.cases.items():
        same[record.content].append(name)
    groups = [names for names in same.values() if len(names) > 1]
    cases = dict(manifest.cases)
    for names in groups:
        for name in names:
            cases[name] = replace(cases[name], patient=cases[names[0]].patient)
    return replace(manifest, cases=cases, duplicates=tuple(map(tuple, groups)))


def _bad_scans(problems: list[Problem], scans: int) -> DataError:
    lines = "".join(f"\n- {one.name}: {one.sentence} [{one.code}]" for one in problems)
    return DataError(
        "data.bad_scans",
        f"{len(problems)} of {scans} scans cannot be used:{lines}",
        "Correct them, or go on without them by --skip-bad; the others are prepared.",
    )

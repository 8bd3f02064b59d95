"""Pairs of doubt and truth: how unsure the engine was of an organ, and how well it found it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from OrganSegLib.model import Model
from OrganSegLib.pipeline import Options, Segmentation, segment
from OrganSegLib.progress import Progress
from OrganSegLib.volume import Scan

from ..classes import UNKNOWN
from ..config import Config
from ..errors import DataError
from ..evaluate import FAST, model_facts, on_grid, part_of, scans_of, unlabelled
from ..grids import nearest_labels
from ..readers import Entry, LabelArray
from ..scoring import Part
from ..split import Fold
from .calibration import Calibration
from .degraded import degraded
from .thresholds import Pair


def calibrate(
    config: Config,
    model: Model,
    names: Collection[str] | None = None,
    *,
    fold: Fold | None = None,
    options: Options = FAST,
    progress: Progress = Progress(),
) -> Calibration:
    """Segment labelled scans, and worse copies of them; of those that were learnt from the copies alone.

    Args:
        config: whose data and classes are meant.
        model: from `load_model`.
        names: scans to look at; None for all labelled ones that were held back.
        fold: what the model learnt from; None for all scans that are not there to check on.
        options: of the engine.
        progress: told each scan and change before its turn.

    Raises:
        DataError: ``data.unknown_case``, ``data.unlabelled``, ``data.nothing_to_calibrate``; from readers.
        InputError, ModelError, ResourceError: from the engine.
    """
    jobs = [(reader, entry, part_of(entry, fold)) for reader, entry in scans_of(config, names)]
    jobs = [job for job in jobs if names or job[2] != "train"]
    pairs: list[Pair] = []
    for n, (reader, entry, part) in enumerate(jobs):
        scan = reader.scan(entry)
        truth = reader.labels(entry, scan)
        if truth is None:
            if names:
                raise unlabelled(entry)
            continue
        for change, shown in _shown(scan, part):
            progress.report(f"{entry.name}: {change}", n / len(jobs))
            pairs += _pairs(segment(shown, model, options), truth, config, entry, part, change)
    if not pairs:
        raise DataError(
            "data.nothing_to_calibrate",
            "The scans that were held back show no labelled organ that the model finds.",
            "Hold scans back (role: check, or a split), or name others: worse copies of them count, too.",
        )
    organs = [organ.name for organ in model.plan.organs.values()]
    return Calibration({**model_facts(model), "organs": organs}, tuple(pairs))


def _shown(scan: Scan, part: Part) -> Iterator[tuple[str, Scan]]:
    """What is segmented; a scan that was learnt from would flatter as it is."""
    if part != "train":
        yield "as it is", scan
    yield from degraded(scan)


def _pairs(
    found: Segmentation, truth: LabelArray, config: Config, entry: Entry, part: Part, change: str
) -> Iterator[Pair]:
    """One for each organ that was found, also where there is none: its Dice is 0 then.

    Only voxels count that the scan shows and the labels tell of.
    """
    classes = config.classes
    shown = nearest_labels(np.ones(found.scan.grid.shape, np.uint8), found.scan.grid, truth.grid) > 0
    shown &= truth.values != UNKNOWN
    true, own = truth.values[shown], on_grid(found.labelmap, truth.grid, classes)[shown]
    truths, owns, both = (np.bincount(labels, minlength=UNKNOWN) for labels in (true, own, true[true == own]))
    for organ in found.trust:
        number = classes.index.get(organ.name, 0)
        if organ.entropy is None or organ.name not in truth.known or not owns[number]:
            continue
        if 0 < truths[number] * truth.grid.voxel_ml < config.evaluation.least_ml:
            continue  # a sliver at the border of the scan
        dice = 2 * int(both[number]) / int(truths[number] + owns[number])
        about = entry.name, entry.patient, part, change, organ.name
        yield Pair(*about, organ.entropy, organ.border_entropy or 0.0, dice)

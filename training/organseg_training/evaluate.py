"""How well a model does: the engine's own output, from the raw scan, against the labels, organ by organ."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.model import Model
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.progress import Progress
from OrganSegLib.volume import Grid, Labelmap, Scan

from .classes import Classes
from .config import Config
from .errors import DataError, nearest_name
from .grids import nearest_labels
from .provenance import read_provenance
from .readers import Entry, LabelArray, Reader, open_readers
from .scoring import PARTS, Evaluation, Part, ScanScore, score_organs
from .split import Fold
from .strata import scan_facts, strata_of

FAST = Options(surfaces=False)


def evaluate(
    config: Config,
    model: Model,
    names: Collection[str] | None = None,
    output: Path | None = None,
    *,
    fold: Fold | None = None,
    parts: Collection[str] = tuple(PARTS),
    options: Options = FAST,
    masks: bool = False,
    progress: Progress = Progress(),
) -> Evaluation:
    """Run the engine over labelled scans as a user would, and score it on the voxels of the labels.

    Args:
        config: whose data and classes are meant.
        model: from `load_model`; organs that it does not find are not scored.
        names: cases to look at; None for all that have labels.
        output: folder for ``evaluation.json``, ``.csv``, ``.md``, ``.html`` and ``pictures/NAME.png``.
        fold: what the model learnt from; None for all scans that are not there to check on.
        parts: what the scans must have been to the training.
        options: of the engine.
        masks: also write true and predicted masks of each slice, side by side in ``masks/NAME``.
        progress: told the name of each scan before its turn.

    Raises:
        DataError: ``data.unknown_case``, ``data.unlabelled``, ``data.nothing_to_evaluate``,
            ``data.other_organs``; from readers.
        InputError, ModelError, ResourceError: from the engine.
    """
    organs = _organs(config, model)
    jobs = [job for job in scans_of(config, names) if part_of(job[1], fold) in parts]
    scans: list[ScanScore] = []
    for n, (reader, entry) in enumerate(jobs):
        progress.report(f"Evaluating {entry.name}", n / len(jobs))
        scan = reader.scan(entry)
        truth = reader.labels(entry, scan)
        if truth is None:
            if names is not None:
                raise unlabelled(entry)
            continue
        found = segment(scan, model, options)
        predicted = on_grid(found.labelmap, truth.grid, config.classes)
        scores = score_organs(
            truth.values, predicted, truth.grid, config.classes, truth.known, organs, config.evaluation
        )
        strata = strata_of(scan_facts(scan) | entry.facts)
        seconds = round(sum(found.run["seconds"].values()), 2)
        part = part_of(entry, fold)
        scans.append(ScanScore(entry.name, entry.patient, part, strata, seconds, tuple(scores)))
        if output is not None:
            _draw(output, entry.name, scan, truth, predicted, config.classes, masks)
    if not scans:
        raise DataError(
            "data.nothing_to_evaluate",
            "None of the chosen scans has labels to compare with.",
            "Choose others, or add labels.",
        )
    evaluation = Evaluation(model_facts(model), config.evaluation, config.seed, tuple(scans))
    if output is not None:
        from .report import write_report

        write_report(evaluation, output)
    return evaluation


def on_grid(labelmap: Labelmap, grid: Grid, classes: Classes) -> NDArray[np.uint8]:
    """The predicted class number at each voxel of ``grid``: the truth is never resampled."""
    numbers = np.zeros(max(labelmap.organs, default=0) + 1, np.uint8)
    for value, organ in labelmap.organs.items():
        numbers[value] = classes.index.get(organ.name, 0)
    voxels: NDArray[np.uint8] = numbers[labelmap.voxels]
    return nearest_labels(voxels, labelmap.grid, grid)


def recorded_fold(run: Path) -> Fold | None:
    """What the training in ``run`` learnt from and validated on; None where that is not known."""
    recorded = read_provenance(run).get("fold")
    return Fold(**{side: tuple(names) for side, names in recorded.items()}) if recorded else None


def part_of(entry: Entry, fold: Fold | None) -> Part:
    """What a scan was to the training: nobody learnt from what is not in the fold's train side."""
    if entry.role == "check":
        return "check"
    if fold is None or entry.name in fold.train:
        return "train"
    return "validation" if entry.name in fold.validation else "test"


def scans_of(config: Config, names: Collection[str] | None = None) -> list[tuple[Reader, Entry]]:
    """The named scans, or all, with their readers; label maps without a scan cannot be segmented.

    Raises:
        DataError: ``data.unknown_case``; from readers.
    """
    jobs = [(r, e) for r in open_readers(config) for e in r.entries() if not e.painted]
    if names is None:
        return jobs
    known = {entry.name for _, entry in jobs}
    for name in names:
        if name not in known:
            raise DataError(
                "data.unknown_case",
                f"There is no scan called {name} to evaluate.",
                nearest_name(name, known, "Names of cases stand in manifest.json."),
            )
    return [(reader, entry) for reader, entry in jobs if entry.name in names]


def _organs(config: Config, model: Model) -> list[str]:
    """What the model finds and the data tell of."""
    found = {organ.name for organ in model.plan.organs.values()}
    organs = [organ for organ in config.organs if organ in found]
    if not organs:
        raise DataError(
            "data.other_organs",
            f"The model {model.plan.name} finds none of the organs of the configuration.",
            "Choose the model or the configuration that belongs to the other.",
        )
    return organs


def unlabelled(entry: Entry) -> DataError:
    """For a scan that was asked for by name."""
    return DataError("data.unlabelled", f"{entry.name} has no labels to compare with.", "Leave it out.")


def _draw(
    output: Path,
    name: str,
    scan: Scan,
    truth: LabelArray,
    predicted: NDArray[np.uint8],
    classes: Classes,
    masks: bool,
) -> None:
    from .report.pictures import draw_side_by_side, write_masks_beside

    maps = {"Truth": truth.values, "OrganSeg": predicted}
    draw_side_by_side(output / "pictures" / f"{name}.png", scan, truth.grid, maps, classes)
    if masks:
        write_masks_beside(output / "masks" / name, scan, truth, predicted, classes)


def model_facts(model: Model) -> dict[str, object]:
    """What tells a model from others: JSON-ready."""
    plan = model.plan
    return {
        "name": plan.name,
        "version": plan.version,
        "iterations": plan.training.get("iterations"),
        "logit_adjustment": plan.training.get("logit_adjustment", {}),
        "digest": model.digest,
    }

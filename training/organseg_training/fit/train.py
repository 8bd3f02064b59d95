"""`fit`: from a configuration and prepared cases to trained weights in a run folder."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from ..config import Config
from ..errors import ConfigError, DataError
from ..manifest import Manifest
from ..plan import make_plan
from ..provenance import write_provenance
from ..run_folder import BEST, CHECKPOINT, CONFIG
from ..split import Fold
from .batches import Batch, Batches
from .hardware import Hardware, keep_freed_memory
from .learner import Learner
from .monitor import Monitor
from .processes import Processes, joined
from .session import Session
from .signals import asked_to_stop, leave_to_parent
from .validation import Validator

PREFETCH = 4  # batches that each worker makes ahead


@dataclass(frozen=True)
class FitResult:
    """How a training ended.

    Attributes:
        iterations: done in all sessions.
        best_iteration: whose weights count: the best by validation, or the last without one.
        best_dice: mean validation Dice of all organs at that iteration; NaN without validation.
        seconds: in all sessions.
    """

    iterations: int
    best_iteration: int
    best_dice: float
    seconds: float


def fit(
    config: Config,
    cases: Path,
    run: Path,
    fold: Fold | None = None,
    *,
    initial: Path | None = None,
    frozen: tuple[str, ...] | int = (),
    stop_after: int | None = None,
    progress: bool = False,
    on_validation: Callable[[int, float], None] | None = None,
) -> FitResult:
    """Train, or go on from the run's checkpoint; on a CPU both give the same weights, bit by bit.

    Under ``torchrun`` all processes share each batch, and the result does not depend on their number but for
    rounding.

    Args:
        config: of the run; kept as ``config.yaml``.
        cases: folder of prepared cases.
        run: folder for everything that is written.
        fold: which cases to learn from and to validate on; by default all of the role ``train``, and none.
        initial: weights to begin from, see `initial.load_initial`; a checkpoint of the run goes first.
        frozen: layers that do not learn, see `layers.freeze`; by default the configuration's.
        stop_after: iteration after which to write the checkpoint and return.
        progress: show a bar and status lines on the terminal.
        on_validation: told the iteration and the mean Dice of each validation; what it raises ends the
            training.

    Raises:
        Stopped: on Ctrl-C or SIGTERM, after the checkpoint is written.
        ConfigError: ``config.bad_value`` when a batch cannot be shared among the processes.
        DataError: ``data.not_prepared``, ``data.no_cases``, ``data.unknown_case``, ``data.corrupt_case``.
        TrainingError: ``training.no_device``, ``training.diverged``, ``training.other_config``,
            ``training.bad_checkpoint``, ``training.patch_does_not_fit``,
            ``training.nothing_frozen``, ``training.initial_does_not_fit``.
        ModelError: when the engine could not use such a model.
    """
    make_plan(config)  # what the engine would refuse is better known before the training
    weights = training_weights(cases, fold)
    hardware = Hardware.of(config.fit, int(os.environ.get("LOCAL_RANK", "0")))
    if hardware.device.type == "cpu":
        keep_freed_memory()
    run.mkdir(parents=True, exist_ok=True)
    with joined(hardware.device) as processes, asked_to_stop() as asked, ExitStack() as stack:
        _check_share(config, processes)
        learner = Learner(config, hardware, processes, initial, frozen or config.fit.frozen)
        if (run / CHECKPOINT).exists():
            learner.load(run)
        elif processes.first:
            (run / BEST).unlink(missing_ok=True)  # of a training that was thrown away
        monitor = None
        if processes.first:
            config.save(run / CONFIG)
            learnt = Fold(tuple(weights), fold.validation if fold else ())
            stack.callback(_write_provenance, run, learner, learnt)
            _write_provenance(run, learner, learnt)
            monitor = stack.enter_context(Monitor(config, run, learner.standing, progress))
        validator = (
            Validator(config, cases, fold.validation, learner.loss) if fold and fold.validation else None
        )
        session = Session(config, run, learner, validator, monitor, on_validation)
        if not session.finished:
            batches = Batches(
                config, cases, weights, learner.standing.iteration, processes.rank, processes.world
            )
            session.train(_loader(batches, hardware), asked, stop_after)
    return _result(learner)


def training_weights(cases: Path, fold: Fold | None) -> dict[str, float]:
    """Case to learn from -> how often, relative to the others.

    Args:
        cases: folder of prepared cases.
        fold: as of `fit`.

    Raises:
        DataError: ``data.not_prepared``, ``data.unknown_case``, ``data.no_cases``.
    """
    records = Manifest.load(cases).cases
    names = fold.train if fold else tuple(name for name, record in records.items() if record.role == "train")
    if unknown := [n for n in (*names, *(fold.validation if fold else ())) if n not in records]:
        raise DataError(
            "data.unknown_case",
            f"The split names the case {unknown[0]}, which is not among the prepared ones.",
            "Prepare the data and make the splits again.",
        )
    weights = {name: records[name].weight for name in names if records[name].weight > 0}
    if not weights:
        raise DataError(
            "data.no_cases",
            f"There is no case to learn from in {cases}.",
            "Check the roles, weights and split of the data.",
        )
    return weights


def _check_share(config: Config, processes: Processes) -> None:
    if config.fit.batch_size % processes.world:
        raise ConfigError(
            "config.bad_value",
            f"A batch of {config.fit.batch_size} samples cannot be shared by {processes.world} processes.",
            f"Set fit.batch_size to a multiple of {processes.world}.",
        )


def _loader(batches: Batches, hardware: Hardware) -> DataLoader[Batch]:
    return DataLoader(
        batches,
        batch_size=None,
        num_workers=hardware.workers,
        prefetch_factor=PREFETCH if hardware.workers else None,
        worker_init_fn=leave_to_parent,
        pin_memory=hardware.device.type == "cuda",
        generator=torch.Generator(),  # or it would draw from the one of dropout
    )


def _write_provenance(run: Path, learner: Learner, fold: Fold) -> None:
    write_provenance(
        run,
        fold=asdict(fold),
        seed=learner.config.seed,
        device=str(learner.hardware.device),
        precision=learner.hardware.precision,
        processes=learner.processes.world,
        standing=asdict(learner.standing),
    )


def _result(learner: Learner) -> FitResult:
    standing = learner.standing
    if standing.best_iteration:
        return FitResult(standing.iteration, standing.best_iteration, standing.best_dice, standing.seconds)
    return FitResult(standing.iteration, standing.iteration, math.nan, standing.seconds)

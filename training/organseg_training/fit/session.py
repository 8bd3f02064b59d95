"""The loop: one process, from where the training stands to its end or to a signal."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..config import Config
from ..errors import DataError, TrainingError
from ..metrics import build_metric
from .batches import Batch
from .learner import Learner
from .monitor import Monitor
from .schedule import rate
from .validation import Scores, Validator

DICE_PER_ENTRY = 5  # training Dice is measured on so many batches for each line of the log


class Stopped(TrainingError):
    """Somebody asked the training to stop: code ``training.stopped``; the checkpoint is written."""

    exit_code = 130


class Session:
    """Trains until the end, until validation gets no better, or until it is asked to stop.

    Args:
        config: of the run.
        run: its folder.
        learner: standing where the session begins.
        validator: None for a training without validation.
        monitor: of the first process, None in the others.
        on_validation: told the iteration and the mean Dice of each validation.
    """

    def __init__(
        self,
        config: Config,
        run: Path,
        learner: Learner,
        validator: Validator | None,
        monitor: Monitor | None,
        on_validation: Callable[[int, float], None] | None = None,
    ) -> None:
        self.config, self.run, self.learner = config, run, learner
        self.validator, self.monitor, self.on_validation = validator, monitor, on_validation
        self.standing, self.processes = learner.standing, learner.processes
        self.before = self.standing.seconds
        self.losses: list[Tensor] = []
        self.dice: list[float] = []

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        patience = self.config.fit.patience
        return self.standing.iteration >= self.config.fit.iterations or 0 < patience <= self.standing.stale

    def train(self, batches: Iterable[Batch], asked: list[int], stop_after: int | None) -> None:
        """Learn from batches.

        Args:
            batches: from the standing's iteration on.
            asked: has an entry as soon as this process shall stop.
            stop_after: iteration after which to return.

        Raises:
            Stopped: when any process was asked to.
            DataError: ``data.corrupt_case``.
            TrainingError: ``training.diverged``.
        """
        started = time.monotonic()
        for batch in batches:
            if self.processes.any(bool(batch.corrupt)):
                self._note_corrupt([name for names in self.processes.gather(batch.corrupt) for name in names])
            loss, logits = self.learner.step(batch)
            self._note(loss, logits, batch)
            self.standing.seconds = self.before + time.monotonic() - started
            stopped = self.processes.any(bool(asked))  # all stop after the same iteration, or the rest waits
            ends = stopped or self.standing.iteration == stop_after
            self._after_step(ends)
            if stopped:
                raise self._stopped()
            if ends or self.finished:
                break

    def _after_step(self, ends: bool) -> None:
        """Whatever is due: validation, a line of the log, the checkpoint, in this order."""
        iteration, fit = self.standing.iteration, self.config.fit
        last = iteration == fit.iterations
        due = last or iteration % fit.validate_every == 0
        scores = self._validate(self.validator) if self.validator and due else None
        ends = ends or last or self.finished
        saves = ends or iteration % fit.checkpoint_every == 0
        if saves or scores or iteration % fit.log_every == 0:
            self._log(scores)
        if saves:
            self.learner.save(self.run)
            if self.monitor:
                self.monitor.draw()

    def _note(self, loss: Tensor, logits: Tensor, batch: Batch) -> None:
        self.losses.append(loss)
        if self.monitor:
            self.monitor.advance()
            if self.standing.iteration % max(1, self.config.fit.log_every // DICE_PER_ENTRY) == 0:
                main = logits[:, 0] if logits.ndim == batch.labels.ndim + 2 else logits  # deep supervision
                self.dice += _dice_of_organs(main.argmax(1).cpu(), batch, self.config)

    def _note_corrupt(self, names: list[str]) -> None:
        for name in names:
            if self.config.fit.on_corrupt == "stop":
                raise DataError(
                    "data.corrupt_case",
                    f"The prepared case {name} is damaged or missing.",
                    "Delete it and prepare again, or set fit.on_corrupt=skip to go on without it.",
                )
            if name not in self.standing.corrupt and self.monitor:
                self.monitor.say(f"The case {name} cannot be read and is skipped.", logging.WARNING)
            self.standing.corrupt[name] = self.standing.corrupt.get(name, 0) + 1

    def _validate(self, validator: Validator) -> Scores:
        learner, standing = self.learner, self.standing
        scores = validator.validate(learner.ema.module, learner.hardware, self.processes)
        self._note_corrupt(list(scores.corrupt))
        if scores.mean("dice") > standing.best_dice:
            standing.best_dice, standing.best_iteration = scores.mean("dice"), standing.iteration
            standing.stale = 0
            if self.processes.first:
                learner.save_best(self.run)
        else:
            standing.stale += 1
        if self.on_validation:
            self.on_validation(standing.iteration, scores.mean("dice"))
        return scores

    def _log(self, scores: Scores | None) -> None:
        loss = float(torch.stack(self.losses).mean())
        if not math.isfinite(loss):
            raise TrainingError(
                "training.diverged",
                f"The loss is no longer a number at iteration {self.standing.iteration}.",
                "Lower fit.learning_rate and run again: it goes on from the last checkpoint.",
            )
        if self.monitor:
            dice = float(np.mean(self.dice)) if self.dice else math.nan
            self.monitor.entry(rate(self.standing.iteration - 1, self.config.fit), loss, dice, scores)
        self.losses, self.dice = [], []

    def _stopped(self) -> Stopped:
        return Stopped(
            "training.stopped",
            f"The training was stopped at iteration {self.standing.iteration}; all is kept in {self.run}.",
            "Run the same command to go on.",
        )


def _dice_of_organs(predicted: Tensor, batch: Batch, config: Config) -> list[float]:
    """Dice of each organ that a sample shows; a patch without an organ tells nothing of it."""
    found, metric = [], build_metric("dice")
    for labels, truth in zip(predicted, batch.labels, strict=True):
        dice = metric(labels, truth, len(config.classes.channels))
        shown = set(truth.unique().tolist())
        found += [float(dice[n]) for n in range(1, len(config.organs) + 1) if n in shown]
    return found

"""What a training tells while it runs: log.tsv, TensorBoard, curves, status lines, a progress bar."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from torch.utils.tensorboard import SummaryWriter

from ..config import Config
from ..figures import draw_curves
from ..files import write_csv
from .learner import Standing
from .log import Entry, append_entry, begin_log, columns, curve_of, log_entries
from .validation import Scores

logger = logging.getLogger(__name__)


class Monitor:
    """The files and lines of the first process; use it as a context.

    Args:
        config: of the run.
        run: its folder.
        standing: of the training; looked at for every line.
        progress: show a bar and status lines on the terminal; otherwise they go to the log of Python.
    """

    def __init__(self, config: Config, run: Path, standing: Standing, progress: bool) -> None:
        self.config, self.run, self.standing = config, run, standing
        begin_log(run, config, standing.iteration)
        self.tensorboard = SummaryWriter(run / "tensorboard", purge_step=standing.iteration + 1)
        self.console = Console(stderr=True) if progress else None
        self.bar = Progress(
            TextColumn(config.name),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=not progress,
        )
        self.task = self.bar.add_task("", total=config.fit.iterations, completed=standing.iteration)
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        self.stack.callback(self.tensorboard.close)
        self.stack.enter_context(self.bar)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def advance(self) -> None:
        """One more iteration is done."""
        self.bar.update(self.task, completed=self.standing.iteration)

    def entry(self, rate: float, loss: float, dice: float, scores: Scores | None) -> None:
        """A line of numbers: of the samples since the last one, and of a validation."""
        standing = self.standing
        entry: Entry = {"iteration": standing.iteration, "rate": rate, "loss": loss, "dice": dice}
        if scores:
            entry["validation_loss"] = scores.loss
            for metric, organs in scores.metrics.items():
                entry[f"validation_{metric}"] = scores.mean(metric)
                entry |= {f"validation_{metric}_{organ}": value for organ, value in organs.items()}
        entry |= {"skipped_samples": sum(standing.corrupt.values()), "seconds": standing.seconds}
        append_entry(self.run, self.config, entry)
        for name, value in entry.items():
            if name != "iteration" and value is not None and not math.isnan(value):
                self.tensorboard.add_scalar(name, value, standing.iteration)
        self.say(_status(entry, self.config.fit.iterations))

    def draw(self) -> None:
        """Bring ``curves.png`` up to date, and ``history.csv``, the log in the form of most spreadsheets."""
        entries, heading = log_entries(self.run), columns(self.config)
        rows = ([entry.get(column) for column in heading] for entry in entries)
        write_csv(self.run / "history.csv", heading, rows)
        draw_curves(
            self.run / "curves.png",
            {
                quantity: {
                    "training": curve_of(entries, quantity),
                    "validation": curve_of(entries, f"validation_{quantity}"),
                }
                for quantity in ("loss", "dice")
            },
        )

    def say(self, line: str, level: int = logging.INFO) -> None:
        """A status line or a warning."""
        if self.console:
            self.console.print(
                line, style="yellow" if level > logging.INFO else None, highlight=False, soft_wrap=True
            )
        else:
            logger.log(level, line)


def _status(entry: Mapping[str, float | int | None], iterations: int) -> str:
    elapsed = timedelta(seconds=round(entry["seconds"] or 0))
    parts = [time.strftime("%H:%M:%S"), f"iteration {entry['iteration']}/{iterations}", f"elapsed {elapsed}"]
    for name in ("loss", "dice", "validation_loss", "validation_dice"):
        value = entry.get(name)
        if value is not None and not math.isnan(value):
            parts.append(f"{name.replace('_', ' ')} {value:.4f}")
    return "  ".join(parts)

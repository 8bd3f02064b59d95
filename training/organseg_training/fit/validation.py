"""How well a network does on scans that it does not learn from: the loss, and each organ's metrics."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from monai.inferers.utils import sliding_window_inference
from numpy.typing import NDArray
from OrganSegLib.preprocess import AIR_HU, normalise
from OrganSegLib.tiles import smallest_shape
from torch import Tensor, nn

from ..case import UNREADABLE, Case
from ..classes import UNKNOWN
from ..config import Config
from ..losses import Loss
from ..metrics import build_metric
from ..plan import make_plan, windows_of
from .batches import known_channels
from .hardware import Hardware
from .processes import Processes

SLICES = 8  # of a 2D network at once
Measured = tuple[float, dict[str, NDArray[np.float64]]]


@dataclass(frozen=True)
class Scores:
    """The mean over cases.

    Attributes:
        loss: the training's loss, as at its end.
        metrics: metric -> organ -> mean over the cases that hold or were given the organ; NaN where none.
        corrupt: names of cases that could not be read.
    """

    loss: float
    metrics: dict[str, dict[str, float]]
    corrupt: tuple[str, ...]

    def mean(self, metric: str) -> float:
        """Over organs, each counting alike; NaN where no case tells of any."""
        return _mean(list(self.metrics[metric].values()))


@dataclass(frozen=True)
class Validator:
    """Validates networks of a configuration.

    Attributes:
        config: of the run; its field of view says whether scans are seen whole or in overlapping windows.
        folder: of the prepared cases.
        names: of the cases.
        loss: to be averaged.
    """

    config: Config
    folder: Path
    names: Sequence[str]
    loss: Loss

    def validate(self, network: nn.Module, hardware: Hardware, processes: Processes) -> Scores:
        """Each process takes its share of the cases, and all get the same scores."""
        measured, corrupt = [], []
        network.eval()
        for name in self.names[processes.rank :: processes.world]:
            try:
                case = Case.load(self.folder / f"{name}.npz", mapped=True)
            except UNREADABLE:
                corrupt.append(name)
                continue
            measured.append(self._measure(case, network, hardware))
        shares = processes.gather((measured, corrupt))
        everything = [m for share, _ in shares for m in share]
        measures = self.config.fit.measured
        return Scores(
            _mean([loss for loss, _ in everything]),
            {metric: self._by_organ([values[metric] for _, values in everything]) for metric in measures},
            tuple(sorted(name for _, names in shares for name in names)),
        )

    @torch.no_grad()
    def _measure(self, case: Case, network: nn.Module, hardware: Hardware) -> Measured:
        channels, known = len(self.config.classes.channels), known_channels(case, self.config)
        losses, predicted, truths = [], [], []
        for x, truth in self._parts(case):
            logits = self._logits(x.to(hardware.device), network, hardware)
            truth = truth.to(hardware.device)
            losses += [float(self.loss(logits, truth, known.expand(len(x), -1), 1.0))] * len(x)
            predicted.append(logits.argmax(1))
            truths.append(truth)
        values: dict[str, NDArray[np.float64]] = {}
        for metric in self.config.fit.measured:
            values[metric] = build_metric(metric)(torch.cat(predicted), torch.cat(truths), channels)
            values[metric][~known.numpy()] = math.nan
        return _mean(losses), values

    def _parts(self, case: Case) -> Iterator[tuple[Tensor, Tensor]]:
        """A scan as batches (n, windows, *space) with labels, padded with air that does not count."""
        pad = [
            (0, max(n, roi) - n) for n, roi in zip(case.hu.shape, self._padded(case.hu.shape), strict=True)
        ]
        hu = np.pad(case.hu.astype(np.float32), pad, constant_values=AIR_HU)
        labels = np.pad(case.labels, pad, constant_values=UNKNOWN).astype(np.int64)
        labels[(labels >= len(self.config.classes.channels)) & (labels != UNKNOWN)] = 0  # tissues
        x, truth = torch.from_numpy(normalise(hu, windows_of(self.config))), torch.from_numpy(labels)
        if self.config.dimensions == 3:
            yield x[None], truth[None]
        else:
            yield from zip(torch.split(x.transpose(0, 1), SLICES), torch.split(truth, SLICES), strict=True)

    def _padded(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Up to the network's multiple, and to the window where there is one."""
        multiple, whole = self.config.network.multiple, self.config.network.field_of_view == "whole"
        wanted = [
            -(-max(n, 0 if whole else w) // multiple) * multiple
            for n, w in zip(shape, self._window, strict=True)
        ]
        return (shape[0] if self.config.dimensions == 2 else wanted[0], *wanted[1:])

    @property
    def _window(self) -> tuple[int, ...]:
        return smallest_shape(make_plan(self.config))

    def _logits(self, x: Tensor, network: nn.Module, hardware: Hardware) -> Tensor:
        with hardware.autocast():
            if self.config.network.field_of_view == "whole":
                return cast("Tensor", network(x)).float()
            window = self._window[-self.config.dimensions :]
            logits = sliding_window_inference(x, window, 1, network, overlap=0.5, mode="gaussian")
            return cast("Tensor", logits).float()

    def _by_organ(self, values: list[NDArray[np.float64]]) -> dict[str, float]:
        numbers = self.config.classes.index
        return {organ: _mean([v[numbers[organ]] for v in values]) for organ in self.config.organs}


def _mean(values: Sequence[float]) -> float:
    """Of the numbers among them; NaN where there is none."""
    numbers = [value for value in values if not math.isnan(value)]
    return float(sum(numbers) / len(numbers)) if numbers else math.nan

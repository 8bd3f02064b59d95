"""Batches of augmented samples: batch ``n`` is a function of the configuration, the cases and ``n`` alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from OrganSegLib.preprocess import normalise
from torch import Tensor
from torch.utils.data import Dataset

from ..augment import Anatomy, Augmenter
from ..case import UNREADABLE, Case
from ..classes import UNKNOWN
from ..config import Config
from ..errors import DataError
from ..plan import windows_of

DRAWS = 10  # of a sample that may not be blank; a scan with hardly a label still gives samples


class Batch(NamedTuple):
    """What one step learns from.

    Attributes:
        x: (batch, windows, *space) float32.
        labels: (batch, *space) int64.
        known: (batch, channels) bool.
        corrupt: names of cases that were drawn and could not be read; others took their places.
    """

    x: Tensor
    labels: Tensor
    known: Tensor
    corrupt: list[str]


class Batches(Dataset[Batch]):
    """One process's share of all batches from iteration ``first`` on.

    Args:
        config: of the run.
        cases: folder of prepared cases.
        weights: case -> how often it is drawn, relative to the others.
        first: iteration of item 0.
        rank, world: this process and how many share each batch.
    """

    def __init__(
        self, config: Config, cases: Path, weights: Mapping[str, float], first: int, rank: int, world: int
    ) -> None:
        self.config, self.folder, self.first, self.rank = config, cases, first, rank
        self.share = config.fit.batch_size // world
        self.names = sorted(weights)
        self.odds = np.array([weights[name] for name in self.names], float)
        self.odds /= self.odds.sum()
        self.windows = windows_of(config)
        self.augmenter = Augmenter(config)
        self.anatomies: dict[str, tuple[Anatomy, Tensor]] = {}

    def __len__(self) -> int:
        return self.config.fit.iterations - self.first

    def __getitem__(self, n: int) -> Batch:
        iteration = self.first + n
        start = iteration * self.config.fit.batch_size + self.rank * self.share
        rngs = [np.random.default_rng([self.config.seed, start + i]) for i in range(self.share)]
        corrupt: list[str] = []
        drawn = [self._draw(rng, corrupt) for rng in rngs]
        patch = self._patch(iteration, [anatomy for anatomy, _ in drawn])
        x, labels = [], []
        for (anatomy, _), rng in zip(drawn, rngs, strict=True):
            hu, truth = self._sample(anatomy, patch, rng)
            x.append(normalise(hu, self.windows))
            labels.append(truth)
        batch = Batch(torch.stack(x), torch.stack(labels), torch.stack([k for _, k in drawn]), corrupt)
        if self.config.dimensions == 2:
            batch = batch._replace(x=batch.x[:, :, 0], labels=batch.labels[:, 0])
        return batch

    def _draw(self, rng: np.random.Generator, corrupt: list[str]) -> tuple[Anatomy, Tensor]:
        """A random case; where it cannot be read, it is noted and another one drawn."""
        for _ in range(100):
            name = self.names[rng.choice(len(self.names), p=self.odds)]
            try:
                return self._anatomy(name)
            except UNREADABLE:
                corrupt.append(name)
        raise DataError("data.unreadable", "Hardly a case can be read.", "Delete them and prepare again.")

    def _anatomy(self, name: str) -> tuple[Anatomy, Tensor]:
        if name not in self.anatomies:
            case = Case.load(self.folder / f"{name}.npz", mapped=True)
            self.anatomies[name] = self.augmenter.anatomy(case), known_channels(case, self.config)
        return self.anatomies[name]

    def _patch(self, iteration: int, anatomies: list[Anatomy]) -> tuple[int, int, int]:
        """(z, y, x) of a batch: one of the configured ones, or as large as the largest of its scans."""
        if self.config.fit.whole_images:
            multiple = self.config.network.multiple
            largest = np.max([a.hu.shape for a in anatomies], 0)
            z, y, x = (int(n) for n in -(-largest // multiple) * multiple)
        else:
            patches = self.config.fit.patches
            rng = np.random.default_rng([self.config.seed, iteration, len(patches)])
            x, y, z = patches[rng.integers(len(patches))]
        return (1 if self.config.dimensions == 2 else z), y, x

    def _sample(
        self, anatomy: Anatomy, patch: tuple[int, int, int], rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        for _ in range(DRAWS if self.config.fit.skip_blank else 1):
            hu, labels = self.augmenter.sample(anatomy, patch, rng)
            if ((labels != 0) & (labels != UNKNOWN)).any():
                break
        return hu, labels


def known_channels(case: Case, config: Config) -> Tensor:
    """(channels,) bool: what a case's labels tell of; background only where they tell of all the others."""
    channels = config.classes.channels
    known = torch.tensor([channel in case.known for channel in channels])
    known[0] = bool(known[1:].all())
    return known

"""Random numbers in the forms that augmentation asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Draw:
    """All come from one numpy generator, so that a sample is the same in any process and on any device.

    Attributes:
        rng: the sample's own generator.
        device: of the tensors.
    """

    rng: np.random.Generator
    device: torch.device

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def normal(self, sd: float) -> float:
        return float(self.rng.normal(0, sd))

    def count(self, most: int) -> int:
        """From 0 to ``most``."""
        return int(self.rng.integers(0, most + 1))

    def noise(self, shape: Sequence[int]) -> Tensor:
        """White noise of unit variance."""
        return torch.from_numpy(self.rng.standard_normal(shape, dtype=np.float32)).to(self.device)

    def field(self, shape: Sequence[int], nodes: Sequence[float], channels: int = 1) -> Tensor:
        """Smooth noise, (channels, *shape), of unit variance at its nodes, ``nodes`` voxels apart."""
        coarse = [min(n, max(2, int(np.ceil(n / apart)))) for n, apart in zip(shape, nodes, strict=True)]
        values = self.noise((channels, *coarse))
        if coarse == list(shape):
            return values
        return F.interpolate(values[None], size=tuple(shape), mode="trilinear", align_corners=True)[0]

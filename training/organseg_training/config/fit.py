"""The section about the training loop."""

from __future__ import annotations

from .base import Section


class Fit(Section):
    """How weights are learnt; see `organseg_training.fit`.

    Attributes:
        patches: fields of view along x, y, z in voxels; each batch takes one of them at random. The
            first is the smallest that inference gives.
        iterations: optimiser steps in all.
        learning_rate: its highest value.
        weight_decay: of AdamW.
        warmup: iterations until the rate is reached.
        ema_decay: of the averaged weights, which are the ones exported.
    """

    patches: tuple[tuple[int, int, int], ...]
    iterations: int
    batch_size: int = 1
    learning_rate: float = 0.006
    weight_decay: float = 0.001
    warmup: int = 200
    ema_decay: float = 0.998

"""The section about augmentation."""

from __future__ import annotations

from .base import Section


class Augmentation(Section):
    """How far and how often samples are changed; see `organseg_training.augment`."""

"""What the network learns to tell apart: one numbering for labels, channels and losses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

UNKNOWN = 255  # voxels that teach nothing


@dataclass(frozen=True)
class Classes:
    """The numbering of classes in prepared label maps; 0 is background.

    Attributes:
        organs: what the model shall find; output channels 1, 2, 3 ...
        helpers: outputs after the organs: they compete with the organs, then count as background.
        tissues: known in some scans and never predicted; they only tell the augmentation what is blood or
            muscle. They have no channel and count as background.
    """

    organs: tuple[str, ...]
    helpers: tuple[str, ...] = ()
    tissues: tuple[str, ...] = ()

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Names of the network's outputs."""
        return ("background", *self.organs, *self.helpers)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every class; the place in this tuple is its number in a label map."""
        return (*self.channels, *self.tissues)

    @cached_property
    def index(self) -> dict[str, int]:
        """Class name -> number."""
        return {name: number for number, name in enumerate(self.names)}

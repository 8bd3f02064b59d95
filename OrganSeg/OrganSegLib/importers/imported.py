"""A foreign model once it is read: all that OrganSeg's model folder needs, but for its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..plan import Plan

if TYPE_CHECKING:
    from torch import Tensor

UNNAMED = "imported"


@dataclass(frozen=True)
class Imported:
    """A foreign model in OrganSeg's terms.

    Attributes:
        title: what its makers call it.
        plan: named `UNNAMED`.
        weights: of the plan's network.
    """

    title: str
    plan: Plan
    weights: dict[str, Tensor]

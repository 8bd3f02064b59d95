"""How a run tells where it is, and learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .errors import Cancelled


@dataclass(frozen=True)
class Progress:
    """A listener for a stage in words and a true fraction of the whole run.

    Attributes:
        listener: called with (stage, fraction); fraction runs from 0 to 1 over the whole run.
        cancelled: asked at every report; True stops the run with `Cancelled`.
        start: fraction at which this part of the run begins.
        end: fraction at which it ends.
    """

    listener: Callable[[str, float], None] = lambda stage, fraction: None
    cancelled: Callable[[], bool] = lambda: False
    start: float = 0.0
    end: float = 1.0

    def report(self, stage: str, fraction: float = 0.0) -> None:
        """Tell that ``fraction`` of this part is done.

        Raises:
            Cancelled: when the user asked to stop.
        """
        if self.cancelled():
            raise Cancelled
        self.listener(stage, self.start + (self.end - self.start) * fraction)

    def part(self, start: float, end: float) -> Progress:
        """A progress whose 0 to 1 is ``start`` to ``end`` of this one."""
        span = self.end - self.start
        return Progress(self.listener, self.cancelled, self.start + span * start, self.start + span * end)

"""How far a job is, in the progress bar and in words."""

import time
from collections.abc import Callable

from slicer.i18n import tr as _

EARLY = 0.05  # fraction below which an estimate would jump about


class RunProgress:
    """Drives a ``QProgressBar``.

    Args:
        bar: the progress bar.
        tell: called with a line for the user.
    """

    def __init__(self, bar, tell: Callable[[str], None]) -> None:
        self._bar, self._tell = bar, tell
        self._began = 0.0

    @property
    def seconds(self) -> float:
        """Since the job began."""
        return time.monotonic() - self._began

    def start(self, line: str) -> None:
        """A job begins."""
        self._began = time.monotonic()
        self._bar.value = 0
        self._tell(line)

    def report(self, stage: str, fraction: float) -> None:
        """It is that far, and does this."""
        self._bar.value = round(100 * fraction)
        told = _(stage)
        if fraction > EARLY:
            left = round(self.seconds * (1 - fraction) / fraction)
            told = _("{stage}, about {seconds} s left").format(stage=told, seconds=left)
        self._tell(told)

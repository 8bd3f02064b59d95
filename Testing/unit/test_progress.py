"""Where a run is, and whether it should stop."""

from __future__ import annotations

import pytest
from OrganSegLib.errors import Cancelled
from OrganSegLib.progress import Progress


def test_parts_of_parts_report_fractions_of_the_whole() -> None:
    heard: list[tuple[str, float]] = []
    progress = Progress(lambda stage, fraction: heard.append((stage, fraction)))
    inner = progress.part(0.5, 1.0).part(0.0, 0.5)
    inner.report("begin")
    inner.report("half", 0.5)
    inner.report("end", 1.0)
    assert heard == [("begin", 0.5), ("half", pytest.approx(0.625)), ("end", pytest.approx(0.75))]


def test_cancel_stops_at_the_next_report_of_any_part() -> None:
    stop = False
    heard: list[str] = []
    progress = Progress(lambda stage, fraction: heard.append(stage), lambda: stop)
    part = progress.part(0.2, 0.4)
    part.report("one")
    stop = True
    with pytest.raises(Cancelled):
        part.report("two")
    assert heard == ["one"]


def test_nobody_has_to_listen() -> None:
    quiet = Progress()
    quiet.report("alone", 1.0)
    assert (quiet.start, quiet.end) == (0.0, 1.0)

"""What one process costs: wall time, processor time and memory (Linux and macOS)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """A contestant's process ended badly; the message says how and where its log is."""


@dataclass(frozen=True)
class Cost:
    """One run.

    Attributes:
        wall_s: from the start of the process, or of the click in a warm one, to its end.
        user_cpu_s: of the process and the children that it waited for.
        peak_rss_gb: of the largest single process, in 10^9 bytes.
    """

    wall_s: float
    user_cpu_s: float
    peak_rss_gb: float


def run(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Cost:
    """Run to the end, with everything it prints in ``log``.

    To be called from a small process: Linux counts what the caller holds at the start as the child's, too.

    Raises:
        Failed: when it does not exit with 0.
    """
    with log.open("w") as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise Failed(f"exit code {child.returncode}, see {log}")
    return Cost(wall_s, usage.ru_utime, usage.ru_maxrss * RSS_UNIT_BYTES / 1e9)


def last_cost(log: Path) -> Cost:
    """The cost that a contestant measured itself and printed as its last line, in JSON."""
    return Cost(**json.loads(log.read_text().splitlines()[-1]))

"""How soon OrganSeg is there: ``python -m Testing.benchmarks.start``.

The time of ``import OrganSegLib`` as ``python -X importtime`` tells it, the time until the worker answers,
and until it has loaded the network besides, as it does while the user looks at the panel.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from statistics import median

from OrganSegLib.client import WorkerClient
from OrganSegLib.model import load_model
from OrganSegLib.pipeline import Options

from .case import child_environment

IMPORT, READY, LOADED = "import OrganSegLib", "worker answers", "worker has loaded the network"
TARGETS_S = {IMPORT: 0.1, READY: 1.0, LOADED: None}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of medians, and how busy the machine was."""
    parser = argparse.ArgumentParser("python -m Testing.benchmarks.start", description=__doc__)
    parser.add_argument("--turns", type=int, default=5, help="medians are shown")
    turns = parser.parse_args(arguments).turns
    once()  # reads files into memory, converts the network where that was not done yet
    load = os.getloadavg()[0]
    runs = [once() for _ in range(turns)]
    print(table({step: [run[step] for run in runs] for step in TARGETS_S}))
    print(f"\nProcesses that wanted to run meanwhile, on average: {load:.1f} of {os.cpu_count()} cores")
    return 0


def once() -> dict[str, float]:
    """Seconds of each step."""
    seconds = {IMPORT: import_seconds()}
    model, started = load_model(), time.perf_counter()
    with WorkerClient() as worker:
        worker.ping()
        seconds[READY] = time.perf_counter() - started
        worker.preload(model, Options(device="cpu"))
        seconds[LOADED] = time.perf_counter() - started
    return seconds


def import_seconds() -> float:
    """Of the package with all that it imports, in a fresh interpreter."""
    command = [sys.executable, "-X", "importtime", "-c", "import OrganSegLib"]
    environment = {**os.environ, **child_environment()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    line = next(line for line in done.stderr.splitlines() if line.endswith(" OrganSegLib"))
    return int(line.split("|")[1]) / 1e6


def table(runs: Mapping[str, Sequence[float]]) -> str:
    """Medians as Markdown, beside what was aimed at."""
    lines = ["| step | s | fastest to slowest | target: s |", "|---|---:|---:|---:|"]
    for step, seconds in runs.items():
        target = TARGETS_S[step]
        span = f"{min(seconds):.3f} to {max(seconds):.3f}"
        lines.append(f"| {step} | {median(seconds):.3f} | {span} | {'' if target is None else target} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

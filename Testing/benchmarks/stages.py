"""Where a warm click's time goes: ``python -m Testing.benchmarks.stages``.

The scan is in memory, as it is in Slicer, and the worker has segmented it before.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from OrganSegLib.client import WorkerClient
from OrganSegLib.ingest import read_study
from OrganSegLib.model import load_model
from OrganSegLib.pipeline import Options

from .case import FULL, QUICK, make_volume, printed

NETWORK, HANDED_OVER, AROUND = "predict", "handed to the worker and back", "all around the network"
TARGETS_S = {AROUND: 1.3}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of medians."""
    parser = argparse.ArgumentParser("python -m Testing.benchmarks.stages", description=__doc__)
    parser.add_argument("--turns", type=int, default=5, help="medians are shown")
    parser.add_argument("--runtime", default="auto", help="auto, openvino or torch")
    parser.add_argument("--quick", action="store_true", help="a small volume, to see that all of it works")
    parser.add_argument("--output", type=Path, default=Path("benchmark-output"), help="folder for all files")
    choice = parser.parse_args(arguments)
    choice.output.mkdir(parents=True, exist_ok=True)
    volume = choice.output / "stages.nii"
    make_volume(volume, QUICK if choice.quick else FULL)
    folder = printed("default_model", choice.output / "random-model", log=choice.output / "model.log")[-1]
    scan, model = read_study(volume), load_model(folder)
    runs: list[dict[str, float]] = []
    with WorkerClient() as worker:
        for turn in range(choice.turns + 1):  # turn 0 warms it
            started = time.perf_counter()
            found = worker.segment(scan, model, Options(device="cpu", runtime=choice.runtime))
            if turn:
                runs.append(with_sums(found.run["seconds"], time.perf_counter() - started))
    print(table(runs))
    return 0


def with_sums(stages: Mapping[str, float], wall_s: float) -> dict[str, float]:
    """The seconds of a click's stages, what is between them, and all but the network's."""
    between = wall_s - sum(stages.values())
    return {**stages, HANDED_OVER: between, AROUND: wall_s - stages[NETWORK], "click": wall_s}


def table(runs: Sequence[Mapping[str, float]]) -> str:
    """Medians as Markdown, beside what was aimed at."""
    lines = (
        f"| {name} | {median(run[name] for run in runs):.3f} | {TARGETS_S.get(name, '')} |"
        for name in runs[0]
    )
    return "\n".join(["| stage | s | target: s |", "|---|---:|---:|", *lines])


if __name__ == "__main__":
    sys.exit(main())

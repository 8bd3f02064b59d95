"""The command line: prepares the data, lets both train in turns, prints the ratio."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from ..case import ROOT, child_environment
from ..report import describe_machine

CONTESTANTS = {
    "monai_tutorial": "MONAI tutorial: CacheDataset, random crops, DiceCELoss, fp32",
    "ours": "OrganSeg fit: all of its augmentation, dice_ce, automatic precision",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table and write ``training.json``."""
    choice = _choice(arguments)
    folder: Path = choice.output.resolve()
    _child("data", folder, choice)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
    for turn in range(choice.repeats):
        for name, found in runs.items():
            print(f"turn {turn + 1} of {choice.repeats}: {CONTESTANTS[name]}", file=sys.stderr, flush=True)
            found.append(json.loads(_child(name, folder, choice).splitlines()[-1]))
    facts = {"machine": describe_machine(), "asked": _plain(choice), "runs": runs, "ratio": _ratio(runs)}
    (folder / "training.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(table(runs))
    return 0


def table(runs: dict[str, list[dict[str, float]]]) -> str:
    """Medians as Markdown, and the ratio of the two."""
    lines = ["| training | patches/s | GPU busy |", "|---|---:|---:|"]
    for name, found in runs.items():
        busy = [run["gpu_busy"] for run in found if "gpu_busy" in run]
        shown = f"{median(busy):.0%}" if busy else "no GPU"
        lines.append(f"| {CONTESTANTS[name]} | {_speed(found):.2f} | {shown} |")
    return "\n".join([*lines, "", f"Ratio {_ratio(runs):.2f}"])


def _choice(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m Testing.benchmarks.training", description=__doc__)
    parser.add_argument("--network", default="UNet", help="UNet (the tutorial's) or SubpixelUNet (ours)")
    parser.add_argument("--patch", type=int, nargs=3, default=[96, 96, 96], help="voxels along x, y, z")
    parser.add_argument("--batch", type=int, default=4, help="patches in a step")
    parser.add_argument("--steps", type=int, default=8, help="timed, after --warmup")
    parser.add_argument("--warmup", type=int, default=2, help="steps that are not timed")
    parser.add_argument("--people", type=int, default=6, help="generated, at 3 mm")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("benchmark-output"))
    return parser.parse_args(arguments)


def _child(name: str, folder: Path, choice: argparse.Namespace) -> str:
    command = [sys.executable, "-m", f"{__package__}.{name}", str(folder), json.dumps(_plain(choice))]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **child_environment()},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def _plain(choice: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name, value in vars(choice).items() if name != "output"}


def _speed(found: list[dict[str, float]]) -> float:
    return median(run["patches_per_s"] for run in found)


def _ratio(runs: dict[str, list[dict[str, float]]]) -> float:
    return _speed(runs["ours"]) / _speed(runs["monai_tutorial"])


if __name__ == "__main__":
    sys.exit(main())

"""How time and memory of OrganSeg's command grow with the volume: ``python -m Testing.benchmarks.growth``.

Longer volumes hold more body. Finer ones hold the same body in more voxels; the network sees no more of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from .case import FULL, QUICK, Size, child_environment, make_volume, printed
from .contestants import cold_command
from .report import describe_machine
from .timing import Cost, run

FINER = 2  # times as many voxels along i and along j
TARGETS = {"4 x as long": (4.4, 8.0)}  # most times of the wall seconds, most GB


def sizes(base: Size) -> dict[str, Size]:
    """What is compared with the first of them."""
    i, j, k = base.voxels
    x, y, z = base.spacing_mm
    return {
        "as in the benchmark": base,
        "2 x as long": base.with_slices(2 * k),
        "4 x as long": base.with_slices(4 * k),
        "4 x as many voxels, same body": Size((FINER * i, FINER * j, k), (x / FINER, y / FINER, z)),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table and write ``growth.json``."""
    parser = argparse.ArgumentParser("python -m Testing.benchmarks.growth", description=__doc__)
    parser.add_argument("--turns", type=int, default=3, help="runs of each, interleaved; medians are shown")
    parser.add_argument("--quick", action="store_true", help="small volumes, to see that all of it works")
    parser.add_argument("--output", type=Path, default=Path("benchmark-output"), help="folder for all files")
    choice = parser.parse_args(arguments)
    folder: Path = choice.output
    folder.mkdir(parents=True, exist_ok=True)
    model = Path(printed("default_model", folder / "random-model", log=folder / "model.log")[-1])
    wanted = sizes(QUICK if choice.quick else FULL)
    for number, size in enumerate(wanted.values()):
        make_volume(_volume(folder, number), size)
    costs: dict[str, list[Cost]] = {name: [] for name in wanted}
    for turn in range(choice.turns + 1):  # turn 0 fills caches
        for number, name in enumerate(wanted):
            print(f"turn {turn} of {choice.turns}: {name}", file=sys.stderr, flush=True)
            command = cold_command(_volume(folder, number), folder / "growth", model, "auto")
            cost = run(command, folder / "growth.log", child_environment())
            if turn:
                costs[name].append(cost)
    rows = {name: {"voxels": wanted[name].voxels, **summary(found)} for name, found in costs.items()}
    facts = {"machine": describe_machine(), "rows": rows}
    (folder / "growth.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(table(rows))
    return 0


def summary(costs: Sequence[Cost]) -> dict[str, Any]:
    """Medians of the turns, and all of them."""
    medians = {name: median(getattr(cost, name) for cost in costs) for name in ("wall_s", "peak_rss_gb")}
    return {**medians, "runs": [vars(cost) for cost in costs]}


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """As Markdown, in multiples of the first row."""
    base = next(iter(rows.values()))
    lines = [
        "| volume | voxels | wall s | x | peak RSS GB | x | target |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for name, row in rows.items():
        cells = [name, " x ".join(map(str, row["voxels"]))]
        for what in ("wall_s", "peak_rss_gb"):
            cells += [f"{row[what]:.1f}", f"{row[what] / base[what]:.2f}"]
        most = TARGETS.get(name)
        cells.append(f"{most[0]} x, {most[1]:g} GB" if most else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _volume(folder: Path, number: int) -> Path:
    return folder / f"growth-{number}.nii"


if __name__ == "__main__":
    sys.exit(main())

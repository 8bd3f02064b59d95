"""The benchmark's command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .case import FULL, QUICK, Case, prepare, printed
from .contestants import CONTESTANTS, REFERENCE, Contestant
from .report import describe_machine, markdown, peak_markdown, summary
from .timing import Cost, Failed

SIDE, QUICK_SIDE = 4096, 512  # of the matrices that show the peak
INSTALLATION = "make peers, or pip install -c constraints.txt '.[openvino,peers]', installs all peers."


def main(arguments: Sequence[str] | None = None) -> int:
    """Time everybody in turns, print the tables, write JSON and plot; 1 when somebody failed."""
    choice = _choice(arguments)
    case = prepare(choice.output, QUICK if choice.quick else FULL.with_slices(choice.slices))
    contestants = [c for c in CONTESTANTS if not choice.only or c.key in choice.only]
    if missing := sorted({package for c in contestants for package in c.missing()}):
        print(f"not installed: {', '.join(missing)}. {INSTALLATION}", file=sys.stderr, flush=True)
    print("the machine's peak, and the networks alone", file=sys.stderr, flush=True)
    peak = _peak(case, choice.turns)
    costs, problems = _compete(contestants, case, choice.turns)
    ours = costs.get(REFERENCE, [])
    rows = [summary(c, costs[c.key], problems.get(c.key, ""), ours) for c in contestants]
    machine = describe_machine()
    facts = {"size": asdict(case.size), **case.facts, "machine": machine, "contestants": rows, "peak": peak}
    (choice.output / "benchmark.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(f"{_volume_line(case)}; {machine['processor']}, {machine['logical_cores']} logical cores\n")
    print(markdown(rows), peak_markdown(peak), sep="\n\n")
    from .plot import draw  # now that nobody's memory is measured

    draw(rows, peak["networks"], choice.output / "benchmark.png")
    return int(any(problem.startswith("failed") for problem in problems.values()))


def _choice(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m Testing.benchmarks", description="OrganSeg beside its peers.")
    parser.add_argument("--turns", type=int, default=5, help="runs of each, interleaved; medians are shown")
    parser.add_argument("--slices", type=int, default=FULL.voxels[2], help="of 512 x 512 voxels")
    parser.add_argument("--quick", action="store_true", help="a small volume, to see that all of it works")
    parser.add_argument(
        "--only", nargs="+", choices=[c.key for c in CONTESTANTS], help="leave out the others"
    )
    parser.add_argument("--output", type=Path, default=Path("benchmark-output"), help="folder for all files")
    return parser.parse_args(arguments)


def _peak(case: Case, turns: int) -> dict[str, Any]:
    side = QUICK_SIDE if case.size == QUICK else SIDE
    log = case.folder / "peak.log"
    found: dict[str, Any] = json.loads(
        printed("peak", case.volume, side, turns, case.model, case.imported, log=log)[-1]
    )
    return found


def _compete(
    contestants: Sequence[Contestant], case: Case, turns: int
) -> tuple[dict[str, list[Cost]], dict[str, str]]:
    """In turns, so that a slow minute of the machine hits everybody alike; turn 0 is untimed preparation."""
    costs: dict[str, list[Cost]] = {contestant.key: [] for contestant in contestants}
    problems = {c.key: f"not installed: {', '.join(c.missing())}" for c in contestants if c.missing()}
    for turn in range(turns + 1):
        for contestant in contestants:
            if contestant.key in problems:
                continue
            print(f"turn {turn} of {turns}: {contestant.title}", file=sys.stderr, flush=True)
            try:
                if turn == 0:
                    contestant.prepare(case)
                else:
                    costs[contestant.key].append(contestant.time(case))
            except Failed as error:
                problems[contestant.key] = f"failed: {error}"
    return costs, problems


def _volume_line(case: Case) -> str:
    size = " x ".join(str(n) for n in case.size.voxels)
    return f"{size} voxels ({case.facts['volume']}), {case.facts['model']}"


if __name__ == "__main__":
    sys.exit(main())

"""The command line: makes the case, times every step in turns, prints the table."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from OrganSegLib.formats import FORMATS, Choices
from OrganSegLib.further_measurements import FurtherMeasurements
from OrganSegLib.measure import measure, with_areas
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.proximity import Target, measure_proximity
from OrganSegLib.quality import assess, check_scan
from OrganSegLib.surfaces import extract_surfaces
from OrganSegLib.volume import Labelmap, Scan

from ..report import describe_machine
from .case import FULL, QUICK, make_case

SURFACES, MEASUREMENTS = "Surfaces", "Measurements and flags"
CLICK = "Both at once, as at the click"
FURTHER = "Shapes, cross-sections, ratios, liver fat"
PROXIMITY = "Proximity of a lesion to all organs"
REPORT = "Report, HTML and PDF"
TARGETS_S = {SURFACES: None, MEASUREMENTS: None, CLICK: 1.3, FURTHER: 1.0, PROXIMITY: 3.0, REPORT: 15.0}


@dataclass(frozen=True)
class Times:
    """Seconds of one run: of the clock on the wall, and of all cores together."""

    wall_s: float
    cpu_s: float


Runs = Mapping[str, Sequence[Times]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table and write ``surgery.json``."""
    parser = argparse.ArgumentParser("python -m Testing.benchmarks.surgery", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each step; medians are shown")
    parser.add_argument("--quick", action="store_true", help="a small volume, to see that all of it works")
    parser.add_argument("--output", type=Path, default=Path("benchmark-output"))
    choice = parser.parse_args(arguments)
    size = QUICK if choice.quick else FULL
    print("making the case", file=sys.stderr, flush=True)
    case = make_case(size)
    runs: dict[str, list[Times]] = {step: [] for step in TARGETS_S}
    for turn in range(choice.repeats):
        print(f"turn {turn + 1} of {choice.repeats}", file=sys.stderr, flush=True)
        for step, times in _run(*case).items():
            runs[step].append(times)
    facts = {
        "machine": describe_machine(),
        "voxels": size.voxels,
        "organs": len(case[1].organs),
        "targets_s": TARGETS_S,
        "runs": {step: [vars(times) for times in found] for step, found in runs.items()},
    }
    choice.output.mkdir(parents=True, exist_ok=True)
    (choice.output / "surgery.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(table(runs))
    return 0


def table(runs: Runs) -> str:
    """Medians as Markdown, beside what was aimed at."""
    lines = ["| step | wall s | CPU s | target: wall s |", "|---|---:|---:|---:|"]
    for step, times in runs.items():
        wall_s, cpu_s = (median(getattr(run, name) for run in times) for name in ("wall_s", "cpu_s"))
        target = TARGETS_S[step]
        lines.append(f"| {step} | {wall_s:.2f} | {cpu_s:.2f} | {'' if target is None else target} |")
    return "\n".join(lines)


def _run(scan: Scan, labelmap: Labelmap, target: Target) -> dict[str, Times]:
    """All steps once, in the order in which a surgeon asks for them."""
    times: dict[str, Times] = {}
    with _timed(times, SURFACES):
        surfaces = extract_surfaces(labelmap)
    with _timed(times, MEASUREMENTS):
        measurements = with_areas(measure(scan, labelmap), surfaces)
        assess(scan, labelmap, measurements)
        check_scan(scan, measurements)
    with _timed(times, CLICK):
        found = Segmentation.of(scan, labelmap)
    with _timed(times, FURTHER):
        FurtherMeasurements.of(found)
    with _timed(times, PROXIMITY):
        measure_proximity(labelmap, target)
    with tempfile.TemporaryDirectory() as folder, _timed(times, REPORT):
        FORMATS["report"].write(found, Path(folder), Choices())
    return times


@contextmanager
def _timed(times: dict[str, Times], step: str) -> Iterator[None]:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    yield
    times[step] = Times(time.perf_counter() - wall_s, time.process_time() - cpu_s)


if __name__ == "__main__":
    sys.exit(main())

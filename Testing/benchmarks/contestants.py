"""Who takes part, and how each is called. Everybody runs on the CPU, from a file to labels."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from .case import Case, child_environment
from .timing import Cost, last_cost, run

Command = list[str]
REFERENCE = "organseg-openvino"  # whose wall time is 1


@dataclass(frozen=True)
class Contestant:
    """One row of the table.

    Attributes:
        key: its name on the command line and in the JSON file.
        title: its name in the table.
        needs: packages that must be importable.
        command: what is timed.
        preparation: run once before, untimed: fills caches, makes random weights.
        environment: further variables for both.
        times_itself: its last printed line is its cost, instead of that of its process.
    """

    key: str
    title: str
    needs: tuple[str, ...]
    command: Callable[[Case], Command]
    preparation: Callable[[Case], Command] | None = None
    environment: Callable[[Case], dict[str, str]] = field(default=lambda case: {})
    times_itself: bool = False

    def missing(self) -> list[str]:
        """Needed packages that are not installed."""
        return [package for package in self.needs if find_spec(package) is None]

    def prepare(self, case: Case) -> Cost | None:
        """Raises `Failed`."""
        return self._run(self.preparation(case), case, "preparation") if self.preparation else None

    def time(self, case: Case) -> Cost:
        """Raises `Failed`."""
        cost = self._run(self.command(case), case, "run")
        return last_cost(self._log(case, "run")) if self.times_itself else cost

    def _run(self, command: Command, case: Case, part: str) -> Cost:
        return run(command, self._log(case, part), {**child_environment(), **self.environment(case)})

    def _log(self, case: Case, part: str) -> Path:
        return case.folder / f"{self.key}-{part}.log"


def _module(name: str, *arguments: object) -> Command:
    return [sys.executable, "-m", name, *map(str, arguments)]


def _organseg(runtime: str, volume: Callable[[Case], Path]) -> Callable[[Case], Command]:
    return lambda case: _module(
        "OrganSegLib", "segment", volume(case), "--output", case.folder / f"organseg-{runtime}",
        "--model", case.model, "--runtime", runtime, "--device", "cpu", "--overwrite",
    )  # fmt: skip


def _cold(runtime: str, title: str, *needs: str) -> Contestant:
    return Contestant(
        key=f"organseg-{runtime}",
        title=title,
        needs=needs,
        command=_organseg(runtime, lambda case: case.volume),
        preparation=_organseg(runtime, lambda case: case.small),
    )


def _totalsegmentator_home(case: Case) -> Path:
    return case.folder / "totalsegmentator-home"


CONTESTANTS = (
    _cold("openvino", "OrganSeg, command", "openvino"),
    _cold("torch", "OrganSeg, command, torch runtime", "torch"),
    Contestant(
        key="organseg-warm",
        title="OrganSeg, warm worker",
        needs=("openvino",),
        command=lambda case: _module("Testing.benchmarks.warm_click", case.volume, case.model, "openvino"),
        times_itself=True,
    ),
    Contestant(
        key="monai",
        title="MONAI tutorial way, same network",
        needs=("monai", "nibabel"),
        command=lambda case: _module(
            "Testing.benchmarks.monai_way", case.volume, case.model, case.folder / "monai"
        ),
    ),
    Contestant(
        key="totalsegmentator",
        title="TotalSegmentator --fast, random weights",
        needs=("totalsegmentator", "nnunetv2"),
        command=lambda case: _module(
            "totalsegmentator.bin.TotalSegmentator", "-i", case.volume,
            "-o", case.folder / "totalsegmentator.nii", "--fast", "--ml", "--device", "cpu",
        ),
        preparation=lambda case: _module(
            "Testing.benchmarks.totalsegmentator_weights", _totalsegmentator_home(case)
        ),
        environment=lambda case: {"TOTALSEG_HOME_DIR": str(_totalsegmentator_home(case))},
    ),
)  # fmt: skip

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


def _cold(key: str, title: str, runtime: str, model: str = "model") -> Contestant:
    """OrganSeg's command; ``model`` is the attribute of a case that has the model's folder."""

    def segments(volume: str) -> Callable[[Case], Command]:
        return lambda case: _module(
            "OrganSegLib", "segment", getattr(case, volume), "--output", case.folder / key,
            "--model", getattr(case, model), "--runtime", runtime, "--device", "cpu", "--overwrite",
        )  # fmt: skip

    return Contestant(key, title, (runtime,), segments("volume"), preparation=segments("small"))


def _warm(key: str, title: str, runtime: str) -> Contestant:
    return Contestant(
        key=key,
        title=title,
        needs=(runtime,),
        command=lambda case: _module("Testing.benchmarks.warm_click", case.volume, case.model, runtime),
        times_itself=True,
    )


def _totalsegmentator_home(case: Case) -> Path:
    return case.folder / "totalsegmentator-home"


CONTESTANTS = (
    _cold(REFERENCE, "OrganSeg, command", "openvino"),
    _cold("organseg-torch", "OrganSeg, command, torch runtime", "torch"),
    _warm("organseg-warm", "OrganSeg, warm worker", "openvino"),
    _warm("organseg-warm-torch", "OrganSeg, warm worker, torch runtime", "torch"),
    Contestant(
        key="monai",
        title="MONAI tutorial way, same network",
        needs=("monai", "nibabel"),
        command=lambda case: _module(
            "Testing.benchmarks.monai_way", case.volume, case.model, case.folder / "monai"
        ),
    ),
    _cold("organseg-nnunet", "OrganSeg, command, imported nnU-Net", "openvino", "imported"),
    _cold("organseg-nnunet-torch", "OrganSeg, command, imported nnU-Net, torch runtime", "torch", "imported"),
    Contestant(
        key="nnunet",
        title="nnU-Net's predictor, same network and random weights",
        needs=("nnunetv2",),
        command=lambda case: _module(
            "Testing.benchmarks.nnunet_way", case.volume, case.nnunet, case.nnunet / "labels"
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

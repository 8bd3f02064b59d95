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
FP32 = {"precision": "fp32"}


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


def cold_command(volume: Path, output: Path, model: Path, runtime: str, precision: str = "auto") -> Command:
    """OrganSeg's, from a file to a folder of results."""
    return _module(
        "OrganSegLib", "segment", volume, "--output", output, "--model", model,
        "--runtime", runtime, "--precision", precision, "--device", "cpu", "--overwrite",
    )  # fmt: skip


def _cold(
    key: str, title: str, runtime: str = "openvino", model: str = "model", precision: str = "auto"
) -> Contestant:
    """OrganSeg's command; ``model`` is the attribute of a case that has the model's folder."""

    def segments(volume: str) -> Callable[[Case], Command]:
        return lambda case: cold_command(
            getattr(case, volume), case.folder / key, getattr(case, model), runtime, precision
        )

    return Contestant(key, title, (runtime,), segments("volume"), preparation=segments("small"))


def _warm(
    key: str, title: str, runtime: str = "openvino", model: str = "model", precision: str = "auto"
) -> Contestant:
    return Contestant(
        key=key,
        title=title,
        needs=(runtime,),
        command=lambda case: _module(
            "Testing.benchmarks.warm_click", case.volume, getattr(case, model), runtime, precision
        ),
        times_itself=True,
    )


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
    _warm("organseg-nnunet-warm", "OrganSeg, warm worker, imported nnU-Net", model="imported"),
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
        environment=lambda case: {"TOTALSEG_HOME_DIR": str(case.totalsegmentator)},
    ),
    _cold("total", "OrganSeg, command, TotalSegmentator's weights and tiles, fp32", **FP32, model="total"),
    _warm("total-warm", "OrganSeg, warm worker, the same", **FP32, model="total"),
    _cold("total-whole", "OrganSeg, command, the same at once, fp32", **FP32, model="total_whole"),
    _warm("total-whole-warm", "OrganSeg, warm worker, the same", **FP32, model="total_whole"),
    _cold("total-quickest", "OrganSeg, command, the same, as the CPU computes", model="total_whole"),
    _warm("total-quickest-warm", "OrganSeg, warm worker, the same", model="total_whole"),
)  # fmt: skip

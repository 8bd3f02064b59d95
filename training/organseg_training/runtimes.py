"""Whether the engine finds the same with each of the CPU's runtimes, and with numbers of 16 bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from OrganSegLib.ingest import read_study
from OrganSegLib.model import Model
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.progress import Progress
from OrganSegLib.volume import Labelmap, Scan

from .consistency import Agreement, agreements
from .consistency import as_markdown as dice_table
from .files import write_csv, write_text
from .report.tables import markdown_table

REFERENCE = "torch", "fp32"  # the network as it learnt
OTHERS = ("openvino", "fp32"), ("openvino", "bf16"), ("torch", "bf16")


@dataclass(frozen=True)
class Sameness:
    """How many voxels of a study have the same label as by the reference.

    Attributes:
        study: name of the scan.
        way: runtime and precision.
        everywhere: share of the scan's voxels.
        organs: share of the voxels that either of both calls an organ; 1 where neither found any.
    """

    study: str
    way: str
    everywhere: float
    organs: float


def measure_runtimes(
    model: Model, studies: Sequence[Path], output: Path, progress: Progress = Progress()
) -> tuple[list[Sameness], list[Agreement]]:
    """Segment each study on the CPU in each way, and write ``runtimes.csv`` and ``runtimes.md``.

    Args:
        output: folder for the tables.
        progress: told each study and way before its turn.

    Returns:
        For each study and way the shares of voxels, and for each organ its Dice with the reference.

    Raises:
        InputError, ModelError, ResourceError: from the engine.
    """
    same: list[Sameness] = []
    dice: list[Agreement] = []
    for n, study in enumerate(studies):
        scan = read_study(study)
        expected = _found(scan, model, REFERENCE)
        for way in OTHERS:
            name = " ".join(way)
            progress.report(f"{study.name}: {name}", n / len(studies))
            found = _found(scan, model, way)
            same.append(_sameness(study.name, name, expected, found))
            dice += agreements(study.name, name, expected, found.voxels)
    write_csv(
        output / "runtimes.csv",
        ("study", "way", "organ", "dice"),
        ((row.study, row.change, row.organ, row.dice) for row in dice),
    )
    write_text(output / "runtimes.md", as_markdown(same, dice) + "\n")
    return same, dice


def as_markdown(same: Sequence[Sameness], dice: Sequence[Agreement]) -> str:
    """A table of each study's share of equal voxels, and one of each organ's Dice over the studies."""
    ways = list(dict.fromkeys(row.way for row in same))
    shares = {(row.study, row.way): f"{row.everywhere:.4%} ({row.organs:.3%})" for row in same}
    studies = dict.fromkeys(row.study for row in same)
    rows = [[study, *(shares[study, way] for way in ways)] for study in studies]
    reference = " ".join(REFERENCE)
    heading = [f"voxels as by {reference} (of organs' voxels)", *ways]
    return f"{markdown_table(heading, rows)}\n\nDice with {reference}:\n\n{dice_table(dice)}"


def _found(scan: Scan, model: Model, way: tuple[str, str]) -> Labelmap:
    runtime, precision = way
    options = Options(device="cpu", runtime=runtime, precision=precision, surfaces=False)
    return segment(scan, model, options).labelmap


def _sameness(study: str, way: str, expected: Labelmap, found: Labelmap) -> Sameness:
    equal = expected.voxels == found.voxels
    organs = (expected.voxels != 0) | (found.voxels != 0)
    return Sameness(study, way, float(equal.mean()), float(equal[organs].mean()) if organs.any() else 1.0)

"""What every contestant gets: a CT volume in a file, a model folder, and room for its results."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from .timing import run

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Size:
    """Voxels and voxel size along i, j, k."""

    voxels: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]

    def with_slices(self, slices: int) -> Size:
        return replace(self, voxels=(*self.voxels[:2], slices))


FULL = Size((512, 512, 400), (0.78, 0.78, 1.25))
QUICK = Size((64, 64, 32), (5.0, 5.0, 5.0))


@dataclass(frozen=True)
class Case:
    """The benchmark's input.

    Attributes:
        folder: holds everything that the benchmark makes.
        size: of the volume.
        volume: uncompressed NIfTI, so that nobody's time is that of gzip.
        small: a volume of the quick size, to fill caches with.
        model: OrganSeg's default model folder, or one of the same network with random weights.
        nnunet: a model folder of nnU-Net with random weights.
        imported: the same after OrganSeg's import.
        totalsegmentator: TotalSegmentator's home folder, with random weights of its network.
        total: the same weights after OrganSeg's import, in TotalSegmentator's tiles.
        total_whole: the same, with the whole body at once.
        facts: what volume and model are, in words.
    """

    folder: Path
    size: Size
    volume: Path
    small: Path
    model: Path
    nnunet: Path
    imported: Path
    totalsegmentator: Path
    total: Path
    total_whole: Path
    facts: dict[str, str]


def prepare(folder: Path, size: Size) -> Case:
    """Make the volume and find the model, in child processes that leave this one small.

    Raises:
        Failed: when a child fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    volume, small, random_model = folder / "volume.nii", folder / "small.nii", folder / "random-model"
    content = [make_volume(path, wanted) for path, wanted in ((small, QUICK), (volume, size))][-1]
    model = Path(printed("default_model", random_model, log=folder / "model.log")[-1])
    kind = "quick" if size == QUICK else "full"
    nnunet, imported = _make_foreign("nnunet_model", folder / "nnunet", kind)
    home = folder / "totalsegmentator-home"
    total, total_whole = _make_foreign("totalsegmentator_model", home, kind)
    weights = "random weights" if model == random_model else "default weights"
    facts = {"volume": content, "model": weights}
    return Case(folder, size, volume, small, model, nnunet, imported, home, total, total_whole, facts)


def printed(module: str, *arguments: object, log: Path, **variables: str) -> list[str]:
    """The lines that a module of this package prints, run in a process of its own.

    Raises:
        Failed: when it fails.
    """
    command = [sys.executable, "-m", f"{__package__}.{module}", *map(str, arguments)]
    run(command, log, {**child_environment(), **variables})
    return log.read_text().splitlines()


def child_environment() -> dict[str, str]:
    """For children that import OrganSeg, be it installed or not."""
    paths = (ROOT / "OrganSeg", ROOT, os.environ.get("PYTHONPATH"))
    return {"PYTHONPATH": os.pathsep.join(str(path) for path in paths if path)}


def make_volume(path: Path, size: Size) -> str:
    """Write the CT, in a process of its own; what it was made of.

    Raises:
        Failed: when that process fails.
    """
    numbers = (*size.voxels, *size.spacing_mm)
    return printed("volume", path, *numbers, log=path.with_suffix(".log"))[-1]


def _make_foreign(module: str, folder: Path, size: str) -> tuple[Path, Path]:
    models = str(folder.absolute() / "imported")
    lines = printed(module, folder, size, log=folder.with_suffix(".log"), ORGANSEG_MODELS=models)
    return Path(lines[-2]), Path(lines[-1])

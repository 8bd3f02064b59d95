"""Whether a model finds the same in a scan stored, posed, sampled or cut otherwise: a test without truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib.ingest import read_study
from OrganSegLib.model import Model
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.preprocess import AIR_HU, crop_grid
from OrganSegLib.progress import Progress
from OrganSegLib.volume import Grid, Labelmap, Scan

from .files import write_csv, write_text
from .grids import nearest_labels
from .report.tables import markdown_table

TURN_DEGREES = 15.0
SPACINGS_MM = (1.5, 3.0, 5.0)
NOISE_HU = 20.0
KEPT = 0.6  # share of the slices in a shortened scan
LEAST_ML = 5.0  # an organ of less is not compared: a voxel's move would decide

Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Change:
    """A scan shown in another way.

    Attributes:
        name: of the change.
        scan: what the engine is shown.
        back: its labels on the grid of the original, [k, j, i].
        compared: slices of the original that both show.
        resampled: whether the grid is another one, of the same place.
    """

    name: str
    scan: Scan
    back: Callable[[Labelmap], Labels]
    compared: slice = field(default_factory=lambda: slice(None))
    resampled: bool = False


@dataclass(frozen=True)
class Agreement:
    """Dice between what was found in the original and in the changed one; None where both show too little."""

    study: str
    change: str
    organ: str
    dice: float | None


def measure_consistency(
    model: Model,
    studies: Sequence[Path],
    output: Path,
    options: Options = Options(surfaces=False),
    progress: Progress = Progress(),
) -> list[Agreement]:
    """Segment each study as it is and changed, and write ``consistency.csv`` and ``consistency.md``.

    Beside each other spacing stands what the original's own labels keep on the way to its grid and back: a
    model that finds the very same there can hardly do better.

    Args:
        output: folder for the tables.
        options: of the engine.
        progress: told each study and change before its turn.

    Raises:
        InputError, ModelError, ResourceError: from the engine.
    """
    rows: list[Agreement] = []
    for n, study in enumerate(studies):
        scan = read_study(study)
        original = segment(scan, model, options).labelmap
        for change in changes(scan):
            progress.report(f"{study.name}: {change.name}", n / len(studies))
            found = change.back(segment(change.scan, model, options).labelmap)
            rows += agreements(study.name, change.name, original, found, change.compared)
            if change.resampled:
                carried = _carried(original, change)
                rows += agreements(study.name, f"{change.name}, grid alone", original, carried)
    write_csv(
        output / "consistency.csv",
        ("study", "change", "organ", "dice"),
        ((row.study, row.change, row.organ, row.dice) for row in rows),
    )
    write_text(output / "consistency.md", as_markdown(rows) + "\n")
    return rows


def changes(scan: Scan) -> Iterator[Change]:
    """The same person in other arrays. Left and right stay: nothing is mirrored in the patient."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, NOISE_HU, scan.voxels.shape).astype(np.float32)
    yield Change("noise", replace(scan, voxels=scan.voxels + noise), lambda found: found.voxels)
    yield Change("stored backwards", _backwards(scan), lambda found: found.voxels[::-1, ::-1, ::-1])
    yield Change("turned", replace(scan, grid=_turned(scan.grid)), lambda found: found.voxels)
    for spacing in SPACINGS_MM:
        changed = _resampled(scan, spacing)
        yield Change(
            f"{spacing:g} mm",
            changed,
            lambda found: nearest_labels(found.voxels, found.grid, scan.grid),
            resampled=True,
        )
    yield _shortened(scan)


def as_markdown(rows: Sequence[Agreement]) -> str:
    """Median Dice over the studies, a row per organ and a column per change."""
    names = list(dict.fromkeys(row.change for row in rows))
    table = []
    for organ in dict.fromkeys(row.organ for row in rows):
        cells = []
        for name in names:
            values = [r.dice for r in rows if (r.organ, r.change) == (organ, name) and r.dice is not None]
            cells.append(f"{median(values):.3f} ({min(values):.3f})" if values else "")
        if any(cells):
            table.append([organ, *cells])
    return markdown_table(["organ, median (lowest)", *names], table)


def agreements(
    study: str, change: str, original: Labelmap, found: Labels, compared: slice = slice(None)
) -> Iterator[Agreement]:
    """One for each organ of the original; those of little volume are not compared.

    Args:
        found: on the grid of the original, [k, j, i].
        compared: slices that both show.
    """
    one, other = original.voxels[compared], found[compared]
    for value, organ in original.organs.items():
        a, b = one == value, other == value
        voxels = int(a.sum()), int(b.sum())
        enough = max(voxels) * original.grid.voxel_ml >= LEAST_ML
        dice = 2 * int((a & b).sum()) / sum(voxels) if enough else None
        yield Agreement(study, change, organ.name, dice)


def _carried(original: Labelmap, change: Change) -> Labels:
    voxels = nearest_labels(original.voxels, original.grid, change.scan.grid)
    return change.back(replace(original, voxels=voxels, grid=change.scan.grid))


def _backwards(scan: Scan) -> Scan:
    grid = scan.grid
    origin = grid.affine[:3, :3] @ (np.array(grid.size) - 1) + grid.affine[:3, 3]
    flipped = replace(grid, origin_mm=tuple(origin), direction=tuple(-d for d in grid.direction))
    return replace(scan, voxels=np.ascontiguousarray(scan.voxels[::-1, ::-1, ::-1]), grid=flipped)


def _turned(grid: Grid) -> Grid:
    """The grid after the patient turned on the table."""
    a = math.radians(TURN_DEGREES)
    turn = np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])
    direction = turn @ np.reshape(grid.direction, (3, 3))
    return replace(grid, origin_mm=tuple(turn @ grid.origin_mm), direction=tuple(direction.ravel()))


def _resampled(scan: Scan, spacing_mm: float) -> Scan:
    """Along its own axes, linearly, after a blur that stands for thicker slices."""
    grid = scan.grid
    image = sitk.Cast(grid.image(scan.voxels), sitk.sitkFloat32)
    wide = [max(0.0, spacing_mm**2 - own**2) ** 0.5 / 2.355 for own in grid.spacing_mm]
    if any(wide):
        image = sitk.SmoothingRecursiveGaussian(image, [max(w, 1e-3) for w in wide])
    size = [max(1, round(n * own / spacing_mm)) for n, own in zip(grid.size, grid.spacing_mm, strict=True)]
    centre = grid.affine[:3, :3] @ ((np.array(grid.size) - 1) / 2) + grid.affine[:3, 3]
    half = np.reshape(grid.direction, (3, 3)) @ ((np.array(size) - 1) / 2 * spacing_mm)
    target = Grid((size[0], size[1], size[2]), (spacing_mm,) * 3, tuple(centre - half), grid.direction)
    resampled = sitk.Resample(
        image,
        target.size,
        sitk.Transform(),
        sitk.sitkLinear,
        target.origin_mm,
        target.spacing_mm,
        target.direction,
        AIR_HU,
    )
    return replace(scan, voxels=sitk.GetArrayFromImage(resampled), grid=target)


def _shortened(scan: Scan) -> Change:
    """The middle of the scan alone."""
    slices = scan.grid.size[2]
    cut = round(slices * (1 - KEPT) / 2)
    kept = slice(cut, slices - cut)
    box = (kept, slice(0, scan.grid.size[1]), slice(0, scan.grid.size[0]))
    changed = replace(scan, voxels=scan.voxels[kept], grid=crop_grid(scan.grid, box))

    def back(found: Labelmap) -> Labels:
        whole = np.zeros(scan.grid.shape, found.voxels.dtype)
        whole[kept] = found.voxels
        return whole

    return Change("shortened", changed, back, kept)

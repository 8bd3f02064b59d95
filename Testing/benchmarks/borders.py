"""How fine restored borders are: ``python -m Testing.benchmarks.borders``.

The phantom is computed, so its organs are known on any grid. Outputs are those of a network that is right:
how deep in each organ its voxels lie, which are three times as long as the truth's. From these the organs are
made again on the truth's grid: by `restore`, and by taking each voxel's nearest neighbour.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np
from numpy.typing import NDArray
from organseg_training.scoring.surface import compare_surfaces
from OrganSegLib.phantom import make_phantom
from OrganSegLib.plan import Label, Plan, Window
from OrganSegLib.predict import Logits
from OrganSegLib.restore import restore
from OrganSegLib.scores import argmax
from OrganSegLib.volume import Grid, Labelmap
from scipy import ndimage as ndi

FACTOR = 3  # voxels of the truth to one of the network's, along each axis
SPACING_MM, QUICK_SPACING_MM = 1.0, 4.0
CENTRES = (slice(FACTOR // 2, None, FACTOR),) * 3
FAR_MM = 8.0  # a network does not tell more distant borders apart
MARGIN = 6  # voxels of the network around an organ
TARGET = 0.2

Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Borders:
    """Average symmetric surface distance to an organ's true surface, in mm."""

    nearest_mm: float
    restored_mm: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table."""
    parser = argparse.ArgumentParser("python -m Testing.benchmarks.borders", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="which phantom")
    parser.add_argument("--quick", action="store_true", help="large voxels, to see that all of it works")
    choice = parser.parse_args(arguments)
    spacing_mm = QUICK_SPACING_MM if choice.quick else SPACING_MM
    truth = _truth(choice.seed, spacing_mm)
    plan = _plan(truth, spacing_mm * FACTOR)
    logits = right_outputs(truth, plan)
    labels = argmax(logits, plan)
    started = time.perf_counter()
    restored = restore(logits, labels, plan, truth.grid).voxels
    seconds = time.perf_counter() - started
    print(table(_compare(truth, labels.repeat(FACTOR, 0).repeat(FACTOR, 1).repeat(FACTOR, 2), restored)))
    print(f"\nRestored in {seconds:.2f} s: {' x '.join(map(str, truth.grid.size))} voxels of {spacing_mm} mm")
    return 0


def table(borders: Mapping[str, Borders]) -> str:
    """As Markdown, with the mean of all organs beside what was aimed at."""
    rows = {**borders, "mean": Borders(*(mean(column) for column in zip(*_columns(borders), strict=True)))}
    lines = [
        "| organ | nearest neighbour, ASSD mm | restored, ASSD mm | ratio | target |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, found in rows.items():
        ratio = found.restored_mm / found.nearest_mm
        target = f"{TARGET}" if name == "mean" else ""
        lines.append(
            f"| {name} | {found.nearest_mm:.2f} | {found.restored_mm:.3f} | {ratio:.2f} | {target} |"
        )
    return "\n".join(lines)


def right_outputs(truth: Labelmap, plan: Plan) -> Logits:
    """What a network would say that knows how deep in each organ the centres of its voxels lie."""
    shape = tuple(n // FACTOR for n in truth.voxels.shape)
    values = np.full((plan.channels, *shape), -FAR_MM, np.float32)
    values[0] = 0
    for value in truth.organs:
        box = _box(truth.voxels == value)
        coarse = tuple(slice(part.start // FACTOR, part.stop // FACTOR) for part in box)
        depth_mm = _depth_mm(truth.voxels[box] == value, truth.grid.spacing_mm[0])[CENTRES]
        values[(value, *coarse)] = FAR_MM * np.tanh(depth_mm / FAR_MM)
    first = truth.grid.affine @ (*[(FACTOR - 1) / 2] * 3, 1.0)
    spacing = tuple(FACTOR * mm for mm in truth.grid.spacing_mm)
    return Logits(values, Grid(shape[::-1], spacing, tuple(map(float, first[:3]))))


def _depth_mm(inside: NDArray[np.bool_], spacing_mm: float) -> NDArray[np.float64]:
    """How far each voxel's centre lies inside the border; negative outside."""
    depth: NDArray[np.float64] = ndi.distance_transform_edt(inside) - ndi.distance_transform_edt(~inside)
    return (depth - np.sign(depth) / 2) * spacing_mm


def _box(inside: NDArray[np.bool_]) -> tuple[slice, ...]:
    """Around what is inside, with a margin, of whole voxels of the network."""
    places = [np.flatnonzero(inside.any(others)) for others in ((1, 2), (0, 2), (0, 1))]
    low = [max(0, at[0] // FACTOR - MARGIN) * FACTOR for at in places]
    high = [
        min(n, (at[-1] // FACTOR + 1 + MARGIN) * FACTOR) for n, at in zip(inside.shape, places, strict=True)
    ]
    return tuple(map(slice, low, high))


def _truth(seed: int, spacing_mm: float) -> Labelmap:
    """The trunk, on a grid that the network's voxels divide."""
    grid = make_phantom(seed, (spacing_mm * FACTOR,) * 3)[1].grid
    size = tuple(FACTOR * n for n in grid.size)
    return make_phantom(grid=Grid(size, (spacing_mm,) * 3, grid.origin_mm), seed=seed)[1]


def _plan(truth: Labelmap, spacing_mm: float) -> Plan:
    return Plan(
        name="right",
        version="0",
        description="Knows the phantom.",
        spacing_mm=(spacing_mm,) * 3,
        windows=(Window(-1000, 1000, 0, 500),),
        patch=(32, 32, 32),
        multiple=8,
        network={"name": "SubpixelUNet", "arguments": {}},
        channels=1 + len(truth.organs),
        labels=tuple(Label(value, value, organ) for value, organ in truth.organs.items()),
        licence="CC0-1.0",
    )


def _compare(truth: Labelmap, nearest: Labels, restored: Labels) -> dict[str, Borders]:
    found = {}
    for value, organ in truth.organs.items():
        box = _box(truth.voxels == value)
        masks = [volume[box] == value for volume in (truth.voxels, nearest, restored)]
        if not masks[1].any():  # too small for the network's voxels
            continue
        spacing = truth.grid.spacing_mm[::-1]
        distances = [compare_surfaces(masks[0], mask, spacing, 1.0).assd_mm for mask in masks[1:]]
        found[organ.name] = Borders(*distances)
    return found


def _columns(borders: Mapping[str, Borders]) -> list[tuple[float, float]]:
    return [(found.nearest_mm, found.restored_mm) for found in borders.values()]


if __name__ == "__main__":
    sys.exit(main())

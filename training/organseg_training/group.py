"""Scans cut into groups of slices for networks of little memory, and predictions of them joined again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.ingest.series import MIN_SLICES
from OrganSegLib.phantom import write_image
from OrganSegLib.volume import Grid, Scan

from .convert import read_scan
from .errors import DataError
from .files import plain_name, read_json, write_json
from .grids import geometry_difference
from .readers.label_image import read_label_image

FILE = "groups.json"
DEFAULT_SLICES, MOST_SLICES = 65, 100


@dataclass(frozen=True)
class Group:
    """Some neighbouring slices of a scan: its slices from ``first`` on, in ``file``."""

    file: str
    first: int
    slices: int


@dataclass(frozen=True)
class Groups:
    """How a scan was cut.

    Attributes:
        name: of the scan.
        grid: of the scan.
        groups: in order; the last one may overlap its neighbour so as to be full.
    """

    name: str
    grid: Grid
    groups: tuple[Group, ...]

    def save(self, folder: Path) -> None:
        write_json(folder / FILE, asdict(self))

    @classmethod
    def load(cls, path: Path) -> Groups:
        """Read what `save` wrote.

        Raises:
            DataError: ``data.damaged_groups``.
        """
        with read_json(path, "data.damaged_groups", "Cut the scan again.") as facts:
            grid = Grid(**{key: tuple(value) for key, value in facts["grid"].items()})
            return cls(facts["name"], grid, tuple(Group(**group) for group in facts["groups"]))

    def grid_of(self, group: Group) -> Grid:
        """Where the group's slices are in the patient."""
        x, y, z = (float(p) for p in (self.grid.affine @ (0.0, 0.0, group.first, 1.0))[:3])
        size = (self.grid.size[0], self.grid.size[1], group.slices)
        return Grid(size, self.grid.spacing_mm, (x, y, z), self.grid.direction)

    def joined(self, parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """One array [k, j, i] per group as that of the scan; where groups overlap, the earlier one counts."""
        kept, done = [], 0
        for group, part in zip(self.groups, parts, strict=True):
            kept.append(part[done - group.first :])
            done = group.first + group.slices
        return np.concatenate(kept)


def cut(source: Path, folder: Path, slices: int = DEFAULT_SLICES, labels: bool = False) -> Groups:
    """Write groups of ``slices`` slices of a scan or label map, and their list ``groups.json``.

    Every group is full, as networks of fixed size want it: where the slices do not divide evenly, the last
    group begins within the one before. A shorter scan makes one group.

    Args:
        source: whatever the engine reads.
        folder: for the NIfTI files ``NAME_001.nii.gz`` and the list.
        slices: of a group, 8 to 100.
        labels: whether ``source`` is a label map; it is cut as its scan is.

    Raises:
        DataError: ``data.group_size``; as `read_scan`.
        InputError: as `read_scan`.
    """
    if not MIN_SLICES <= slices <= MOST_SLICES:
        raise DataError(
            "data.group_size",
            f"Groups of {slices} slices cannot be made.",
            f"Choose from {MIN_SLICES} to {MOST_SLICES}.",
        )
    scan, name = read_scan(source, labels), plain_name(source)
    whole = scan.grid.size[2]
    starts = [min(start, max(whole - slices, 0)) for start in range(0, whole, slices)]
    groups = Groups(
        name,
        scan.grid,
        tuple(
            Group(f"{name}_{n:03d}.nii.gz", first, min(slices, whole))
            for n, first in enumerate(starts, start=1)
        ),
    )
    for group in groups.groups:
        part = scan.voxels[group.first : group.first + group.slices]
        write_image(Scan(part, groups.grid_of(group)), folder / group.file)
    groups.save(folder)
    return groups


def join(predictions: Path, groups: Groups, output: Path) -> Path:
    """Put one file for each group together on the grid of the scan, without any loss.

    Where groups overlap, the earlier one counts.

    Args:
        predictions: folder with a file of the same name for each group, and nothing else.
        groups: how the scan was cut.
        output: file to write, ending in ``.nii.gz``, ``.nii``, ``.nrrd`` or ``.mha``.

    Raises:
        DataError: ``data.missing_groups``, ``data.foreign_groups``, ``data.geometry`` for a file that lies
            elsewhere than its group; ``data.corrupt``.
        OutputError: the file cannot be written.
    """
    _require_all(predictions, groups)
    parts = []
    for group in groups.groups:
        values, grid = read_label_image(predictions / group.file)
        difference = geometry_difference(groups.grid_of(group), grid) or _turned(groups.grid, grid)
        if difference:
            raise DataError(
                "data.geometry",
                f"{group.file} does not lie where its group does: {difference}.",
                "Predict the group again and keep its geometry.",
            )
        parts.append(values)
    return write_image(Scan(groups.joined(parts), groups.grid), output)


def _require_all(predictions: Path, groups: Groups) -> None:
    wanted = {group.file for group in groups.groups}
    there = {path.name for path in predictions.glob("*.nii.gz")}
    if missing := sorted(wanted - there):
        raise DataError(
            "data.missing_groups",
            f"{groups.name}: there is no prediction of {', '.join(missing)}.",
            "Predict all groups before joining them.",
        )
    if foreign := sorted(there - wanted):
        raise DataError(
            "data.foreign_groups",
            f"{', '.join(foreign)} belong to no group of {groups.name}.",
            "Keep the predictions of each scan in a folder of their own.",
        )


def _turned(scan: Grid, part: Grid) -> str:
    return "" if np.allclose(scan.direction, part.direction, atol=1e-4) else "its axes run in another order"

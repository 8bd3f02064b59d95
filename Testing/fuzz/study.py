"""What a fuzz case is: a damaged study, and what may come of reading it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.volume import Grid

from Testing.unit.ingest.tiny_ct import body

VOXELS = body(11, 16, 16)
GRID = Grid((16, 16, 11), (1.25, 1.5, 2.0), (-20.0, -10.0, 100.0))


class Expect(Enum):
    """What reading may end in; a named error will do wherever it is not READ."""

    READ = "the undamaged volume"
    REFUSED = "an error"
    STANDS = "what agrees with the undamaged volume, place by place"
    VALUES = "the undamaged voxels, on any plausible grid"
    PLAUSIBLE = "any volume that could be a CT"


@dataclass(frozen=True)
class Study:
    """A damaged study.

    Attributes:
        edits: what was done to it, for people.
        files: path below the study's folder -> content.
        expect: what reading may end in.
        named: the path to read, below the folder; ``""`` is the folder itself.
        voxels, grid: the undamaged volume.
        doubted: the damaged slices; a note may say that they were interpolated.
        links: path -> target of a symbolic link.
        pipes: paths of named pipes.
        array: values and affine in memory, in place of files.
    """

    edits: tuple[str, ...]
    files: Mapping[str, bytes]
    expect: Expect
    named: str = ""
    voxels: NDArray[np.int16] = field(default_factory=lambda: VOXELS)
    grid: Grid = GRID
    doubted: frozenset[int] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    pipes: tuple[str, ...] = ()
    array: tuple[NDArray[Any], NDArray[np.float64]] | None = None

    def __str__(self) -> str:
        named = repr(self.named) if self.named else "the folder"
        return f"{'; '.join(self.edits)}. Reading {named} may give {self.expect.value}."

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))  # Hypothesis would print every byte

    def write(self, folder: Path) -> Path:
        """Write everything below ``folder``; the path to read."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name, target in self.links.items():
            (folder / name).symlink_to(target)
        for name in self.pipes:
            os.mkfifo(folder / name)
        return folder / self.named

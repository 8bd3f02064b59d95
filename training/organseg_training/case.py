"""A prepared case: one scan at the network's spacing, ready to learn from."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from .files import replacing

# What a damaged or lost file of a case raises on reading.
UNREADABLE = (BadZipFile, zlib.error, EOFError, ValueError, KeyError, FileNotFoundError)


@dataclass(frozen=True)
class Case:
    """One scan at the network's spacing, cropped to the body.

    Attributes:
        name: unique in its data set.
        hu: int16, (z, y, x), along the patient's axes; z counts slices where the network is 2D.
        labels: uint8 class numbers of `Classes`, `classes.UNKNOWN` where nothing is known.
        known: class names that the labels tell of; the others may hide in the background.
        spacing_mm: along x, y, z.
        painted: no scan exists: ``hu`` is a template around a label map, painted anew for each sample.
    """

    name: str
    hu: NDArray[np.int16]
    labels: NDArray[np.uint8]
    known: tuple[str, ...]
    spacing_mm: tuple[float, float, float]
    painted: bool = False

    def save(self, folder: Path) -> None:
        """Write ``<name>.npz``, whole or not at all."""
        arrays = {name: getattr(self, name) for name in ("hu", "labels", "known", "spacing_mm", "painted")}
        with replacing(folder / f"{self.name}.npz") as temporary:
            np.savez_compressed(temporary, **arrays)

    @classmethod
    def load(cls, path: Path, mapped: bool = False) -> Case:
        """Read what `save` wrote.

        Args:
            mapped: voxels stay on disk, unpacked beside the file once, and are read as they are touched: all
                processes share one copy in memory.

        Raises:
            One of `UNREADABLE` when the file is damaged.
        """
        with np.load(path) as arrays:
            hu, labels = (_mapped(path, n, arrays) if mapped else arrays[n] for n in ("hu", "labels"))
            x, y, z = (float(s) for s in arrays["spacing_mm"])
            known, painted = tuple(str(k) for k in arrays["known"]), bool(arrays["painted"])
            return cls(path.stem, hu, labels, known, (x, y, z), painted)


def _mapped(path: Path, member: str, arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """A member of a case's file as a private, copy-on-write map of ``mapped/NAME.MEMBER.npy``."""
    unpacked = path.parent / "mapped" / f"{path.stem}.{member}.npy"
    written = path.stat().st_mtime_ns
    if not unpacked.exists() or unpacked.stat().st_mtime_ns != written:
        voxels = arrays[member]
        with replacing(unpacked) as temporary:
            np.save(temporary, voxels)
            os.utime(temporary, ns=(written, written))
    return np.asarray(np.load(unpacked, mmap_mode="c"))

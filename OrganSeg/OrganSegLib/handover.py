"""Voxels and surfaces in files between a client and its child process; a disk may be full, a file gone."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import WorkerError

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

Mapped = Literal["r", "c"] | None
_ONE_HEADER = Lock()  # numpy parses it with `ast`, which Python 3.11's threads can break for each other
SURFACE = "points_{}.npy", "faces_{}.npy"  # half the time of VTK's own files


def store(voxels: NDArray[Any], path: Path) -> None:
    """Write voxels for the other process.

    Raises:
        WorkerError: ``worker.no_space``.
    """
    try:
        np.save(path, voxels, allow_pickle=False)
    except OSError as error:
        raise no_space() from error


def stored(path: Path, mmap_mode: Mapped = None) -> NDArray[Any]:
    """The voxels that `store` wrote.

    Args:
        path: of the file.
        mmap_mode: map them, read-only (``r``) or to be changed in memory alone (``c``), in place of reading.

    Raises:
        WorkerError: ``worker.lost``.
    """
    try:
        with _ONE_HEADER:
            voxels: NDArray[Any] = np.load(path, mmap_mode, allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise _lost() from error
    return voxels


def store_surface(surface: vtkPolyData, folder: Path, label: int) -> None:
    """Write the surface of a label for the other process; errors as `store`."""
    from .surfaces import arrays

    for name, values in zip(SURFACE, arrays(surface), strict=True):
        store(values, folder / name.format(label))


def stored_surface(folder: Path, label: int, mmap_mode: Mapped = None) -> vtkPolyData:
    """The surface that `store_surface` wrote; arguments and errors as of `stored`."""
    from .surfaces import polydata

    points, faces = (stored(folder / name.format(label), mmap_mode) for name in SURFACE)
    return polydata(points, faces)


def no_space() -> WorkerError:
    """The temporary folder cannot hold what shall be handed over."""
    return WorkerError(
        "worker.no_space",
        "Voxels could not be handed to or from the background process: "
        "the temporary folder cannot hold them.",
        "Free some space on the disk of the temporary folder and try again.",
    )


def _lost() -> WorkerError:
    return WorkerError(
        "worker.lost",
        "What the background process stored in the temporary folder is missing or damaged.",
        "Try again. If it happens again, another program tidies up that folder, or its disk is damaged.",
    )

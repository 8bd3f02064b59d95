"""Voxels and surfaces in files between a client and its child process; a disk may be full, a file gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import WorkerError

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData


def store(voxels: NDArray[Any], path: Path) -> None:
    """Write voxels for the other process.

    Raises:
        WorkerError: ``worker.no_space``.
    """
    try:
        np.save(path, voxels, allow_pickle=False)
    except OSError as error:
        raise no_space() from error


def stored(path: Path, mmap_mode: Literal["r"] | None = None) -> NDArray[Any]:
    """The voxels that `store` wrote.

    Raises:
        WorkerError: ``worker.lost``.
    """
    try:
        voxels: NDArray[Any] = np.load(path, mmap_mode, allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise _lost() from error
    return voxels


def store_surface(surface: vtkPolyData, path: Path) -> None:
    """Write a surface for the other process; errors as `store`."""
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(surface)
    writer.SetFileName(str(path))
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    writer.SetCompressorTypeToNone()  # the file lives for a second: speed before size
    if not writer.Write() or writer.GetErrorCode():  # VTK 9.6 returns success and keeps the error in the code
        raise no_space()


def stored_surface(path: Path) -> vtkPolyData:
    """The surface that `store_surface` wrote; errors as `stored`."""
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    reader = vtkXMLPolyDataReader()
    reader.SetFileName(str(path))
    if not path.is_file():  # VTK would take it for an empty surface
        raise _lost()
    reader.Update()
    surface: vtkPolyData = reader.GetOutput()
    if reader.GetErrorCode() or not surface.GetNumberOfPolys():
        raise _lost()
    return surface


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

"""One result folder per run: everything is written aside first and moved into place when it is complete."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import OutputError
from .measure import OrganMeasurements
from .volume import Labelmap, Scan

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

RESULTS = (
    "segmentation.nii.gz",
    "segmentation.seg.nrrd",
    "labels.json",
    "measurements.csv",
    "measurements.json",
    "surfaces",
    "organs.glb",
    "overview.png",
)


def write_results(
    folder: Path,
    scan: Scan,
    labelmap: Labelmap,
    measurements: Sequence[OrganMeasurements],
    surfaces: Mapping[int, vtkPolyData],
    run_info: Mapping[str, Any],
    overwrite: bool = False,
    picture: bool = True,
) -> dict[str, Path]:
    """Write all of ``RESULTS`` into ``folder``, which is made where it does not exist.

    Args:
        folder: result folder; other files in it stay as they are.
        surfaces: label value -> closed surface, of the organs that were found.
        run_info: how the labels were made, JSON-ready, for ``measurements.json``.
        overwrite: replace results of an earlier run.
        picture: also draw ``overview.png``, which needs matplotlib.

    Returns:
        name in ``RESULTS`` -> path, of what was written.

    Raises:
        OutputError: ``output.exists`` or ``output.not_writable``; nothing is left behind then.
    """
    from .label_files import write_labels_json, write_nifti, write_seg_nrrd
    from .mesh_files import write_glb, write_stl
    from .tables import write_csv, write_json

    folder = Path(folder)
    if not overwrite:
        check_is_free(folder)
    with written_aside(folder) as aside:
        write_nifti(aside / "segmentation.nii.gz", labelmap)
        write_seg_nrrd(aside / "segmentation.seg.nrrd", labelmap, measurements)
        write_labels_json(aside / "labels.json", labelmap)
        write_csv(aside / "measurements.csv", measurements)
        write_json(aside / "measurements.json", measurements, run_info)
        (aside / "surfaces").mkdir()
        for label, surface in surfaces.items():
            write_stl(aside / "surfaces" / f"{labelmap.organs[label].name}.stl", surface)
        write_glb(aside / "organs.glb", surfaces, labelmap.organs)
        if picture:
            from .picture import draw_overview

            draw_overview(scan, labelmap, measurements, surfaces, aside / "overview.png")
    return {name: folder / name for name in RESULTS if picture or name != "overview.png"}


def check_is_free(folder: Path) -> None:
    """Refuse a folder that holds results; worth calling before the long work starts.

    Raises:
        OutputError: ``output.exists``.
    """
    for name in RESULTS:
        if (folder / name).exists():
            raise OutputError(
                "output.exists",
                f"The folder '{folder}' already holds results ({name}).",
                "Choose another folder, or allow overwriting.",
            )


@contextmanager
def written_aside(folder: Path) -> Iterator[Path]:
    """A hidden folder inside ``folder`` whose contents move up when the block ends well.

    It lies inside so that moving is a rename on the same disk. Whatever goes wrong, it is removed, and so
    are the folders that were made for it.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    aside = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".organseg-", dir=folder))
        yield aside
        _move_into_place(aside, folder)
        made = []
    except OSError as error:
        raise OutputError(
            "output.not_writable",
            f"The results could not be written to '{folder}': {error.strerror or error}.",
            "Check that the folder exists, that you may write to it and that the disk has room.",
        ) from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
        for path in made:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def _move_into_place(aside: Path, folder: Path) -> None:
    for new in sorted(aside.iterdir()):
        final = folder / new.name
        if (
            new.is_dir() and final.is_dir()
        ):  # a folder cannot be replaced by renaming: the old one steps aside
            final.rename(aside / f".old-{new.name}")
        new.replace(final)

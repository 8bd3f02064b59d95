"""One result folder per run: everything is written aside first and moved into place when it is complete."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import OutputError
from .formats import FORMATS, Choices

if TYPE_CHECKING:
    from .pipeline import Segmentation

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
    found: Segmentation,
    overwrite: bool = False,
    picture: bool = True,
    formats: Sequence[str] = (),
    choices: Choices = Choices(),
) -> dict[str, Path]:
    """Write all of ``RESULTS`` into ``folder``, which is made where it does not exist.

    Args:
        folder: result folder; other files in it stay as they are.
        found: what to write.
        overwrite: replace results of an earlier run.
        picture: also draw ``overview.png``, which needs matplotlib.
        formats: further ones, names in `formats.FORMATS`.
        choices: for these.

    Returns:
        name in ``RESULTS`` or of a further file -> path, of what was written.

    Raises:
        OutputError: ``output.exists`` or ``output.not_writable``; nothing is left behind then.
    """
    from .label_files import write_labels_json, write_nifti, write_seg_nrrd
    from .mesh_files import write_glb, write_stl
    from .tables import write_csv, write_json

    folder = Path(folder)
    if not overwrite:
        check_is_free(folder, formats)
    labelmap, measurements, surfaces = found.labelmap, found.measurements, found.surfaces
    names = [name for name in RESULTS if picture or name != "overview.png"]
    with written_aside(folder) as aside:
        write_nifti(aside / "segmentation.nii.gz", labelmap)
        write_seg_nrrd(aside / "segmentation.seg.nrrd", labelmap, measurements)
        write_labels_json(aside / "labels.json", labelmap)
        write_csv(aside / "measurements.csv", measurements, found.trust)
        write_json(aside / "measurements.json", measurements, found.trust, found.run)
        (aside / "surfaces").mkdir()
        for label, surface in surfaces.items():
            write_stl(aside / "surfaces" / f"{labelmap.organs[label].name}.stl", surface)
        write_glb(aside / "organs.glb", surfaces, labelmap.organs)
        if picture:
            from .picture import draw_overview

            draw_overview(found.scan, labelmap, measurements, surfaces, aside / "overview.png")
        for name in formats:
            names += FORMATS[name].write(found, aside, choices)
    return {name: folder / name for name in names}


def add_formats(
    folder: Path,
    found: Segmentation,
    formats: Sequence[str],
    overwrite: bool = False,
    choices: Choices = Choices(),
) -> dict[str, Path]:
    """Write further formats beside the results of a run; arguments, result and errors as `write_results`."""
    if not overwrite:
        _check_are_free(folder, [file for name in formats for file in FORMATS[name].files])
    with written_aside(folder) as aside:
        names = [file for name in formats for file in FORMATS[name].write(found, aside, choices)]
    return {name: folder / name for name in names}


def check_is_free(folder: Path, formats: Sequence[str] = ()) -> None:
    """Refuse a folder that holds results; worth calling before the long work starts.

    Raises:
        OutputError: ``output.exists``.
    """
    _check_are_free(folder, [*RESULTS, *(file for name in formats for file in FORMATS[name].files)])


def _check_are_free(folder: Path, names: Sequence[str]) -> None:
    for name in names:
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

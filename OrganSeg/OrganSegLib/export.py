"""One result folder per run: everything is written aside first and moved into place when it is complete.

A folder keeps a list of what OrganSeg wrote there. Only that is ever replaced; and since files of an earlier
run would lie beside new labels, a new run removes all of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from .aside import aside_of, remove_unfinished
from .errors import OutputError
from .formats import FORMATS, Choices

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from .pipeline import Segmentation

    Surfaces = dict[int, vtkPolyData]

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
RECORD = ".organseg-files"


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
        folder: result folder; files in it that OrganSeg did not write stay as they are.
        found: what to write; formats may add notes to its ``run``.
        overwrite: replace results of an earlier run; what it wrote and this one does not is removed.
        picture: also draw ``overview.png``, which needs matplotlib.
        formats: further ones, names in `formats.FORMATS`.
        choices: for these and for the surfaces.

    Returns:
        name in ``RESULTS`` or of a further file -> path, of what was written.

    Raises:
        OutputError: as `check_is_free`, ``output.not_writable``, and what the formats name; nothing is left
            behind then, and earlier results are as they were.
    """
    from .decimate import final_surfaces
    from .mesh_files import write_glb, write_stl
    from .tables import write_csv, write_json

    folder = Path(folder)
    labelmap, measurements = found.labelmap, found.measurements
    names = [name for name in RESULTS if picture or name != "overview.png"]
    with written_aside(folder, afresh=True) as aside:
        check_are_free(folder, _names(folder, formats), overwrite, found.scan.source.path)
        (aside / "surfaces").mkdir()
        with _meanwhile() as do:
            do(_write_labels, aside, found)
            write_csv(aside / "measurements.csv", measurements, found.trust)
            final = cache(lambda: final_surfaces(found, choices))  # takes long, and several want it
            surfaces = final() if found.surfaces else {}
            do(write_glb, aside / "organs.glb", surfaces, labelmap.organs)
            for label, surface in surfaces.items():
                do(write_stl, aside / "surfaces" / f"{labelmap.organs[label].name}.stl", surface)
            if picture:
                from .picture import draw_overview

                path = aside / "overview.png"
                draw_overview(found.scan, labelmap, measurements, found.surfaces, path, trust=found.trust)
        names += _write_formats(aside, found, formats, choices, final)
        write_json(aside / "measurements.json", measurements, found.trust, found.run)
    return {name: folder / name for name in names}


def _write_labels(aside: Path, found: Segmentation) -> None:
    """One after the other: for each, the whole process gets a decimal point."""
    from .label_files import write_labels_json, write_nifti, write_seg_nrrd

    write_nifti(aside / "segmentation.nii.gz", found.labelmap)
    write_seg_nrrd(aside / "segmentation.seg.nrrd", found.labelmap, found.measurements)
    write_labels_json(aside / "labels.json", found.labelmap)


@contextmanager
def _meanwhile() -> Iterator[Callable[..., object]]:
    """Calls that are done in other threads while the block goes on; all are done when it ends well.

    What they raise is raised at the end of the block. Where that fails, none begins any more.
    """
    with ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1)) as pool:  # the block has work for a core, too
        calls: list[Future[None]] = []
        try:
            yield lambda *call: calls.append(pool.submit(*call))
            for call in calls:
                call.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def add_formats(
    folder: Path,
    found: Segmentation,
    formats: Sequence[str],
    overwrite: bool = False,
    choices: Choices = Choices(),
) -> dict[str, Path]:
    """Write further formats beside the results of a run; arguments, result and errors as `write_results`."""
    from .decimate import final_surfaces

    own = [file for name in formats for file in FORMATS[name].files]
    shared = {file for name in formats for file in FORMATS[name].shared}
    with written_aside(folder) as aside:
        check_are_free(folder, own, overwrite, found.scan.source.path)
        check_are_free(folder, shared, True, found.scan.source.path)
        final = cache(lambda: final_surfaces(found, choices))
        names = _write_formats(aside, found, formats, choices, final)
    return {name: folder / name for name in names}


def check_is_free(
    folder: Path, formats: Sequence[str] = (), overwrite: bool = False, study: str = ""
) -> None:
    """Refuse a folder whose contents may not be replaced; worth calling before the long work starts.

    Args:
        folder: for the results; need not exist.
        formats: further ones that shall be written.
        overwrite: whether results of an earlier run may be replaced.
        study: what is segmented, where it is known; it may lie in the folder, but not where results will.

    Raises:
        OutputError: ``output.exists``, ``output.foreign``, ``output.holds_study``, ``output.busy``,
            ``output.not_writable``.
    """
    remove_unfinished(folder, moved_only=True)
    check_are_free(folder, _names(folder, formats), overwrite, study)


def _names(folder: Path, formats: Sequence[str]) -> list[str]:
    """What a run may write or remove."""
    further = [file for name in formats for file in (*FORMATS[name].files, *FORMATS[name].shared)]
    return [*RESULTS, *further, *_recorded(folder)]


@contextmanager
def written_aside(folder: Path, afresh: bool = False) -> Iterator[Path]:
    """A hidden folder whose contents become results, all together, when the block ends well.

    Args:
        folder: see `aside.aside_of`, which also names the errors.
        afresh: remove all else that OrganSeg wrote into ``folder`` earlier.
    """
    with aside_of(folder, partial(_recorded, folder) if afresh else tuple) as aside:
        yield aside
        written = {path.name for path in aside.iterdir()}
        if not afresh:
            written |= set(_recorded(folder))
        (aside / RECORD).write_text("".join(f"{name}\n" for name in sorted(written)), encoding="utf-8")


def _write_formats(
    aside: Path,
    found: Segmentation,
    formats: Sequence[str],
    choices: Choices,
    final: Callable[[], Surfaces],
) -> dict[str, None]:
    """The names that were written, each once."""
    names: dict[str, None] = {}
    for one in dict.fromkeys(FORMATS[name] for name in formats):
        its = replace(found, surfaces=final()) if one.printed else found
        names |= dict.fromkeys(one.write(its, aside, choices))
    return names


def _recorded(folder: Path) -> list[str]:
    """What OrganSeg wrote into a folder; never a path out of it, whoever wrote the list."""
    record = folder / RECORD
    try:
        names = record.read_text(encoding="utf-8").splitlines() if record.is_file() else []
    except (OSError, UnicodeDecodeError):
        return []
    plain = [name for name in names if Path(name).parts == (name,) and name != ".."]
    return [name for name in plain if (folder / name).exists()]


def check_are_free(folder: Path, names: Iterable[str], overwrite: bool, study: str) -> None:
    """As `check_is_free`, for files and folders by their names in ``folder``."""
    ours, scan = _recorded(folder), Path(study).resolve()
    for name in names:
        place = folder / name
        if not place.exists():
            continue
        if name not in ours:
            raise OutputError(
                "output.foreign",
                f"'{place}' is already there, and OrganSeg did not write it: it is not replaced.",
                "Choose another folder for the results.",
            )
        if not overwrite:
            raise OutputError(
                "output.exists",
                f"The folder '{folder}' already holds results ({name}).",
                "Choose another folder, or allow overwriting (--overwrite).",
            )
        if study and place.resolve() in (scan, *scan.parents):
            raise OutputError(
                "output.holds_study",
                f"'{place}' is the study itself, which the results would replace.",
                "Choose another folder for the results.",
            )

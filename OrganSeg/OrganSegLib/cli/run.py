"""One run from a study to a folder of results."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from threading import Thread

from ..address_space import require_address_space
from ..client import WorkerClient
from ..errors import OutputError
from ..export import check_is_free, write_results
from ..formats import Choices, check_available
from ..model import Model, load_model
from ..pipeline import Options, Segmentation, import_stages, segment
from ..progress import Progress
from ..scratch import remove_abandoned
from ..volume import Scan
from .answered import answered

READ, SEGMENTED = 0.1, 0.8  # share of a typical run's time after which the scan is read, its organs found

Reader = Callable[[Progress], Scan]


@dataclass(frozen=True)
class Job:
    """What shall be done with a scan."""

    output: Path
    model: str
    options: Options
    overwrite: bool = False
    in_worker: bool = False
    formats: tuple[str, ...] = ()
    choices: Choices = Choices()


@dataclass(frozen=True)
class Outcome:
    """What a run found, and the files that hold it (name -> path)."""

    result: Segmentation
    folder: Path
    files: Mapping[str, Path]


def run(job: Job, read: Reader, progress: Progress) -> Outcome:
    """Read, segment and write. What can be refused is refused before the long work starts.

    Raises:
        OrganSegError: of any family; no result is left behind then.
    """
    from ..results import study_facts

    require_address_space()
    remove_abandoned()
    check_available(job.formats)
    answered(job.output, lambda: _check_output(job), "output")
    model = answered(job.model, lambda: load_model(job.model), "model")
    stages = None if job.in_worker else _ahead(import_stages)  # the worker imports them itself
    scan = read(progress.part(0.0, READ))
    if stages:
        stages.join()  # two that import what is missing blame each other
    _ahead(lambda: import_module("matplotlib.figure"))
    check_is_free(job.output, job.formats, job.overwrite, scan.source.path)
    result = _segment(scan, model, job, progress.part(READ, SEGMENTED))
    result = replace(result, run={**result.run, "study": study_facts(scan, job.choices.identity)})
    progress.report("Writing results", SEGMENTED)
    files = write_results(job.output, result, job.overwrite, formats=job.formats, choices=job.choices)
    return Outcome(result, job.output, files)


def _ahead(imports: Callable[[], object]) -> Thread:
    """Import while something else is at work; the run meets whatever fails here again, and tells it."""

    def quietly() -> None:
        with suppress(ImportError, OSError, RuntimeError, MemoryError):
            imports()

    thread = Thread(target=quietly)
    thread.start()
    return thread


def _segment(scan: Scan, model: Model, job: Job, progress: Progress) -> Segmentation:
    if not job.in_worker:
        return segment(scan, model, job.options, progress)
    with WorkerClient() as worker:
        return worker.segment(scan, model, job.options, progress)


def _check_output(job: Job) -> None:
    check_is_free(job.output, job.formats, job.overwrite)
    _check_writable(job.output)


def _check_writable(folder: Path) -> None:
    """Try a file in the folder, or in the nearest one above it that exists."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return
    except OSError as error:
        raise OutputError(
            "output.not_writable",
            f"Results cannot be written to '{folder}': {error.strerror or error}.",
            "Choose a folder that you may write to.",
        ) from error

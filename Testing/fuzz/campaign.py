"""Batches of cases: a seed stands for one family and always the same cases."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from OrganSegLib.errors import OrganSegError
from OrganSegLib.ingest import format_report, inspect_study, read_study
from OrganSegLib.ingest.memory_volume import read_array
from OrganSegLib.volume import Scan

from .families import FAMILIES
from .oracle import complaint
from .sandbox import Sandbox
from .study import Study

BATCH = 50


class Offence(AssertionError):
    """A study whose reading ended in something else than a named error or a right result."""


def run_batch(number: int, sandbox: Sandbox) -> int:
    """Try the cases of seed ``number``; how many there were.

    Raises:
        Offence: with the simplest offending case that was found, and where its files are left.
    """
    name = list(FAMILIES)[number % len(FAMILIES)]
    tried = 0

    @seed(number)
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(FAMILIES[name]())
    def try_case(study: Study) -> None:
        nonlocal tried
        tried += 1
        if problem := judged(study, sandbox):
            kept = Path(tempfile.gettempdir(), f"organseg-fuzz-{number}")
            shutil.rmtree(kept, ignore_errors=True)
            study.write(kept)
            raise Offence(f"{problem}\n{name}: {study}\nIts files: {kept}")

    try_case()
    return tried


def judged(study: Study, sandbox: Sandbox) -> str:
    """What is wrong with reading ``study``; ``""`` when nothing is."""
    if study.array is not None:
        return complaint(study, sandbox.run(read_array, *study.array))
    with tempfile.TemporaryDirectory(dir=sandbox.folder) as place:
        path = study.write(Path(place))
        before = _listing(sandbox.folder)
        outcome = sandbox.run(read, path)
        if _listing(sandbox.folder) != before:
            return "reading wrote or removed files where it must not"
    return complaint(study, outcome)


def read(path: Path) -> Scan:
    """Read a study; what is refused goes through ``organseg inspect`` as well, as it does with people."""
    try:
        return read_study(path)
    except OrganSegError:
        with suppress(OrganSegError):
            format_report(inspect_study(path))
        raise


def _listing(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))

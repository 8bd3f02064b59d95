"""Writes onto a disk that ends one page later each time, until it suffices; prints how often it did not.

Run it where it may mount: ``unshare --user --map-root-user --mount python -m Testing.faults.full_disk ...``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
from OrganSegLib.errors import OrganSegError, named
from OrganSegLib.export import add_formats, write_results
from OrganSegLib.ingest.archive import extract
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.protocol import get_result, put_result
from OrganSegLib.proximity import find_target, measure_proximity, write_proximity
from OrganSegLib.sealed import damage, write_sealed

from Testing.unit.shapes import two_organs

PAGE = 4096
PICTURE, DISTANCES = "overview.png", "proximity.csv"
_BARE = Segmentation.of(*two_organs(), run={"model": "tiny"})
FOUND = replace(_BARE, uncertainty=np.zeros(_BARE.scan.grid.shape, np.uint8))


class Disk:
    """A disk in memory, of any number of bytes and files.

    Args:
        place: an empty folder.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._mount("size=1g")

    def limit(self, **limits: int) -> None:
        """Let it end sooner or later: after ``size`` bytes, ``nr_inodes`` files."""
        self._mount("remount", *(f"{name}={value}" for name, value in limits.items()))

    def pages(self, free: int) -> None:
        """Leave so many free."""
        used = sum(-(-path.stat().st_size // PAGE) for path in self._files())
        self.limit(size=(used + free) * PAGE)

    def files(self, free: int) -> None:
        """Leave room for so many files and folders."""
        self.limit(nr_inodes=len([*self.place.rglob("*")]) + 2 + free)

    @property
    def free_pages(self) -> int:
        return shutil.disk_usage(self.place).free // PAGE

    @property
    def contents(self) -> dict[str, bytes]:
        """All files and their bytes; folders are named."""
        names = {str(path.relative_to(self.place)): b"" for path in self.place.rglob("*")}
        return names | {str(path.relative_to(self.place)): path.read_bytes() for path in self._files()}

    def clear(self, folder: Path | None = None) -> None:
        """Remove everything in it, or in one of its folders."""
        for path in (folder or self.place).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _files(self) -> Iterable[Path]:
        return (path for path in self.place.rglob("*") if path.is_file())

    def _mount(self, *options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "none", str(self.place)]
        subprocess.run(command, check=True)


def failures(
    write: Callable[[], object],
    disk: Disk,
    leave: Callable[[int], None],
    codes: tuple[str, ...] = ("output.not_writable",),
    steps: Iterable[int] | None = None,
) -> int:
    """How often ``write`` fails, with more and more left of the disk; each time it leaves all as it was."""
    failed = 0
    for free in steps or count(1):
        leave(free)
        before = disk.contents
        error = _error(write)
        if error is None:
            break
        failed += 1
        assert disk.contents == before, "something was changed"
        told = named(error)
        assert told.code in codes, f"{told.code}: {error!r}"
        assert told.next_step
    disk.limit(size=2**30, nr_inodes=10**6)
    return failed


def _error(write: Callable[[], object]) -> Exception | None:
    try:
        write()
    except Exception as error:  # noqa: BLE001 - whatever it is, it must have a name
        return error
    return None


def results(disk: Disk) -> None:
    """Where there were none, and in place of earlier ones; too few bytes, then too few files."""

    def write() -> object:
        return write_results(disk.place / "out", FOUND, overwrite=True, picture=False)

    print(failures(write, disk, disk.pages), "sizes of an empty disk")
    print(failures(write, disk, disk.pages), "sizes beside earlier results")
    print(failures(write, disk, disk.files), "numbers of files")


def further(disk: Disk, names: list[str]) -> None:
    """Each format, or the tables of distances, on a disk that has one page for it, or all but the last."""
    out, labels = disk.place / "out", FOUND.labelmap
    write_results(out, FOUND, picture=False)
    for name in names:

        def write(name: str = name) -> object:
            if name == PICTURE:
                return write_results(out, FOUND, overwrite=True)
            if name == DISTANCES:
                return write_proximity(out, measure_proximity(labels, find_target("liver", labels)))
            return add_formats(out, FOUND, [name], overwrite=True)

        before = disk.free_pages
        write()
        needed = before - disk.free_pages
        steps = sorted({1, needed - 1})
        assert failures(write, disk, disk.pages, steps=steps) == len(steps), name
        print(f"{needed} pages, {name}")


def handed_over(disk: Disk) -> None:
    """What a child stores for its client in the temporary folder."""

    def write() -> object:
        try:
            return get_result(put_result(FOUND, disk.place), disk.place, FOUND.scan)
        finally:
            disk.clear()

    print(failures(write, disk, disk.pages, ("worker.no_space",)), "sizes")


def sealed(disk: Disk) -> None:
    """A model folder in place of an older one; a zip that is unpacked."""
    model = disk.place / "model"

    def write() -> None:
        with write_sealed(model) as new:
            (new / "plan.json").write_text("{}")
            (new / "weights").write_bytes(bytes(3 * PAGE))

    write()
    print(failures(write, disk, disk.pages, ("resource.disk_full",)), "sizes beside an older model")
    assert damage(model, ("weights",)) is None
    archive = disk.place / "study.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        for name in "abcd":
            bundle.writestr(name, bytes(PAGE))
    inside = disk.place / "unpacked"

    def unpack() -> None:
        inside.mkdir()
        try:
            extract(archive, inside)
        except OrganSegError:
            shutil.rmtree(inside)
            raise

    print(failures(unpack, disk, disk.files, ("input.disk_full",)), "numbers of files for a zip")


if __name__ == "__main__":
    what, place, *names = sys.argv[1:]
    disk = Disk(Path(place))
    if what == "further":
        further(disk, names)
    else:
        {"results": results, "handed_over": handed_over, "sealed": sealed}[what](disk)

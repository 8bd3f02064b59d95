"""A hostile computer around a run: its folders, rights, limits, clocks and libraries."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from OrganSegLib.export import RESULTS
from OrganSegLib.graph import openvino_graph
from OrganSegLib.model import load_model

from .command import LIBRARY, Command, code_of, site, unmeasured

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform == "win32", reason="rights, limits and locales are POSIX"),
]

QUICK = "--no-surfaces"
DROP_FROM_BOUNDING_SET, MAY_WRITE_ANYWHERE = 24, 1  # prctl(2), capabilities(7)


def test_a_long_path_of_many_signs(command: Command, tmp_path: Path) -> None:
    """Study, model, results and temporary files; beyond 300 characters, with whatever file systems take."""
    signs = 'it\'s a "Müller, Jiří" 🫀 $HOME `id` %s {0} ; & [x] é ř'
    place = tmp_path / signs / ("ř" * 100) / ("x y" * 40)
    assert len(str(place)) > 300
    temporary = place / "temporary"
    temporary.mkdir(parents=True)
    study = Path(shutil.copy(command.study, place / f"{signs}.nii.gz"))
    model = Path(shutil.copytree(command.model, place / "model"))
    odd = Command(study, model, place / "out", temporary)
    code, complaint = odd.run("--worker")
    assert code == 0, complaint
    assert {path.name for path in odd.output.iterdir()} == {*RESULTS, ".organseg-files"}
    told = json.loads((odd.output / "measurements.json").read_text(encoding="utf-8"))
    assert told["run"]["study"]["path"] == str(study)


def test_umask_077_keeps_results_for_their_owner(command: Command) -> None:
    code, complaint = command.run(QUICK, limits=lambda: os.umask(0o077))
    assert code == 0, complaint
    for path in [command.output, *command.output.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def _without_privileges() -> None:
    """Root, too, may write only where the rights say so."""
    if sys.platform == "linux" and os.geteuid() == 0:
        ctypes.CDLL(None).prctl(DROP_FROM_BOUNDING_SET, MAY_WRITE_ANYWHERE, 0, 0, 0)


def test_a_read_only_folder_is_told_at_once(command: Command, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    weak = replace(command, output=closed / "out")
    code, complaint = weak.run(limits=_without_privileges)
    assert (code, code_of(complaint)) == (5, "output.not_writable")
    assert "%" not in complaint, "it began to work"
    assert list(closed.iterdir()) == []


def limited(command: Command, megabytes: int, *options: str) -> tuple[int, str]:
    """Exit code and complaint of a process that may address so much memory."""
    import resource

    limit = megabytes * 2**20
    return command.run(QUICK, *options, limits=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))


@pytest.mark.parametrize(("megabytes", "options"), [(550, []), (700, ["--worker"]), (1000, []), (1400, [])])
def test_too_little_memory_for_the_libraries(megabytes: int, options: list[str], command: Command) -> None:
    """Told before they are loaded: some of them wait for memory without end, others end the process."""
    code, complaint = limited(command, megabytes, *options)
    assert (code, code_of(complaint)) == (6, "resource.memory")
    assert "%" not in complaint, "it began to work"
    assert "ulimit -v" in complaint
    assert not command.output.exists()


@pytest.mark.parametrize(("megabytes", "options"), [(1600, []), (1700, ["--worker"])])
def test_hardly_enough_memory(megabytes: int, options: list[str], command: Command) -> None:
    """A library that gives up takes the child along."""
    code, complaint = limited(command, megabytes, *options)
    if code == 0:
        assert (command.output / "measurements.json").exists()
    else:
        allowed = {"resource.memory"} | ({"worker.died", "worker.no_start"} if options else set())
        assert code_of(complaint) in allowed, complaint[-3000:]
        assert not command.output.exists()


@pytest.mark.parametrize(
    ("source", "worker"),
    [
        ("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')", False),
        ("raise OSError('libtorch_cpu.so: cannot open shared object file')", True),
        ("raise AttributeError('partially initialized module')", False),
    ],
)
def test_pytorch_that_cannot_be_loaded(source: str, worker: bool, command: Command, tmp_path: Path) -> None:
    bare = replace(command, environment=site(tmp_path / "site", torch=source))
    code, complaint = bare.run("--runtime", "torch", QUICK, *(["--worker"] if worker else []))
    assert (code, code_of(complaint)) == (6, "resource.no_runtime")
    assert not bare.output.exists()


def test_pytorch_is_not_needed_once_the_network_is_converted(command: Command, tmp_path: Path) -> None:
    openvino_graph(load_model(command.model))
    broken = site(tmp_path / "site", torch="raise OSError")
    bare = replace(command, output=tmp_path / "bare", environment=broken)
    code, complaint = bare.run(QUICK)
    assert code == 0, complaint


@pytest.mark.parametrize("package", ["SimpleITK", "vtkmodules", "scipy"])
def test_another_package_that_is_missing(package: str, command: Command, tmp_path: Path) -> None:
    missing = f"raise ModuleNotFoundError('No module', name='{package}')"
    code, complaint = replace(command, environment=site(tmp_path / "site", **{package: missing})).run(QUICK)
    assert (code, code_of(complaint)) == (6, "resource.missing_package")
    assert package in complaint


@pytest.mark.parametrize("options", [[QUICK], [QUICK, "--worker"]])
def test_a_clock_that_jumps(options: list[str], command: Command, tmp_path: Path) -> None:
    """Forth and back by years, at each look: nothing that waits or measures looks at it."""
    jumping = "import time, random; real = time.time; time.time = lambda: real() + random.choice((-1e8, 1e8))"
    odd = replace(command, environment=site(tmp_path / "site", sitecustomize=jumping))
    code, complaint = odd.run(*options)
    assert code == 0, complaint
    seconds = json.loads((odd.output / "measurements.json").read_text(encoding="utf-8"))["run"]["seconds"]
    assert all(0 <= value < 1e4 for value in seconds.values())


@pytest.mark.parametrize("words", [["--help"], ["models"], ["segment", "--json-events"]])
def test_a_full_standard_output(words: list[str], command: Command) -> None:
    """As when it goes to a file, on a disk that fills up."""
    if words[0] == "segment":
        words = [*words, str(command.study), "-o", str(command.output), "--model", str(command.model)]
    with Path("/dev/full").open("wb") as full:
        line = [sys.executable, "-m", "OrganSegLib", *words]
        done = subprocess.run(
            line, cwd=LIBRARY, env=unmeasured(), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, code_of(done.stderr)) == (6, "resource.disk_full")
    assert "Traceback" not in done.stderr
    assert not command.output.exists()

"""A hundred runs in one worker, eight clients at once: nothing grows, nobody waits for ever."""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from OrganSegLib.client import WorkerClient
from OrganSegLib.model import Model, load_model
from OrganSegLib.pipeline import Options, segment

from Testing.unit.shapes import two_organs

pytestmark = pytest.mark.soak

RUNS, WARM_UP = 100, 20
MOST_BYTES_PER_RUN = 2**20
CLIENTS, EACH = 8, 3
SCAN, _ = two_organs()
OPTIONS = Options(organs=("liver", "spleen", "aorta"), device="cpu")


@pytest.fixture
def model(tiny_model: Path) -> Model:
    return load_model(tiny_model)


@pytest.mark.skipif(sys.platform != "linux", reason="memory and handles are counted in /proc")
def test_a_hundred_runs_in_one_worker(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resident memory grows by less than 1 MiB per run after the first twenty, and no handle is kept."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with WorkerClient() as worker:
        child, parent = psutil.Process(worker.ping()["pid"]), psutil.Process()
        resident: list[int] = []
        handles: list[tuple[int, int]] = []
        found = None
        for _ in range(RUNS):
            again = worker.segment(SCAN, model, OPTIONS)
            if found is not None:
                np.testing.assert_array_equal(again.labelmap.voxels, found.labelmap.voxels)
            found = again
            resident.append(child.memory_info().rss)
            handles.append((child.num_fds(), parent.num_fds()))
            assert list(tmp_path.glob("organseg-*")) == []
        assert worker.ping()["pid"] == child.pid
    slope = np.polynomial.Polynomial.fit(range(WARM_UP, RUNS), resident[WARM_UP:], 1).convert().coef[1]
    print(f"{slope / 1024:.1f} KiB per run, {resident[-1] / 2**20:.0f} MiB in the end, handles {handles[-1]}")
    assert slope < MOST_BYTES_PER_RUN
    assert handles[-1] == handles[WARM_UP]


def test_eight_clients_at_once(model: Model) -> None:
    """Each with a worker of its own, as eight users of one computer; the network is converted once."""
    expected = segment(SCAN, model, OPTIONS)

    def use(_: int) -> list[bool]:
        with WorkerClient(start_seconds=300.0) as worker:
            results = [worker.segment(SCAN, model, OPTIONS) for _ in range(EACH)]
        return [np.array_equal(one.labelmap.voxels, expected.labelmap.voxels) for one in results]

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert list(pool.map(use, range(CLIENTS))) == [[True] * EACH] * CLIENTS


def test_eight_threads_share_one_worker(model: Model) -> None:
    """They take turns; all get the same result."""
    with WorkerClient() as worker, ThreadPoolExecutor(CLIENTS) as pool:
        results = list(pool.map(lambda _: worker.segment(SCAN, model, OPTIONS), range(CLIENTS)))
        for one in results:
            np.testing.assert_array_equal(one.labelmap.voxels, results[0].labelmap.voxels)

"""Files between a client and its child process."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from OrganSegLib.handover import store, stored


@pytest.fixture
def interrupted() -> Iterator[None]:
    """Threads give way to each other often, in the middle of the interpreter's own work, too."""

    def give_way(*_: object) -> None:
        time.sleep(0)

    thresholds = gc.get_threshold()
    gc.callbacks.append(give_way)
    gc.set_threshold(30)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("interrupted")
def test_threads_read_at_once(tmp_path: Path) -> None:
    voxels = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
    store(voxels, tmp_path / "voxels.npy")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: stored(tmp_path / "voxels.npy", "c"), range(400)))

    assert all(np.array_equal(each, voxels) for each in found)

"""A GPU that runs out of memory or vanishes, as `Runtime` meets it: the CPU finishes and says so."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from OrganSegLib.errors import ResourceError
from OrganSegLib.model import Model, load_model
from OrganSegLib.predict import peak_bytes, run_ladder
from OrganSegLib.progress import Progress
from OrganSegLib.runtime_torch import TorchRuntime
from OrganSegLib.runtimes import Choice, Runtime
from OrganSegLib.tiles import tiled_bytes

pytestmark = pytest.mark.faults

FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
VANISHED = RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors might be late")


class Gpu:
    """The CPU under another name: fails after some ``passes``, or already when ``asked`` for its memory."""

    name, device, precision = "torch", "cuda", "fp32"

    def __init__(self, model: Model, failure: Exception, passes: int, free: int, asked: bool = False) -> None:
        self._runtime = TorchRuntime(model, "cpu")
        self._failure, self._left, self._free, self._asked = failure, passes, free, asked

    def free_memory(self) -> int:
        if self._asked:
            raise self._failure
        return self._free

    def run(self, voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._left == 0:
            raise self._failure
        self._left -= 1
        return self._runtime.run(voxels)


@pytest.fixture
def model(tiny_model: Path) -> Model:
    return load_model(tiny_model)


@pytest.fixture
def voxels() -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(2, 96, 32, 32)).astype(np.float32)


@pytest.mark.parametrize("failure", [FULL, VANISHED])
@pytest.mark.parametrize("passes", [-1, 0, 2])
def test_the_cpu_finishes(passes: int, failure: Exception, model: Model, voxels: NDArray[np.float32]) -> None:
    """The GPU fails when asked for its memory, at once, or in the midst of tiles."""
    tile = peak_bytes(model.plan, (32, 32, 32)) + tiled_bytes(model.plan.channels, voxels.shape[1:])
    gpu = partial(Gpu, model, failure, max(passes, 0), int(1.2 * tile) if passes > 0 else 2**40, passes < 0)
    choice = Choice((gpu, partial(TorchRuntime, model, "cpu")))
    expected = TorchRuntime(model, "cpu").run(voxels[None])
    for _ in range(2):  # the next run on a lost GPU goes as well
        values, info = run_ladder(choice, voxels, model.plan, Progress())
        np.testing.assert_array_equal(values, expected)
        assert (info.device, info.tiles) == ("cpu", 1)
        assert "CUDA" in " ".join(info.notes)
        assert "\n" not in " ".join(info.notes)


def test_a_gpu_that_is_gone_before_it_begins(model: Model, voxels: NDArray[np.float32]) -> None:
    def start() -> Runtime:
        raise VANISHED

    choice = Choice((start, partial(TorchRuntime, model, "cpu")))
    assert run_ladder(choice, voxels, model.plan, Progress())[1].device == "cpu"


@pytest.mark.parametrize(("failure", "code"), [(FULL, "resource.memory"), (VANISHED, "resource.runtime")])
def test_nothing_else_is_left(
    failure: Exception, code: str, model: Model, voxels: NDArray[np.float32]
) -> None:
    choice = Choice((partial(Gpu, model, failure, passes=0, free=2**40),))
    with pytest.raises(ResourceError) as caught:
        run_ladder(choice, voxels, model.plan, Progress())
    assert caught.value.code == code
    assert caught.value.next_step

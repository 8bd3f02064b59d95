from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.errors import Cancelled, ResourceError
from OrganSegLib.model import Model, load_model
from OrganSegLib.plan import Plan
from OrganSegLib.predict import RuntimeInfo, peak_bytes, predict, run_ladder
from OrganSegLib.preprocess import AIR_HU, NetworkInput, normalise
from OrganSegLib.progress import Progress
from OrganSegLib.runtime_openvino import OpenVINORuntime
from OrganSegLib.runtimes import Choice
from OrganSegLib.volume import Grid


@pytest.fixture
def model(tiny_model: Path) -> Model:
    return load_model(tiny_model)


def body(plan: Plan, z: int, y: int, x: int) -> NDArray[np.float32]:
    """Smooth HU through the plan's windows: (windows, z, y, x)."""
    ramp = np.linspace(0, 9, z)[:, None, None] + np.linspace(0, 7, y)[:, None] + np.linspace(0, 5, x)
    return normalise((400 * np.sin(ramp)).astype(np.float32), plan.windows)


class Limited:
    """A real runtime on a device with so much memory, and perhaps less than it claims."""

    name, precision = "openvino", "fp32"

    def __init__(self, model: Model, claimed: float, real: float | None = None, device: str = "cpu") -> None:
        self.inner = OpenVINORuntime(model, "fp32")
        self.device, self.plan = device, model.plan
        self.claimed, self.real = claimed, claimed if real is None else real

    def free_memory(self) -> int:
        return int(self.claimed)

    def run(self, voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        if peak_bytes(self.plan, voxels.shape[2:]) > self.real:
            raise RuntimeError("CUDA out of memory. Tried to allocate more than there is.")
        return self.inner.run(voxels)


PLENTY = 1e12


def ladder(*limited: Limited) -> Choice:
    return Choice(tuple((lambda runtime=runtime: runtime) for runtime in limited))


@pytest.mark.parametrize("runtime", ["openvino", "torch"])
def test_a_crop_goes_in_and_its_logits_come_out(model: Model, runtime: str) -> None:
    grid = Grid((40, 41, 30), (3.0, 3.0, 3.0), (1.0, 2.0, 3.0))
    told: list[float] = []
    progress = Progress(lambda stage, fraction: told.append(fraction))
    padded = NetworkInput(body(model.plan, 32, 48, 48), grid)
    logits, info = predict(model, padded, "cpu", runtime, progress, precision="fp32")
    assert logits.values.shape == (22, 30, 41, 40)
    assert logits.values.dtype == np.float32
    assert logits.grid == grid
    assert info == RuntimeInfo(runtime, "cpu", "fp32", tiles=1)
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_a_body_smaller_than_half_the_patch_stands_in_air(model: Model) -> None:
    model = dataclasses.replace(model, plan=dataclasses.replace(model.plan, patch=(32, 32, 64)))
    small = body(model.plan, 16, 48, 32)
    logits, _ = predict(model, NetworkInput(small, Grid((32, 48, 16), (3.0,) * 3)), "cpu", precision="fp32")
    air = normalise(np.full((16, 48, 32), AIR_HU, np.float32), model.plan.windows)
    expected = OpenVINORuntime(model, "fp32").run(np.concatenate([small, air], 1)[None])
    np.testing.assert_array_equal(logits.values, expected[:, :16])


def test_tiles_of_a_real_network_stay_close_to_the_whole(model: Model) -> None:
    voxels = body(model.plan, 96, 64, 64)
    whole, _ = run_ladder(ladder(Limited(model, PLENTY)), voxels, model.plan, Progress())
    enough = 1.2 * peak_bytes(model.plan, (48, 64, 64)) + whole.nbytes
    tiled, info = run_ladder(ladder(Limited(model, enough)), voxels, model.plan, Progress())
    assert info.tiles == 3
    # Instance normalisation sees other statistics in a tile, most of all with random weights.
    assert np.corrcoef(whole.ravel(), tiled.ravel())[0, 1] > 0.9


def test_each_step_down_is_announced(model: Model) -> None:
    voxels = body(model.plan, 64, 32, 32)
    gpu = Limited(model, PLENTY, real=0, device="cuda")
    cpu = Limited(model, 1.2 * peak_bytes(model.plan, (32, 32, 32)) + 4 * 22 * voxels[0].size)
    told: list[str] = []
    progress = Progress(lambda stage, fraction: told.append(stage))
    logits, info = run_ladder(ladder(gpu, cpu), voxels, model.plan, progress)
    assert (info.device, info.tiles) == ("cpu", 3)
    assert logits.shape == (22, 64, 32, 32)
    places = ["64 x 32 x 32 voxels on cuda", "32 x 32 x 32 voxels on cuda", "64 x 32 x 32 voxels on cpu"]
    assert all(place in note for place, note in zip(places, info.notes, strict=True))
    assert [stage for stage in told if stage in info.notes] == list(info.notes)


def test_a_device_too_full_for_the_network_gives_way(model: Model) -> None:
    def start() -> Limited:
        raise RuntimeError("CUDA out of memory.")

    choice = Choice((start, lambda: Limited(model, PLENTY)), ("The GPU is shared.",))
    _, info = run_ladder(choice, body(model.plan, 32, 32, 32), model.plan, Progress())
    assert info.device == "cpu"
    assert info.notes[0] == "The GPU is shared."
    assert "does not fit into memory" in info.notes[1]


@pytest.mark.parametrize("real", [0, PLENTY])
def test_too_little_memory_has_a_name(model: Model, real: float) -> None:
    runtime = Limited(model, PLENTY if real == 0 else 0, real)
    with pytest.raises(ResourceError) as caught:
        run_ladder(ladder(runtime), body(model.plan, 48, 32, 32), model.plan, Progress())
    assert caught.value.code == "resource.memory"
    assert "32 x 32 x 32" in caught.value.sentence


def test_another_failure_is_not_taken_for_memory(model: Model) -> None:
    three_windows = np.zeros((3, 32, 32, 32), np.float32)
    with pytest.raises(ResourceError) as caught:
        run_ladder(ladder(Limited(model, PLENTY)), three_windows, model.plan, Progress())
    assert caught.value.code == "resource.runtime"


def test_cancel_between_tiles_leaves_no_result(model: Model) -> None:
    voxels = body(model.plan, 64, 32, 32)
    told: list[str] = []
    progress = Progress(lambda stage, fraction: told.append(stage), lambda: "part by part" in " ".join(told))
    runtime = Limited(model, PLENTY, real=peak_bytes(model.plan, (32, 32, 32)))
    with pytest.raises(Cancelled):
        run_ladder(ladder(runtime), voxels, model.plan, progress)


def test_the_estimate_covers_what_was_measured(tiny_plan: Plan) -> None:
    """Peak bytes per voxel of whole passes: the shipped size with OpenVINO, a small DynUNet with torch."""

    def per_voxel(name: str, filters: list[int] | None, windows: int) -> float:
        arguments = {"filters": filters} if filters else {}
        network = {"name": name, "arguments": arguments}
        plan = dataclasses.replace(tiny_plan, network=network, windows=tiny_plan.windows[:windows])
        return peak_bytes(plan, (100, 100, 100)) / 1e6

    assert 337 <= per_voxel("SubpixelUNet", [32, 64, 112, 160], 2) < 2 * 337
    assert 823 <= per_voxel("DynUNet", [32, 32, 32], 1) == per_voxel("DynUNet", None, 1)


def without(modules: str) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    code = (
        "import sys, numpy as np\n"
        "from OrganSegLib.model import load_model\n"
        "from OrganSegLib.predict import predict\n"
        "from OrganSegLib.preprocess import NetworkInput\n"
        "from OrganSegLib.volume import Grid\n"
        "scan = NetworkInput(np.zeros((2, 32, 32, 32), np.float32), Grid((32, 32, 32), (3.0, 3.0, 3.0)))\n"
        "logits, info = predict(load_model(sys.argv[1]), scan, 'cpu')\n"
        f"print(info.runtime, [name for name in {modules.split()} if name in sys.modules])\n"
    )

    def run(folder: Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", code, str(folder)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    return run


def test_a_warm_run_on_the_cpu_imports_neither_torch_nor_monai(model: Model) -> None:
    OpenVINORuntime(model, "fp32")  # the graph is in the cache now
    assert without("torch monai scipy matplotlib vtk")(model.folder).stdout == "openvino []\n"

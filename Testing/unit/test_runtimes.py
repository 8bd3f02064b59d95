from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from OrganSegLib import runtimes
from OrganSegLib.errors import ResourceError
from OrganSegLib.model import Model, load_model
from OrganSegLib.runtime_openvino import OpenVINORuntime, cpu_has_bf16
from OrganSegLib.runtime_torch import TorchRuntime, find_gpu, probe
from OrganSegLib.runtimes import choose, free_ram, usable_cores

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this computer has a CUDA device")
with_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


@pytest.fixture
def model(tiny_model: Path) -> Model:
    return load_model(tiny_model)


def voxels(*shape: int) -> np.ndarray:
    """Smooth, CT-like input for the tiny model's two windows."""
    coarse = np.random.default_rng(1).normal(size=(1, 2, *(n // 8 for n in shape)))
    return coarse.repeat(8, 2).repeat(8, 3).repeat(8, 4).astype(np.float32)


def started(model: Model, **options: str) -> list[tuple[str, str]]:
    return [(r.name, r.device) for r in (start() for start in choose(model, **options).starts)]


@without_gpu
def test_openvino_is_chosen_on_the_cpu(model: Model) -> None:
    assert started(model) == [("openvino", "cpu")]
    assert started(model, device="cpu") == [("openvino", "cpu")]
    assert started(model, runtime="openvino") == [("openvino", "cpu")]


def test_torch_is_chosen_on_request_and_where_openvino_is_not_installed(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert started(model, device="cpu", runtime="torch") == [("torch", "cpu")]
    monkeypatch.setattr(runtimes, "find_spec", lambda name: None if name == "openvino" else find_spec(name))
    assert started(model, device="cpu") == [("torch", "cpu")]
    with pytest.raises(ResourceError) as caught:
        choose(model, runtime="openvino")
    assert caught.value.code == "resource.no_runtime"


@pytest.mark.parametrize(
    "options",
    [
        {"device": "tpu"},
        {"runtime": "onnx"},
        {"precision": "int8"},
        {"runtime": "openvino", "device": "cuda"},
    ],
)
def test_options_that_cannot_be_are_refused(model: Model, options: dict[str, str]) -> None:
    with pytest.raises(ResourceError) as caught:
        choose(model, **options)
    assert caught.value.code == "resource.bad_option"
    assert caught.value.next_step


@without_gpu
@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_gpu_that_is_not_there_is_refused(model: Model, device: str) -> None:
    if device == "mps" and torch.backends.mps.is_available():
        pytest.skip("this computer has an MPS device")
    with pytest.raises(ResourceError) as caught:
        choose(model, device=device)
    assert caught.value.code == "resource.no_device"
    assert "cpu" in caught.value.next_step


@without_gpu
def test_a_gpu_that_fails_its_trial_gives_way_to_the_cpu_with_a_note(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch says that there is a GPU; the trial convolution then really fails on this computer."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for device in ("cuda", "auto"):
        gpu, notes = find_gpu(device)
        assert gpu is None
        assert "so the CPU does" in notes[0]
        assert probe("cuda") in notes[0]
    choice = choose(model, device="cuda")
    assert choice.notes == notes
    assert choice.starts[0]().device == "cpu"


def test_the_trial_convolution_passes_on_a_device_that_works() -> None:
    assert probe("cpu") is None


@with_gpu
def test_cuda_agrees_with_the_cpu(model: Model) -> None:
    x = voxels(32, 48, 32)
    cuda = TorchRuntime(model, "cuda")
    assert cuda.precision in ("bf16", "fp16")
    assert cuda.free_memory() > 0
    agreement = cuda.run(x).argmax(0) == TorchRuntime(model, "cpu").run(x).argmax(0)
    assert agreement.mean() > 0.9
    exact = TorchRuntime(model, "cuda", "fp32").run(x).argmax(0) == TorchRuntime(model, "cpu").run(x).argmax(
        0
    )
    assert exact.mean() > 0.99


@with_gpu
def test_a_working_gpu_comes_before_the_cpu(model: Model) -> None:
    assert [device for _, device in started(model)] == ["cuda", "cpu"]


def test_openvino_and_torch_agree_in_fp32(model: Model) -> None:
    by_openvino, by_torch = OpenVINORuntime(model, "fp32"), TorchRuntime(model, "cpu")
    assert by_torch.precision == by_openvino.precision == "fp32"
    for shape in ((32, 48, 32), (64, 32, 32)):
        x = voxels(*shape)
        logits, expected = by_openvino.run(x), by_torch.run(x)
        assert logits.shape == expected.shape == (22, *shape)
        assert logits.dtype == expected.dtype == np.float32
        assert (logits.argmax(0) == expected.argmax(0)).mean() >= 0.999


def test_a_result_outlives_the_next_run(model: Model) -> None:
    runtime = OpenVINORuntime(model, "fp32")
    first = runtime.run(voxels(32, 32, 32))
    kept = first.copy()
    runtime.run(-voxels(32, 32, 32))
    assert np.array_equal(first, kept)


def test_scans_of_many_sizes_and_networks_take_turns(model: Model) -> None:
    exact, rough = (OpenVINORuntime(model, precision) for precision in ("fp32", "bf16"))
    scans = [voxels(32, 32, 32), voxels(48, 32, 32), voxels(32, 48, 64)]
    first = [exact.run(scan) for scan in scans]
    for scan, expected in zip(scans, first, strict=True):
        assert rough.run(scan).shape == expected.shape
        np.testing.assert_array_equal(exact.run(scan), expected)


def test_bf16_stays_close_to_fp32(model: Model) -> None:
    x = voxels(32, 32, 32)
    expected = OpenVINORuntime(model, "fp32").run(x)
    torch_bf16 = TorchRuntime(model, "cpu", "bf16")
    assert torch_bf16.precision == "bf16"
    assert np.corrcoef(torch_bf16.run(x).ravel(), expected.ravel())[0, 1] > 0.999
    if not cpu_has_bf16():
        pytest.skip("this CPU does not compute in bfloat16")
    openvino_auto = OpenVINORuntime(model)
    assert openvino_auto.precision == "bf16"
    assert np.corrcoef(openvino_auto.run(x).ravel(), expected.ravel())[0, 1] > 0.999


def test_the_computer_has_memory_and_cores() -> None:
    assert free_ram() > 1 << 20
    assert usable_cores() >= 1

"""The network by PyTorch: on a CUDA or Apple GPU, or on the CPU where OpenVINO is not installed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .errors import ResourceError
from .head import trunk
from .model import Model
from .runtimes import NETWORKS_KEPT, free_ram, usable_cores

AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


class TorchRuntime:
    """A model's network on a device.

    Args:
        model: to run.
        device: ``cpu``, ``cuda`` or ``mps``.
        precision: ``fp32``, ``bf16``, or ``auto``: bf16 on CUDA (fp16 on GPUs older than that), else fp32.

    Raises:
        ModelError: as `torch_network`.
        RuntimeError: when the device cannot hold the network.
    """

    name = "torch"

    def __init__(self, model: Model, device: str, precision: str = "auto") -> None:
        self.device = device
        self.precision = _auto_precision(device) if precision == "auto" else precision
        self._network = _network(model, device)
        if device == "cpu":
            torch.set_num_threads(usable_cores())

    def free_memory(self) -> int:
        if self.device == "cuda":
            # What torch holds without using it is free for the next run.
            idle = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
            return int(torch.cuda.mem_get_info()[0]) + idle
        if self.device == "mps":
            return int(torch.mps.recommended_max_memory()) - int(torch.mps.current_allocated_memory())
        return free_ram()

    def run(self, voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode(), self._autocast():
            batch = torch.from_numpy(voxels).to(self.device, memory_format=_memory_format(self.device, 3))
            outputs: NDArray[np.float32] = self._network(batch)[0].float().contiguous().cpu().numpy()
        return outputs

    def _autocast(self) -> AbstractContextManager[object]:
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device, AUTOCAST[self.precision])


def find_gpu(device: str) -> tuple[str | None, tuple[str, ...]]:
    """The GPU to use, proven by one small convolution, and notes about one that failed.

    Args:
        device: ``cuda``, ``mps``, or ``auto`` for either.

    Raises:
        ResourceError: ``resource.no_device`` when the named one does not exist.
    """
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device != "auto" and not present[device]:
        raise ResourceError(
            "resource.no_device",
            f"This computer has no {device.upper()} device that PyTorch {torch.__version__} can use.",
            "Choose the device auto or cpu, or install the GPU's driver and a PyTorch made for it.",
        )
    notes: list[str] = []
    for name in (name for name, there in present.items() if there and device in ("auto", name)):
        failure = probe(name)
        if failure is None:
            return name, tuple(notes)
        notes.append(f"The GPU ({name}) cannot run the network, so the CPU does: {failure}")
    return None, tuple(notes)


@lru_cache
def probe(device: str) -> str | None:
    """Run one small 3D convolution on the device: None where it works, else what went wrong."""
    try:
        with torch.inference_mode():
            convolution = nn.Conv3d(2, 2, 3, padding=1).to(device)
            result = convolution(torch.ones(1, 2, 8, 8, 8, device=device)).cpu()
    except (RuntimeError, NotImplementedError, AssertionError) as error:
        return str(error).strip().split("\n")[0]
    return None if bool(result.isfinite().all()) else "a convolution gave undefined numbers"


@lru_cache(maxsize=NETWORKS_KEPT)
def _network(model: Model, device: str) -> nn.Module:
    network = trunk(model)
    # torch's type stubs do not know that a module takes a memory format.
    memory_format = _memory_format(device, model.plan.dimensions)
    return network.to(device, memory_format=memory_format)  # type: ignore[call-overload,no-any-return]


def _memory_format(device: str, dimensions: int) -> torch.memory_format:
    # Channels last suits the convolutions of cuDNN and oneDNN, not those of Metal.
    if device == "mps":
        return torch.contiguous_format
    return torch.channels_last if dimensions == 2 else torch.channels_last_3d


def _auto_precision(device: str) -> str:
    if device != "cuda":
        return "fp32"
    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"

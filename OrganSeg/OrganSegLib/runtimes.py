"""What runs the network: one small interface, and the choice between its implementations."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import ResourceError, is_out_of_memory
from .model import Model
from .plan import Plan

DEVICES = ("auto", "cpu", "cuda", "mps")
RUNTIMES = ("auto", "openvino", "torch")
PRECISIONS = ("auto", "fp32", "bf16")
NETWORKS_KEPT = 8  # per runtime, ready for the next run: more than the largest public model has


class Runtime(Protocol):
    """A network that is ready to run on a device."""

    @property
    def name(self) -> str:
        """``openvino`` or ``torch``."""

    @property
    def device(self) -> str:
        """``cpu``, ``cuda`` or ``mps``."""

    @property
    def precision(self) -> str:
        """``fp32``, ``bf16`` or ``fp16``: what the convolutions compute in."""

    def free_memory(self) -> int:
        """Bytes that the device has left."""

    def run(self, voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        """One field of view: (1, windows, z, y, x) -> (outputs, z, y, x), contiguous, new.

        The outputs are logits, or what the last layer makes logits of where that `is_apart`.

        Raises:
            MemoryError, RuntimeError: when it cannot; see `is_out_of_memory`.
        """


@dataclass(frozen=True)
class Choice:
    """Runtimes to try in turn, each started only when its turn comes.

    Attributes:
        starts: functions that start a runtime.
        notes: why a device that was wished for is not among them.
    """

    starts: tuple[Callable[[], Runtime], ...]
    notes: tuple[str, ...] = ()


# OpenVINO 2025 and 2026 convert the shifted windows of their attention with wrong sizes where these can vary.
SHIFTED_WINDOWS = {"SwinUNETR", "XyzSwinUNETR"}


def choose(model: Model, device: str = "auto", runtime: str = "auto", precision: str = "auto") -> Choice:
    """A GPU that proved to work, where one is wished for; then the CPU.

    Raises:
        ResourceError: ``resource.bad_option``, ``resource.no_runtime`` or ``resource.no_device``.
    """
    _check_options(device, runtime, precision)
    if not _is_for_openvino(model.plan):
        if runtime == "openvino":
            raise ResourceError(
                "resource.no_runtime",
                f"OpenVINO cannot run the network {model.plan.network['name']}.",
                "Choose the runtime torch or auto.",
            )
        runtime = "torch"
    cpu = partial(_start_cpu, model, runtime, precision)
    if device == "cpu" or runtime == "openvino" or (device == "auto" and not _has_gpu_driver()):
        return Choice((cpu,))
    try:
        require_torch()
    except ResourceError as error:
        if device == "auto" and runtime == "auto":
            return Choice((cpu,), (error.sentence,))
        raise
    from .runtime_torch import TorchRuntime, find_gpu

    gpu, notes = find_gpu(device)
    if gpu is None:
        return Choice((cpu,), notes)
    return Choice((partial(TorchRuntime, model, gpu, precision), cpu), notes)


def _is_for_openvino(plan: Plan) -> bool:
    fixed = plan.field_of_view == "patch" and plan.dimensions == 3
    return fixed or plan.network["name"] not in SHIFTED_WINDOWS


def require_torch() -> None:
    """Import PyTorch, or say that it cannot be used.

    Raises:
        ResourceError: ``resource.no_runtime``.
        MemoryError: too little is free to load it.
    """
    try:
        import torch  # noqa: F401
    except Exception as error:  # a damaged installation raises anything
        if is_out_of_memory(error):
            raise MemoryError("PyTorch") from error
        raise ResourceError(
            "resource.no_runtime",
            f"PyTorch is not installed, or it is damaged and cannot be loaded ({type(error).__name__}).",
            "Install it again, in the Python that OrganSeg runs in.",
        ) from error


def free_ram() -> int:
    """Bytes of main memory that are free, here or in the system, or can be freed without swapping."""
    import psutil

    from .heap import kept

    return int(psutil.virtual_memory().available) + kept()


def usable_cores() -> int:
    """Logical cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start_cpu(model: Model, runtime: str, precision: str) -> Runtime:
    if runtime == "openvino" or (runtime == "auto" and find_spec("openvino")):
        from .runtime_openvino import OpenVINORuntime

        return OpenVINORuntime(model, precision)
    require_torch()
    from .runtime_torch import TorchRuntime

    return TorchRuntime(model, "cpu", precision)


def _check_options(device: str, runtime: str, precision: str) -> None:
    for value, allowed in ((device, DEVICES), (runtime, RUNTIMES), (precision, PRECISIONS)):
        if value not in allowed:
            raise ResourceError(
                "resource.bad_option",
                f"There is no choice {value!r}.",
                f"Choose one of: {', '.join(allowed)}.",
            )
    if runtime == "openvino" and device not in ("auto", "cpu"):
        raise ResourceError(
            "resource.bad_option",
            f"OpenVINO runs OrganSeg on the CPU, not on {device}.",
            "Choose the runtime torch for a GPU, or the device cpu for OpenVINO.",
        )
    if runtime == "openvino" and not find_spec("openvino"):
        raise ResourceError(
            "resource.no_runtime",
            "The runtime OpenVINO is not installed.",
            "Install it with: pip install openvino; or choose the runtime torch.",
        )


def _has_gpu_driver() -> bool:
    """Whether it is worth the seconds that importing torch takes to look for a GPU."""
    if sys.platform == "darwin":
        return True
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True

"""The network on the CPU by OpenVINO, the fast way there; never imports torch once the graph is cached."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from .graph import openvino_graph
from .head import outputs
from .model import Model
from .quiet_openvino import openvino
from .runtimes import NETWORKS_KEPT, free_ram, usable_cores

if TYPE_CHECKING:
    from pathlib import Path

    from openvino import CompiledModel, InferRequest


class OpenVINORuntime:
    """A model's graph, compiled for this CPU.

    Args:
        model: to run.
        precision: ``fp32``, ``bf16``, or ``auto``: bf16 where the CPU computes in it.

    Raises:
        ModelError, ResourceError: as `openvino_graph`.
    """

    name = "openvino"
    device = "cpu"

    def __init__(self, model: Model, precision: str = "auto") -> None:
        if precision == "auto":
            precision = "bf16" if cpu_has_bf16() else "fp32"
        self.precision = precision
        self._outputs = outputs(model.plan)
        self._network = _network(model, precision)

    def free_memory(self) -> int:
        return free_ram()

    def run(self, voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        values = np.empty((1, self._outputs, *voxels.shape[2:]), np.float32)
        request = self._network.request(voxels.shape)
        request.set_input_tensor(openvino.Tensor(voxels, shared_memory=True))
        request.set_output_tensor(openvino.Tensor(values, shared_memory=True))
        request.infer()
        return values.reshape(values.shape[1:])


def cpu_has_bf16() -> bool:
    """Whether the CPU computes in bfloat16 (AMX or AVX-512-BF16), which at least halves the time."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class _Network:
    """A graph, compiled for one size of scan at a time.

    Where sizes are known, OpenVINO plans its buffers: a network of 16.6 million parameters takes 1.8 GB for
    2.2 million voxels in place of 2.3, and so much less is waited for when memory is new. To compile anew
    takes 0.2 s. Only the network that ran last keeps its buffers, many times larger than its weights.
    """

    _last: ClassVar[_Network | None] = None

    def __init__(self, graph: Path, precision: str) -> None:
        self._core = openvino.Core()
        self._core.set_property({"ENABLE_MMAP": False})  # a cache may be emptied while this process lives
        self._graph = self._core.read_model(graph)
        self._settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
            "INFERENCE_NUM_THREADS": usable_cores(),
            "ENABLE_HYPER_THREADING": True,
        }
        self._compiled: CompiledModel | None = None
        self._shape: tuple[int, ...] = ()

    def request(self, shape: tuple[int, ...]) -> InferRequest:
        """What computes scans of this shape, (1, windows, z, y, x)."""
        last, _Network._last = _Network._last, self
        if last and last is not self and last._compiled:
            last._compiled.release_memory()
        if self._compiled is None or shape != self._shape:
            self._compiled = None  # before another takes as much memory
            self._graph.reshape(list(shape))
            self._compiled = self._core.compile_model(self._graph, "CPU", self._settings)
            self._shape = shape
        return self._compiled.create_infer_request()


@lru_cache(maxsize=NETWORKS_KEPT)
def _network(model: Model, precision: str) -> _Network:
    return _Network(openvino_graph(model), precision)

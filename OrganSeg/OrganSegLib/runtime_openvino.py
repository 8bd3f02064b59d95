"""The network on the CPU by OpenVINO, the fast way there; never imports torch once the graph is cached."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .graph import openvino_graph
from .head import outputs
from .model import Model
from .quiet_openvino import openvino
from .runtimes import NETWORKS_KEPT, free_ram, usable_cores

if TYPE_CHECKING:
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
        self._request = _request(model, precision)

    def free_memory(self) -> int:
        return free_ram()

    def run(self, voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        values = np.empty((1, self._outputs, *voxels.shape[2:]), np.float32)
        self._request.set_input_tensor(openvino.Tensor(voxels, shared_memory=True))
        self._request.set_output_tensor(openvino.Tensor(values, shared_memory=True))
        self._request.infer()
        return values.reshape(values.shape[1:])


def cpu_has_bf16() -> bool:
    """Whether the CPU computes in bfloat16 (AMX or AVX-512-BF16), which at least halves the time."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@lru_cache(maxsize=1)
def _request(model: Model, precision: str) -> InferRequest:
    """Kept between runs with its buffers, which scans of any size share, since the graph's shape is dynamic.

    Measured as fast as a graph that is compiled anew for each size, which costs 0.2 s and new buffers. Only
    the last network's: buffers are many times larger than networks.
    """
    return _compiled(model, precision).create_infer_request()


@lru_cache(maxsize=NETWORKS_KEPT)
def _compiled(model: Model, precision: str) -> CompiledModel:
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
        "INFERENCE_NUM_THREADS": usable_cores(),
        "ENABLE_HYPER_THREADING": True,
    }
    return openvino.Core().compile_model(openvino_graph(model), "CPU", settings)

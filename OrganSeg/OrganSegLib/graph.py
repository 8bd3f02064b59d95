"""The network as an OpenVINO graph: converted once per model, then read without torch and MONAI."""

from __future__ import annotations

import hashlib
import warnings
from importlib.metadata import version
from pathlib import Path

from .errors import ResourceError
from .model import Model, stored_in_half, torch_network
from .resources import cache_dir
from .sealed import damage, sha256, write_sealed
from .tiles import smallest_shape

GRAPH, CONSTANTS = "network.xml", "network.bin"


def openvino_graph(model: Model) -> Path:
    """Path of the model's graph in the user's cache; converted when it is not there or damaged.

    The graph takes float32 (1, windows, z, y, x) of any size that the plan allows (only the patch's where it
    allows no other: such networks fix their shapes). Its constants are as
    precise as the stored weights, so nothing is lost.

    Raises:
        ModelError: as `torch_network`, when it must be converted.
        ResourceError: ``resource.cache`` when the cache cannot be written.
    """
    folder = cache_dir() / "graphs" / _key(model)
    if damage(folder, (GRAPH, CONSTANTS)):
        try:
            _export(model, folder)
        except OSError as error:
            # Another process may have put the same graph there meanwhile.
            if damage(folder, (GRAPH, CONSTANTS)):
                raise ResourceError(
                    "resource.cache",
                    f"OrganSeg cannot keep its converted network in {folder.parent}: {error}.",
                    "Make that folder writable, name another in ORGANSEG_CACHE, or use the runtime torch.",
                ) from error
    return folder / GRAPH


def _key(model: Model) -> str:
    """Everything that the graph depends on: plan and weights, the network's code, the converter."""
    code = [sha256(file) for file in sorted(Path(__file__).with_name("networks").glob("*.py"))]
    return hashlib.sha256(f"{model.digest} {code} {version('openvino')}".encode()).hexdigest()


def _export(model: Model, folder: Path) -> None:
    import torch

    from .quiet_openvino import openvino

    shape = (1, len(model.plan.windows), *smallest_shape(model.plan))
    free = shape if model.plan.field_of_view == "patch" else (*shape[:2], -1, -1, -1)
    with write_sealed(folder) as new, warnings.catch_warnings():
        # Tracing warns that checks of the example's shape become constants, as they should.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(torch_network(model), torch.zeros(shape), check_trace=False)  # type: ignore[no-untyped-call]
        graph = openvino.convert_model(traced, input=free)
        openvino.save_model(graph, new / GRAPH, compress_to_fp16=stored_in_half(model))

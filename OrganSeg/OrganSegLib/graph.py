"""The network as an OpenVINO graph: converted once per model, then read without torch and MONAI."""

from __future__ import annotations

import hashlib
import os
import warnings
from importlib.metadata import version
from pathlib import Path

from .errors import ResourceError
from .head import trunk
from .locks import Busy, held
from .model import Model
from .resources import cache_dir
from .sealed import damage, sha256, write_sealed
from .stored_weights import stored_in_half
from .tiles import smallest_shape

LOCK, WAIT_SECONDS = ".converting", 600.0  # large networks take minutes on small computers
GRAPH, CONSTANTS = "network.xml", "network.bin"


def openvino_graph(model: Model) -> Path:
    """Path of the model's graph in the user's cache; converted when it is not there or damaged.

    The graph takes float32 (1, windows, z, y, x) of any size that the plan allows (only the patch's where it
    allows no other: such networks fix their shapes). Its constants are as
    precise as the stored weights, so nothing is lost.

    Raises:
        ModelError: as `torch_network`, when it must be converted.
        ResourceError: ``resource.cache`` when the cache cannot be written, ``resource.cache_unsafe`` when
            others can write there.
        MemoryError: too little is free to convert it.
    """
    folder = cache_dir() / "graphs" / _key(model)
    _require_private(folder.parent)
    if damage(folder, (GRAPH, CONSTANTS)):
        try:
            with held(folder.with_name(f"{folder.name}{LOCK}"), WAIT_SECONDS):
                if damage(folder, (GRAPH, CONSTANTS)):  # else another process converted it meanwhile
                    _export(model, folder)
        except (OSError, Busy) as error:
            raise ResourceError(
                "resource.cache",
                f"OrganSeg cannot keep its converted network in {folder.parent}: "
                f"{str(error) or 'another process is still at it'}.",
                "Make that folder writable, name another in ORGANSEG_CACHE, or use the runtime torch.",
            ) from error
    return folder / GRAPH


def _require_private(folder: Path) -> None:
    """Refuse a cache that others can fill: its checksums lie beside the graphs and prove nothing then."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.stat()
    except OSError:
        return  # writing or reading will tell
    others = os.name == "posix" and (facts.st_uid not in (0, os.geteuid()) or facts.st_mode & 0o022)
    if others:
        raise ResourceError(
            "resource.cache_unsafe",
            f"Other users of this computer can change the converted networks in {folder}.",
            "Delete that folder, or name one of your own in ORGANSEG_CACHE.",
        )


def _key(model: Model) -> str:
    """Everything that the graph depends on: plan and weights, the network's code, the converter."""
    files = [*sorted(Path(__file__).with_name("networks").glob("*.py")), Path(__file__).with_name("head.py")]
    code = [sha256(file) for file in files]
    return hashlib.sha256(f"{model.digest} {model.members} {code} {version('openvino')}".encode()).hexdigest()


def _export(model: Model, folder: Path) -> None:
    from .predict import peak_bytes
    from .quiet_openvino import openvino
    from .runtimes import SHIFTED_WINDOWS, free_ram, require_torch

    require_torch()
    import torch

    needed, free_bytes = peak_bytes(model.plan, smallest_shape(model.plan)), free_ram()
    if needed > free_bytes:
        raise MemoryError(f"it needs about {needed / 1e9:.1f} GB, {free_bytes / 1e9:.1f} GB is free")
    shape = (1, len(model.plan.windows), *smallest_shape(model.plan))
    free = shape if model.plan.field_of_view == "patch" else (*shape[:2], -1, -1, -1)
    with write_sealed(folder) as new, warnings.catch_warnings():
        # Tracing warns that checks of the example's shape become constants, as they should.
        warnings.simplefilter("ignore")
        if model.plan.network["name"] in SHIFTED_WINDOWS:
            traced = torch.export.export(trunk(model), (torch.zeros(shape),))
        else:
            traced = torch.jit.trace(trunk(model), torch.zeros(shape), check_trace=False)  # type: ignore[no-untyped-call]
        graph = openvino.convert_model(traced, input=free)
        try:
            openvino.save_model(graph, new / GRAPH, compress_to_fp16=stored_in_half(model))
        except RuntimeError as error:  # which does not say what went wrong
            raise OSError("its disk may be full") from error

"""Network input to logits: the best device first, the whole volume first, one step down when memory ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import ResourceError
from .model import Model
from .plan import Plan
from .preprocess import AIR_HU, NetworkInput, normalise
from .progress import Progress
from .runtimes import Choice, Runtime, choose, is_out_of_memory
from .tiles import Shape, padded_shape, run_tiles, tile_count, tile_shapes, tiled_bytes
from .volume import FloatArray, Grid

T = TypeVar("T")

WIDEST = 32  # features of the first level where the plan does not say
MARGIN = 1.25
MOST_TOLD = 300  # characters of a library's own words


@dataclass(frozen=True)
class Logits:
    """What the network says of each voxel.

    Attributes:
        values: (channels, z, y, x): float32, or float16 where a tiled volume would exceed 2 GiB.
        grid: grid of the crop, without padding.
    """

    values: FloatArray
    grid: Grid


@dataclass(frozen=True)
class RuntimeInfo:
    """How the network was run.

    Attributes:
        runtime: ``openvino`` or ``torch``.
        device: ``cpu``, ``cuda`` or ``mps``.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        tiles: passes of the network; 1 means the whole volume at once.
        notes: sentences about devices that failed and memory that did not suffice.
    """

    runtime: str
    device: str
    precision: str
    tiles: int
    notes: tuple[str, ...] = ()


def predict(
    model: Model,
    network_input: NetworkInput,
    device: str = "auto",
    runtime: str = "auto",
    progress: Progress = Progress(),
    precision: str = "auto",
) -> tuple[Logits, RuntimeInfo]:
    """Run the network over the body.

    Args:
        model: from `load_model`.
        network_input: from `preprocess`, with the model's plan.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        runtime: ``auto``, ``openvino`` or ``torch``.
        progress: told true fractions; may raise `Cancelled` between tiles.
        precision: ``auto`` (what the device is fastest at), ``fp32`` or ``bf16``.

    Raises:
        ModelError: as `torch_network`.
        ResourceError: as `choose` and `run_ladder`, or ``resource.cache``.
    """
    choice = choose(model, device, runtime, precision)
    voxels = _pad(network_input.voxels, model.plan)
    values, info = run_ladder(choice, voxels, model.plan, progress)
    return Logits(network_input.on_grid(values), network_input.grid), info


def run_ladder(
    choice: Choice, voxels: NDArray[np.float32], plan: Plan, progress: Progress
) -> tuple[FloatArray, RuntimeInfo]:
    """Try each runtime in turn, with the whole volume and then ever smaller tiles, until memory suffices.

    Args:
        choice: runtimes in order of preference.
        voxels: (windows, z, y, x), of a `padded_shape`.
        plan: of the model.
        progress: told every step down.

    Returns:
        Logits, (channels, z, y, x), and what gave them.

    Raises:
        ResourceError: ``resource.memory`` when the last step failed, ``resource.runtime`` for other failures.
    """
    notes = list(choice.notes)
    for number, start in enumerate(choice.starts, 1):
        try:
            found = _descend(start, voxels, plan, notes, progress)
        except ResourceError as failure:
            # A GPU may go while it works: unplugged, reset by its driver, taken away by a scheduler.
            if failure.code != "resource.runtime" or number == len(choice.starts):
                raise
            notes.append(f"{failure.sentence} So the next device did it.")
            progress.report(notes[-1])
            continue
        if found:
            return found
    raise ResourceError(
        "resource.memory",
        f"There is too little free memory for this scan. {notes[-1]}",
        "Close other programs, or use a computer with more memory.",
    )


def _descend(
    start: Callable[[], Runtime],
    voxels: NDArray[np.float32],
    plan: Plan,
    notes: list[str],
    progress: Progress,
) -> tuple[FloatArray, RuntimeInfo] | None:
    """One runtime with ever smaller tiles; None where even the smallest does not fit into its memory."""
    runtime = _unless_memory_ends(start, "The network", notes, progress)
    if runtime is None:
        return None
    whole = voxels.shape[1:]
    for tile in tile_shapes(whole, plan):
        step = partial(_run, runtime, voxels, plan, tile, progress)
        part = f"A field of view of {' x '.join(map(str, tile))} voxels on {runtime.device}"
        values = _unless_memory_ends(step, part, notes, progress)
        if values is not None:
            progress.report("Finding organs", 1.0)
            tiles = tile_count(whole, tile)
            return values, RuntimeInfo(runtime.name, runtime.device, runtime.precision, tiles, tuple(notes))
    return None


def peak_bytes(plan: Plan, tile: Shape) -> int:
    """Memory that one field of view may need at its peak, in bytes.

    Counted where the network is widest: input, ten times the first level's features (skip connection,
    concatenation, in and out of convolutions) and twice the logits. Measured for the shipped network: 337
    bytes per voxel with OpenVINO, 254 with torch; the estimate, with its margin, is 440.
    """
    features = _first_features(plan.network)
    if plan.network["name"] == "SubpixelUNet":
        features /= 2**plan.dimensions
    floats = 2 * len(plan.windows) + 10 * features + 2 * plan.channels
    return int(MARGIN * 4 * floats * math.prod(tile))


def _first_features(network: dict[str, Any]) -> float:
    """Features of the first level; of several networks, which run in turn, the most."""
    arguments = network["arguments"]
    if "networks" in arguments:
        return max(map(_first_features, arguments["networks"]))
    named = arguments.get("filters") or arguments.get("channels")
    return float(named[0] if named else arguments.get("feature_size", arguments.get("init_filters", WIDEST)))


def _run(
    runtime: Runtime, voxels: NDArray[np.float32], plan: Plan, tile: Shape, progress: Progress
) -> FloatArray:
    blended = 0 if tile == voxels.shape[1:] else tiled_bytes(plan.channels, voxels.shape[1:])
    needed, free = peak_bytes(plan, tile), runtime.free_memory()
    if needed + blended > free:
        raise MemoryError(f"it needs about {(needed + blended) / 1e9:.1f} GB, {free / 1e9:.1f} GB is free")
    progress.report("Finding organs")
    return run_tiles(runtime.run, voxels, plan.channels, tile, progress, on_voxel=plan.nnunet is not None)


def _unless_memory_ends(action: Callable[[], T], what: str, notes: list[str], progress: Progress) -> T | None:
    """The action's result, or None and a note where memory does not suffice for it."""
    try:
        return action()
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise ResourceError(
                "resource.runtime",
                f"The network could not be run: {' '.join(str(error).split())[:MOST_TOLD]}",
                "Choose another device or runtime; if it happens again, report it.",
            ) from error
        detail = str(error).strip().split("\n")[-1]
        notes.append(f"{what} does not fit into memory ({detail}).")
    progress.report(notes[-1])
    return None


def _pad(voxels: NDArray[np.float32], plan: Plan) -> NDArray[np.float32]:
    """At least the smallest field of view, filled up with air at the far ends."""
    shape = padded_shape(voxels.shape[1:], plan)
    if shape == voxels.shape[1:]:
        return voxels
    air = normalise(np.full((1, 1, 1), AIR_HU, np.float32), plan.windows)
    padded: NDArray[np.float32] = np.broadcast_to(air, (len(air), *shape)).copy()
    z, y, x = voxels.shape[1:]
    padded[:, :z, :y, :x] = voxels
    return padded

"""Network input to logits: the best device first, the whole volume first, one step down when memory ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import ResourceError, is_out_of_memory
from .head import Head, head, outputs
from .members import members
from .model import Model
from .plan import Plan
from .preprocess import AIR_HU, Box, NetworkInput, normalise
from .progress import Progress
from .runtimes import Choice, Runtime, choose
from .tiles import padded_shape, run_tiles, tile_shapes, tiled_bytes, tiled_type
from .tilings import Shape, tiling
from .volume import FloatArray, Grid

T = TypeVar("T")

WIDEST = 32  # features of the first level where the plan does not say
MARGIN = 1.25
MOST_TOLD = 300  # characters of a library's own words


@dataclass(frozen=True)
class Logits:
    """What the network says of each voxel.

    Attributes:
        values: (channels, z, y, x): float32, or float16 where a tiled volume would exceed 2 GiB. Where a head
            is given, what that takes: (features, z, y, x).
        grid: grid of the crop, without padding.
        head: the network's last layer, where that is apart.
    """

    values: FloatArray
    grid: Grid
    head: Head | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(z, y, x)."""
        return self.values.shape[1:]

    def block(self, channels: Sequence[int], place: Box) -> FloatArray:
        """These channels in a part of the grid, float32, (channels, z, y, x); the caller's own."""
        part = self.values[:, *place]
        if self.head is None:
            return part[[*channels]].astype(np.float32, copy=False)
        return self.head(part, channels)

    def channel(self, channel: int) -> FloatArray:
        """One channel, (z, y, x); not to be changed."""
        if self.head is None:
            return np.asarray(self.values[channel])
        return np.asarray(self.head(self.values, [channel])[0])


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
    several = members(model)
    if len(several) > 1:
        return _side_by_side(several, network_input, device, runtime, progress, precision)
    (only,) = several
    choice = choose(only, device, runtime, precision)
    voxels = _pad(network_input.voxels, only.plan)
    values, info = run_ladder(choice, voxels, only.plan, progress)
    return Logits(network_input.on_grid(values), network_input.grid, head(only)), info


def _side_by_side(
    several: list[Model],
    network_input: NetworkInput,
    device: str,
    runtime: str,
    progress: Progress,
    precision: str,
) -> tuple[Logits, RuntimeInfo]:
    """Specialists one after the other, as `networks.together.Specialists` joins them, in less memory."""
    ends = list(accumulate((one.plan.channels - 1 for one in several), initial=1))
    shape = network_input.grid.shape
    leads = np.zeros((ends[-1], *shape), tiled_type(ends[-1], shape))
    infos = []
    for place, (one, first) in enumerate(zip(several, ends, strict=False)):
        own = replace(network_input, voxels=network_input.voxels[place : place + 1])
        part = progress.part(place / len(several), (place + 1) / len(several))
        logits, info = predict(one, own, device, runtime, part, precision)
        for channel in range(1, one.plan.channels):
            leads[first + channel - 1] = logits.channel(channel) - logits.channel(0)
        infos.append(info)
    notes = tuple(dict.fromkeys(note for info in infos for note in info.notes))
    tiles = sum(info.tiles for info in infos)
    return Logits(leads, network_input.grid), replace(infos[-1], tiles=tiles, notes=notes)


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
        What the network gives, (outputs, z, y, x), and what ran it.

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
            tiles = tiling(plan).count(whole, tile)
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
    floats = 2 * len(plan.windows) + 10 * features + 2 * outputs(plan)
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
    values = outputs(plan)
    blended = 0 if tile == voxels.shape[1:] else tiled_bytes(values, voxels.shape[1:])
    needed, free = peak_bytes(plan, tile), runtime.free_memory()
    if needed + blended > free:
        raise MemoryError(f"it needs about {(needed + blended) / 1e9:.1f} GB, {free / 1e9:.1f} GB is free")
    progress.report("Finding organs")
    return run_tiles(runtime.run, voxels, values, tile, progress, tiling(plan))


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

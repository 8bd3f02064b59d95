"""How much of the machine the networks use: ``python -m Testing.benchmarks.peak VOLUME SIDE TURNS MODEL...``.

The peak is the best rate of torch's product of two SIDE x SIDE matrices, in float32 and, where the CPU
computes in it, bfloat16. A network's work is that of its convolutions, as torch's counter has it: what
normalisation and activation take counts as time lost. Products and networks run in turns, in one process.
Prints its findings as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from OrganSegLib.ingest import read_study
from OrganSegLib.model import Model, load_model
from OrganSegLib.networks import build
from OrganSegLib.plan import Plan
from OrganSegLib.preprocess import preprocess
from OrganSegLib.runtimes import choose, usable_cores
from OrganSegLib.tiles import Shape, padded_shape, tile_shapes
from OrganSegLib.volume import Scan
from torch.utils.flop_counter import FlopCounterMode

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass
class Work:
    """Something that is timed.

    Attributes:
        facts: what it is; its ``precision`` is among them.
        gflop: floating-point operations, in 10^9; a multiplication with an addition counts as two.
        call: does it once.
        seconds: of each turn.
    """

    facts: dict[str, Any]
    gflop: float
    call: Callable[[], object]
    seconds: list[float] = field(default_factory=list)


def main(volume: Path, side: int, turns: int, model_folders: Sequence[Path]) -> dict[str, Any]:
    """Peaks by precision in GFLOP/s, and for each network and runtime its median rate and share of them."""
    torch.set_num_threads(usable_cores())
    scan = read_study(volume)
    products = [_product(side, precision) for precision in _precisions()]
    networks = [work for folder in model_folders for work in _networks(load_model(folder), scan)]
    for turn in range(turns + 1):  # turn 0 fills buffers
        for work in products + networks:
            start = time.perf_counter()
            work.call()
            if turn:
                work.seconds.append(time.perf_counter() - start)
    peaks = {work.facts["precision"]: work.gflop / min(work.seconds) for work in products}
    return {"matrix_side": side, "peak_gflop_per_s": peaks, "networks": [_row(w, peaks) for w in networks]}


def gflop(plan: Plan, shape: Shape) -> float:
    """Of the convolutions in one pass over (z, y, x) voxels; nothing is computed."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        build(plan.network)(torch.empty(1, len(plan.windows), *shape))
    return float(counter.get_total_flops()) / 1e9


def _precisions() -> Iterator[str]:
    yield "fp32"
    if find_spec("openvino"):
        from OrganSegLib.runtime_openvino import cpu_has_bf16

        if cpu_has_bf16():
            yield "bf16"


def _product(side: int, precision: str) -> Work:
    a, b, c = (torch.rand(side, side).to(TYPES[precision]) for _ in range(3))
    return Work({"precision": precision}, 2 * side**3 / 1e9, partial(torch.mm, a, b, out=c))


def _networks(model: Model, scan: Scan) -> Iterator[Work]:
    """The network in each runtime and precision, on one field of view as a click on the scan gives it."""
    whole = padded_shape(preprocess(scan, model.plan).voxels.shape[1:], model.plan)
    tile = next(tile_shapes(whole, model.plan))
    voxels = np.random.default_rng(0).standard_normal((1, len(model.plan.windows), *tile), np.float32)
    runs = [("torch", "fp32")]
    if find_spec("openvino"):
        runs = [*(("openvino", precision) for precision in _precisions()), *runs]
    for runtime, precision in runs:
        network = choose(model, "cpu", runtime, precision).starts[0]()
        facts = {"model": model.plan.name, "runtime": runtime, "precision": precision, "voxels": tile}
        yield Work(facts, gflop(model.plan, tile), partial(network.run, voxels))


def _row(work: Work, peaks: dict[str, float]) -> dict[str, Any]:
    wall_s = median(work.seconds)
    rate = work.gflop / wall_s
    return {
        **work.facts,
        "gflop": work.gflop,
        "runs": work.seconds,
        "wall_s": wall_s,
        "gflop_per_s": rate,
        "share": rate / peaks[work.facts["precision"]],
    }


if __name__ == "__main__":
    found = main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), [Path(p) for p in sys.argv[4:]])
    print(json.dumps(found))

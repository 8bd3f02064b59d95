"""A warm worker's click: ``python -m Testing.benchmarks.warm_click VOLUME MODEL RUNTIME PRECISION``.

The scan is in memory, as it is in Slicer, and comes back as labels, measurements and surfaces in memory.
Prints the worker's `Cost` as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import psutil
from OrganSegLib.client import WorkerClient
from OrganSegLib.ingest import read_study
from OrganSegLib.model import load_model
from OrganSegLib.pipeline import Options

from .timing import Cost


def main(volume: Path, model_folder: Path, runtime: str, precision: str) -> Cost:
    """Segment twice, time the second."""
    scan, model = read_study(volume), load_model(model_folder)
    options = Options(device="cpu", runtime=runtime, precision=precision)
    with WorkerClient() as client:
        client.segment(scan, model, options)
        worker = psutil.Process(client.ping()["pid"])
        user_before, start = worker.cpu_times().user, time.perf_counter()
        client.segment(scan, model, options)
        wall_s = time.perf_counter() - start
        return Cost(wall_s, worker.cpu_times().user - user_before, _peak_rss_gb(worker))


def _peak_rss_gb(process: psutil.Process) -> float:
    """Since its start; where the system keeps no peak (macOS), what it holds now."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.is_file():
        return process.memory_info().rss / 1e9
    peak_kib = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:")).split()[1]
    return int(peak_kib) * 1024 / 1e9


if __name__ == "__main__":
    print(json.dumps(asdict(main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))))

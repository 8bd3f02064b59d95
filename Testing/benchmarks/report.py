"""The benchmark's results as JSON-ready facts and as a Markdown table."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from .contestants import Contestant
from .timing import Cost

PACKAGES = ("organseg", "torch", "monai", "openvino", "SimpleITK", "vtk", "TotalSegmentator", "nnunetv2")
TARGETS = {"fp32": 0.85, "bf16": 0.45}  # of the peak in the same precision
CPU_FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16")


def describe_machine() -> dict[str, Any]:
    """Processor, memory and versions; nothing that names the machine."""
    processor, features = platform.processor() or platform.machine(), list[str]()
    if (cpuinfo := Path("/proc/cpuinfo")).is_file():
        facts = dict(line.split(":", 1) for line in cpuinfo.read_text().split("\n\n")[0].splitlines())
        facts = {name.strip(): value.strip() for name, value in facts.items()}
        processor = facts.get("model name", processor)
        features = [name for name in CPU_FEATURES if name in facts.get("flags", "").split()]
    return {
        "processor": processor,
        "features": features,
        "logical_cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def summary(contestant: Contestant, costs: list[Cost], problem: str, ours: list[Cost]) -> dict[str, Any]:
    """A contestant's medians, fastest and slowest turn, and its wall time in multiples of ours."""
    row: dict[str, Any] = {"key": contestant.key, "title": contestant.title, "problem": problem}
    if costs:
        row["runs"] = [vars(cost) for cost in costs]
        row |= {name: median(run[name] for run in row["runs"]) for name in vars(costs[0])}
        walls = [cost.wall_s for cost in costs]
        row |= {"fastest_s": min(walls), "slowest_s": max(walls)}
        row["ratio"] = row["wall_s"] / median(cost.wall_s for cost in ours) if ours else None
    return row


def markdown(rows: Iterable[dict[str, Any]]) -> str:
    """The rows as a table; whoever did not run is in it too, with the reason."""
    lines = [
        "| contestant | wall s | fastest to slowest | user CPU s | peak RSS GB | wall, ours = 1 |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        cells = [row["problem"], "", "", "", ""]
        if "wall_s" in row:
            cells = [f"{row[name]:.1f}" for name in ("wall_s", "user_cpu_s", "peak_rss_gb")]
            cells.insert(1, f"{row['fastest_s']:.1f} to {row['slowest_s']:.1f}")
            cells.append(f"{row['ratio']:.2f}" if row["ratio"] else "")
        lines.append(f"| {row['title']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def peak_markdown(peak: dict[str, Any]) -> str:
    """The rates of the networks beside those of the matrix products, as a table."""
    lines = [
        "| network alone | precision | GFLOP | s | GFLOP/s | matrix product, GFLOP/s | share | target |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in peak["networks"]:
        best = peak["peak_gflop_per_s"][row["precision"]]
        numbers = f"{row['gflop']:.3g} | {row['wall_s']:.2g} | {row['gflop_per_s']:.3g} | {best:.3g}"
        shares = f"{row['share']:.0%} | {TARGETS[row['precision']]:.0%}"
        lines.append(f"| {network_title(row)} | {row['precision']} | {numbers} | {shares} |")
    return "\n".join(lines)


def network_title(row: dict[str, Any]) -> str:
    """A network and what ran it."""
    return f"{row['model']}, {row['runtime']}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

"""Where a run came from: code, packages, machine, command."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from .files import write_json
from .run_folder import PROVENANCE

PACKAGES = ("organseg", "torch", "monai", "numpy", "scipy", "SimpleITK", "pydicom", "optuna")


def write_provenance(run: Path, **facts: Any) -> None:
    """Write ``provenance.json`` with what is known of the code and machine, and further facts."""
    known = {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.argv,
        "git_revision": git_revision(),
        "packages": {name: _version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": machine(),
    }
    write_json(run / PROVENANCE, {**known, **facts})


def read_provenance(run: Path) -> dict[str, Any]:
    """What `write_provenance` wrote; nothing where it did not."""
    path = run / PROVENANCE
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return facts


def git_revision() -> str | None:
    """Of the source tree, with ``-dirty`` where it was changed; None outside a git checkout."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:  # git is not installed
        return None
    return found.stdout.strip() or None


def machine() -> dict[str, Any]:
    """Processor cores, memory and GPUs, as a person would describe the machine."""
    import torch

    gpus = [torch.cuda.get_device_properties(n) for n in range(torch.cuda.device_count())]
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "gpus": [{"name": gpu.name, "memory_gb": round(gpu.total_memory / 1e9, 1)} for gpu in gpus],
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

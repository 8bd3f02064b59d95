"""What a supporter needs to know of a computer; nothing that identifies a person."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import __version__
from ..resources import cache_dir

PACKAGES = ("torch", "openvino", "monai", "SimpleITK", "pydicom", "vtk", "numpy")


def facts() -> dict[str, str]:
    """What -> how it is here."""
    import psutil

    memory = psutil.virtual_memory()
    return {
        "OrganSeg": __version__,
        "Python": platform.python_version(),
        "System": f"{platform.system()} {platform.release()}, {platform.machine()}",
        **{name: _version(name) for name in PACKAGES},
        "Devices": ", ".join(_devices()),
        "Processors": str(os.cpu_count()),
        "Memory": f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free",
        "Cache": f"{_without_home(cache_dir())} ({_size(cache_dir()) / 2**20:.1f} MiB)",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _devices() -> list[str]:
    """Those that proved to work, and why a GPU does not."""
    from ..runtime_torch import find_gpu

    gpu, notes = find_gpu("auto")
    return ["cpu", *([gpu] if gpu else []), *notes]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _without_home(path: Path) -> str:
    """The home folder's name is often a person's."""
    return str(Path("~") / path.relative_to(Path.home())) if path.is_relative_to(Path.home()) else str(path)

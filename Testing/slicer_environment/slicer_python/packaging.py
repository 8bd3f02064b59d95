"""``slicer.packaging`` in testing mode, where it never installs."""

import importlib.metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement


def load_requirements(path: str | Path) -> list[Requirement]:
    """The requirements of a requirements.txt; comments and pip's options are left out."""
    lines = (line.split(" #")[0].strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def pip_check(req: str | Requirement | list[str | Requirement]) -> bool:
    """Whether everything asked for is installed in a version that fits."""
    wanted = req if isinstance(req, list) else [req]
    return all(_is_installed(Requirement(str(one))) for one in wanted)


def _is_installed(requirement: Requirement) -> bool:
    if requirement.marker and not requirement.marker.evaluate():
        return True
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return requirement.specifier.contains(version, prereleases=True)


def pip_ensure(requirements: Any, *, requester: str | None = None, **_: Any) -> None:
    """Return without installing, as Slicer's does in testing mode."""

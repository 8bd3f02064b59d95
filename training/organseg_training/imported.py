"""What users bring along, by its import path."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import ConfigError


def imported(path: str, what: str) -> Any:
    """The object at ``package.module:Name``.

    Args:
        path: of something that is installed, or lies where ``PYTHONPATH`` points.
        what: it is, for errors.

    Raises:
        ConfigError: ``config.import_failed``.
    """
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            "config.import_failed",
            f"The {what} {path} cannot be imported: {error}.",
            "Check its name, and that its package is installed beside OrganSeg.",
        ) from error

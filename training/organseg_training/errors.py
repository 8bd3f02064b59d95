"""What can go wrong in training, in the engine's family of named errors."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from OrganSegLib.errors import OrganSegError


class ConfigError(OrganSegError):
    """The configuration cannot be used: codes ``config.*``."""

    exit_code = 9


class DataError(OrganSegError):
    """The data set cannot be learnt from as it is: codes ``data.*``."""

    exit_code = 10


class TrainingError(OrganSegError):
    """A run cannot start, go on or be used: codes ``training.*``."""

    exit_code = 11


def nearest_name(wanted: str, known: Iterable[str], otherwise: str) -> str:
    """The next step after a name that nobody knows: the one that was probably meant, else ``otherwise``."""
    nearest = get_close_matches(wanted, list(known), n=1)
    return f"Did you mean {nearest[0]}?" if nearest else otherwise

"""What can go wrong in training, in the engine's family of named errors."""

from __future__ import annotations

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

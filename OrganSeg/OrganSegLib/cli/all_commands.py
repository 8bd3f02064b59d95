"""The application with all of its commands."""

from . import later, models, proximity, public, report, view  # noqa: F401 (add their commands)
from .commands import app

__all__ = ["app"]

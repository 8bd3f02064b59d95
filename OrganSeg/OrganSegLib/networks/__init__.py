"""Networks by name: the only ones that a plan may ask for."""

from .library import build, names, trust

__all__ = ["build", "names", "trust"]

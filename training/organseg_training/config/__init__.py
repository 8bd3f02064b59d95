"""One frozen, typed configuration per run, read from YAML."""

from .base import Section
from .config import Config, load_config

__all__ = ["Config", "Section", "load_config"]

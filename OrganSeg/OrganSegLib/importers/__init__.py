"""Foreign models into OrganSeg's own model folder, after which no foreign format is touched again."""

from .choice import Choice
from .install import import_models

__all__ = ["Choice", "import_models"]

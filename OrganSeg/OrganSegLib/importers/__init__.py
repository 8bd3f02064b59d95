"""Foreign models into OrganSeg's own model folder, after which no foreign format is touched again."""

from .install import Choice, import_models

__all__ = ["Choice", "import_models"]

"""The tiny model of the unit tests and their cache."""

from Testing.unit.conftest import _own_cache, _tiny_model_folder, tiny_model, tiny_plan

__all__ = ["_own_cache", "_tiny_model_folder", "tiny_model", "tiny_plan"]

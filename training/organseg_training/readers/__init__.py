"""How raw collections are laid out on disk: one reader per layout, all with the same three questions."""

from .reader import Entry, LabelArray, Reader
from .registry import open_readers

__all__ = ["Entry", "LabelArray", "Reader", "open_readers"]

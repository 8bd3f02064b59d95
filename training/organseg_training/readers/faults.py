"""What can be wrong with files in any layout, ready to raise."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataError
from .reader import Entry


def image_of(entry: Entry) -> Path:
    """The scan's file or folder.

    Raises:
        DataError: ``data.unpaired`` where there are only labels.
    """
    if entry.image is None:
        raise unpaired(f"The labels of {entry.name} have no image of the same name.")
    return entry.image


def unpaired(sentence: str) -> DataError:
    """``data.unpaired``."""
    return DataError("data.unpaired", sentence, "Give both, under the same name, or remove the one.")


def wrong_layout(folder: Path, wanted: str) -> DataError:
    """``data.layout``."""
    return DataError("data.layout", f"{folder} does not hold {wanted}.", "Check `folder` and `layout`.")


def corrupt(path: Path) -> DataError:
    """``data.corrupt``."""
    sentence = f"{path.name} is damaged or no file of its kind."
    return DataError("data.corrupt", sentence, "Copy it again, or leave it out.")


def mixed_sizes(sentence: str) -> DataError:
    """``data.mixed_sizes``."""
    return DataError("data.mixed_sizes", sentence, "Export images and masks in their original size.")

"""What a MONAI bundle says of itself: the names of its labels, where it comes from, its licence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..bounds import shown
from .refusals import damaged, unsupported

CALLED = "configs/metadata.json"
MOST_REFERENCES = 5
LICENCE_LETTERS = 300  # enough for its title


def names_of(metadata: Mapping[str, Any], channels: int) -> dict[int, str]:
    """Label value -> name as the makers wrote it, without background.

    Args:
        metadata: of the bundle.
        channels: outputs of its network, one per label and one for background.

    Raises:
        ModelError: ``model.import_unsupported`` for networks that were not made for one CT,
            ``model.import_damaged`` when names and outputs do not match.
        KeyError, TypeError, ValueError: when an entry is missing or makes no sense.
    """
    data = metadata["network_data_format"]
    (image,), (found,) = data["inputs"].values(), data["outputs"].values()
    if str(image.get("modality", "CT")).casefold() != "ct":
        raise unsupported(f"it is made for images of the kind {image['modality']!r}, not for CT")
    names = {int(channel): str(name) for channel, name in found["channel_def"].items()}
    if sorted(names) != list(range(channels)) or channels < 2:
        raise damaged(CALLED, f"it names {len(names)} labels, and the network has {channels} outputs")
    if names.pop(0).casefold() != "background":
        raise unsupported("its first output is not the background")
    return names


def facts_of(metadata: Mapping[str, Any], variant: str, licence: Path) -> dict[str, Any]:
    """Where the bundle comes from, for plan and card.

    Args:
        metadata: of the bundle.
        variant: which of several networks was taken; empty where there is one.
        licence: file with the text of its licence, if there is one.
    """
    references = metadata.get("references", [])
    return {
        "imported_from": "MONAI bundle",
        "dataset": shown(metadata.get("data_source", "not stated")),
        "bundle": shown(metadata["name"]),
        "version": shown(metadata.get("version", "1")),
        "configuration": variant,
        "references": [shown(text) for text in references[:MOST_REFERENCES]],
        "licence": _licence(licence),
    }


def _licence(path: Path) -> str:
    """The first two lines of its text, as ``Apache License, Version 2.0, January 2004``."""
    if not path.is_file():
        return "not stated"
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = [line.strip() for line in file.read(LICENCE_LETTERS).splitlines()]
    return shown(", ".join([line for line in lines if line][:2])) or "not stated"

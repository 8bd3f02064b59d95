"""A foreign model's label names as organs: known ones as OrganSeg knows them, others readable, distinct."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import PureWindowsPath

from ..organs import Organ, catalogue, organ_named, synonyms

LONGEST = 56  # letters of a name: it becomes part of file names
GOLDEN = 0.618034  # of a turn: hues that far apart never come close to each other
MANY = 1000  # pieces: of what is not known, nobody can say how many are normal


def organs_of(names: Mapping[int, str]) -> dict[int, Organ]:
    """Label value -> organ; of labels that mean the same organ, the first is that organ.

    Args:
        names: label value -> name, in any spelling (``Left kidney``), or what others call it (``IVC``).
    """
    organs: dict[int, Organ] = {}
    taken: set[str] = set()
    for place, (value, written) in enumerate(sorted(names.items())):
        name = readable(written)
        name = _known().get(name, name) or f"label_{value}"
        while name in taken:
            name = f"{name}_{value}"
        taken.add(name)
        organs[value] = organ_named(name)
        if name not in catalogue():
            organs[value] = replace(organs[value], colour=_colour(place), components=MANY)
    return organs


def readable(written: str) -> str:
    """``Left Kidney`` -> ``kidney_left``; empty where nothing remains that a file can be named."""
    name = re.sub(r"[\W_]+", "_", written.casefold()).strip("_")[:LONGEST]
    if PureWindowsPath(name).is_reserved():
        return ""
    sided = re.fullmatch(r"(left|right)_(.+)", name)
    return f"{sided[2]}_{sided[1]}" if sided else name


@cache
def _known() -> dict[str, str]:
    """Readable name -> the catalogue's, of all that mean an organ of the catalogue."""
    return {readable(written): name for name, others in synonyms().items() for written in (name, *others)}


def _colour(place: int) -> tuple[int, int, int]:
    saturation, value = ((0.55, 0.9), (0.8, 0.75), (0.4, 0.7))[place % 3]
    red, green, blue = colorsys.hsv_to_rgb(place * GOLDEN % 1, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)

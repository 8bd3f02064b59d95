"""Values that nobody expects, put into any place of a JSON file."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from OrganSegLib.errors import ModelError
from OrganSegLib.importers import Choice, import_models

VALUES = (None, "x", "\x1b[31m\n", -1, 10**400, float("inf"), float("nan"), True, [], {}, [[[]]])


def entries(facts: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each value inside lies: the keys and indices that lead to it."""
    for key in facts if isinstance(facts, dict) else range(len(facts)) if isinstance(facts, list) else ():
        yield (*place, key)
        yield from entries(facts[key], (*place, key))


def changed(facts: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at one of its `entries`."""
    copied = copy.deepcopy(facts)
    *outer, last = place
    reduce(lambda inner, key: inner[key], outer, copied)[last] = value
    return copied


def refusals(home: Path, file: Path, tries: int) -> list[str]:
    """What is said of a model while a random entry of its file has an odd value; some are taken."""
    facts = json.loads(file.read_text())
    places = list(entries(facts))
    chance = np.random.default_rng(1)
    said = []
    for number in range(tries):
        place = places[chance.integers(len(places))]
        file.write_text(json.dumps(changed(facts, place, VALUES[chance.integers(len(VALUES))])))
        try:
            import_models([home], Choice(name=f"m{number}"))
        except ModelError as error:
            said.append(error.sentence)
    return said

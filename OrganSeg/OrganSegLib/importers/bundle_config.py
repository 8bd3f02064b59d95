"""The configuration of a MONAI bundle as values: references followed, plain expressions read, no code run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..bounds import shown
from .expressions import REFERENCE, evaluated, vet
from .refusals import damaged, unsupported

CONFIGURATION = "configs/inference.json"
TARGET = "_target_"
MOST_STEPS = 10_000  # references followed, entries looked at: a hundred times what known bundles take
BESIDE = (TARGET, "_desc_", "_disabled_")  # entries of a component that are no arguments
# What bundles name besides the network, its transforms and its windows: none of it is used.
AROUND = {
    *("Compose", "Dataset", "CacheDataset", "PersistentDataset", "DataLoader", "ThreadDataLoader"),
    *("SupervisedEvaluator", "StatsHandler", "CheckpointLoader", "ValidationHandler", "MeanDice"),
}


@dataclass(frozen=True)
class Component:
    """What a bundle would make of a class: its name and its arguments, these not yet looked at."""

    name: str
    arguments: Mapping[str, Any]


@dataclass
class Config:
    """``inference.json``.

    Args:
        content: as it stands in the file.
        replaced: ids of entries (``displayable_configs#highres``) that have another value.
    """

    content: Mapping[str, Any]
    replaced: Mapping[str, Any] = field(default_factory=dict)
    _steps: int = field(default=0, init=False)

    def vet(self, known: set[str]) -> None:
        """Look at all of the file for what no bundle needs.

        Args:
            known: classes that may be named, besides those that surround a network.

        Raises:
            ModelError: ``model.import_unsupported`` for a class that is not known, ``model.import_unsafe``
                for an expression that names anything odd.
        """
        for name in self.content:
            if re.search("^[+~]|#|::", name):
                raise unsupported(f"it replaces an entry by another, {name!r}")
        for text, is_class in _texts(self.content):
            self._count()
            if is_class and _class_name(text) not in known | AROUND:
                raise unsupported(f"it asks for {text!r}, which OrganSeg does not have")
            if text.startswith("$"):
                vet(text)
            elif text.startswith("%"):
                raise unsupported(f"it takes {text!r} from another file")

    def value(self, value: Any) -> Any:
        """A value with its own reference or expression resolved; entries inside of it are left as they are.

        Raises:
            ModelError: ``model.import_unsupported`` for an expression that is more than plain,
                ``model.import_damaged`` for references that lead nowhere or in a circle.
        """
        while isinstance(value, str):
            self._count()
            if found := REFERENCE.fullmatch(value):
                value = self._entry(found[1])
            elif value.startswith("$"):
                value = evaluated(value, lambda place: self.value(self._entry(place)))
            else:
                break
        return value

    def plain(self, value: Any) -> Any:
        """A value with everything inside of it resolved."""
        value = self.value(value)
        if isinstance(value, list):
            return [self.plain(entry) for entry in value]
        if isinstance(value, dict):
            return {name: self.plain(entry) for name, entry in value.items()}
        return value

    def component(self, value: Any) -> Component | None:
        """What a reference or an entry describes; None where it is switched off."""
        entry = self.value(value)
        if not isinstance(entry, dict) or TARGET not in entry:
            raise damaged(CONFIGURATION, f"{shown(repr(value))} describes no part of a model")
        arguments = {name: inner for name, inner in entry.items() if name not in BESIDE}
        if odd := [name for name in arguments if name.startswith("_")]:
            raise unsupported(f"its {entry[TARGET]} has the setting {odd[0]}")
        if self.plain(entry.get("_disabled_", False)):
            return None
        return Component(_class_name(entry[TARGET]), arguments)

    def steps(self, name: str) -> list[Component]:
        """The transforms of the entry ``name``, in their order."""
        outer = self.component(f"@{name}")
        if outer is None:
            return []
        if outer.name != "Compose" or outer.arguments.keys() != {"transforms"}:
            raise unsupported(f"its {name} is no plain Compose of transforms")
        inner = [self.component(entry) for entry in self.value(outer.arguments["transforms"])]
        return [transform for transform in inner if transform is not None]

    def entries_of(self, name: str) -> Iterator[Mapping[str, Any]]:
        """Every entry of the file, at whatever depth, that describes the class ``name``."""
        yield from (facts for facts in _dicts(self.content) if _class_name(facts.get(TARGET)) == name)

    def _entry(self, place: str) -> Any:
        way = re.split("#|::", place)
        if (name := "#".join(way)) in self.replaced:
            return self.replaced[name]
        value: Any = self.content
        for key in way:
            value = self.value(value)
            try:
                value = value[int(key) if isinstance(value, list) else key]
            except (LookupError, TypeError, ValueError) as error:
                raise damaged(CONFIGURATION, f"it does not hold @{shown(place)}, which is needed") from error
        return value

    def _count(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise damaged(CONFIGURATION, "its references lead in a circle, or it is far too long")


def _class_name(target: Any) -> str:
    """``SegResNet`` of ``SegResNet`` or ``monai.networks.nets.SegResNet``; empty for what is not MONAI's."""
    found = re.fullmatch(r"(?:monai\.(?:[a-z_0-9]+\.)*)?(\w+)", target) if isinstance(target, str) else None
    return found[1] if found else ""


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _dicts(inner)


def _texts(value: Any, is_class: bool = False) -> Iterator[tuple[str, bool]]:
    """Every text inside, and whether it names a class; what names one and is no text counts as its text."""
    if is_class or isinstance(value, str):
        yield str(value), is_class
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, name == TARGET)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)

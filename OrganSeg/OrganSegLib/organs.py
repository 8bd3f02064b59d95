"""The one list of organs: names, SNOMED CT codes, colours, normal volumes (``Resources/organs.json``)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from . import bounds
from .resources import resources_dir

MOST_ML = 1e6
SIDES = {"left": "7771000", "right": "24028007"}  # SNOMED CT


@dataclass(frozen=True)
class Code:
    """A coded concept as Slicer's terminologies and DICOM SEG want it."""

    value: str
    meaning: str
    scheme: str = "SCT"


@dataclass(frozen=True)
class Organ:
    """What is known of an organ apart from any scan.

    Attributes:
        name: TotalSegmentator's name (``kidney_left``).
        code: SNOMED CT code of the anatomical structure.
        category: SNOMED CT code of what kind of structure it is.
        side: ``"left"``, ``"right"`` or ``""``, where neither is meant or the code itself says which (*left
            atrium*); the laterality modifier follows from it.
        colour: RGB, 0 to 255.
        volume_ml: normal range in an adult, or None where none is stated.
        components: how many separate pieces are normal.
        volume_source: who published that range (author, journal, year), or how it follows from what they did.
        region: SNOMED CT code of where it lies, for what can lie in many places (a cyst); the side is that of
            the region then.
    """

    name: str
    code: Code
    category: Code
    colour: tuple[int, int, int]
    side: str = ""
    volume_ml: tuple[float, float] | None = None
    components: int = 1
    volume_source: str = ""
    region: Code | None = None

    @property
    def title(self) -> str:
        """``kidney_left`` -> ``Kidney left``."""
        words = self.name.replace("_", " ")
        return words[:1].upper() + words[1:]

    @property
    def modifier(self) -> Code | None:
        """SNOMED CT laterality of a sided organ."""
        return None if self.region else self._laterality

    @property
    def region_modifier(self) -> Code | None:
        """SNOMED CT laterality of the region."""
        return self._laterality if self.region else None

    @property
    def _laterality(self) -> Code | None:
        return Code(SIDES[self.side], self.side.capitalize()) if self.side in SIDES else None

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Organ:
        """Read an entry of ``organs.json``, a label of ``plan.json`` or of a result folder.

        Raises:
            KeyError, TypeError, ValueError, IndexError: when the entry is incomplete or cannot be right.
        """
        red, green, blue = (int(bounds.within(0, c, 255)) for c in facts["colour"])
        low_high = [float(bounds.within(0, v, MOST_ML)) for v in facts.get("volume_ml") or ()]
        return cls(
            name=bounds.name(facts["name"]),
            code=_code(facts["code"]),
            category=_code(facts["category"]),
            colour=(red, green, blue),
            side=bounds.line(facts.get("side", "")),
            volume_ml=(low_high[0], low_high[1]) if low_high else None,
            components=int(bounds.within(1, facts.get("components", 1), 1000)),
            volume_source=bounds.line(facts.get("volume_source", "")),
            region=_code(facts["region"]) if facts.get("region") else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Inverse of `from_dict`, JSON-ready."""
        return {
            "name": self.name,
            "code": [self.code.value, self.code.meaning],
            "category": [self.category.value, self.category.meaning],
            "colour": list(self.colour),
            "side": self.side,
            "volume_ml": list(self.volume_ml) if self.volume_ml else None,
            "components": self.components,
            "volume_source": self.volume_source,
            "region": [self.region.value, self.region.meaning] if self.region else None,
        }


def _code(parts: list[str]) -> Code:
    return Code(*map(bounds.code, parts))


@cache
def entries() -> list[dict[str, Any]]:
    """What ``organs.json`` says of each organ, with what is said there of all of them."""
    facts = json.loads((resources_dir() / "organs.json").read_text(encoding="utf-8"))
    return [{**facts["common"], **entry} for entry in facts["organs"]]


@cache
def catalogue() -> dict[str, Organ]:
    """Every organ that OrganSeg knows by name."""
    return {entry["name"]: Organ.from_dict(entry) for entry in entries()}


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Part of the body (``abdomen``) -> names of its organs; every organ of the catalogue stands in one."""
    names: dict[str, list[str]] = {}
    for entry in entries():
        names.setdefault(entry["group"], []).append(entry["name"])
    return {group: tuple(organs) for group, organs in names.items()}


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """Name of each organ of the catalogue -> what others call it, in any spelling."""
    return {entry["name"]: tuple(entry.get("names", ())) for entry in entries()}


def organ_named(name: str) -> Organ:
    """The catalogue's organ, or a plain anatomical structure for a name that it does not have.

    A name that ends in ``_left`` or ``_right`` tells the side; the colour follows from the name.
    """
    if name in catalogue():
        return catalogue()[name]
    structure = Code("123037004", "Anatomical Structure")
    red, green, blue = (64 + value % 160 for value in hashlib.sha256(name.encode()).digest()[:3])
    side = next((side for side in ("left", "right") if name.endswith(f"_{side}")), "")
    return Organ(name, structure, structure, (red, green, blue), side)

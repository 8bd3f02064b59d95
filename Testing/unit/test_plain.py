from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pytest
from OrganSegLib.plain import built


@dataclass(frozen=True)
class Inner:
    mm: float
    side: Literal["left", "right"] = "left"


@dataclass(frozen=True)
class Outer:
    name: str
    place: tuple[float, float, float] | None
    inner: tuple[Inner, ...]
    seconds: dict[str, float]
    count: int = 0
    whole: bool = True
    value: float | str | None = None


VALUE = Outer("é", (1.0, 2.5, -3.0), (Inner(1.0), Inner(2, "right")), {"predict": 1.5}, 3, False, "no")


def test_what_was_plain_is_the_same_again() -> None:
    assert built(Outer, json.loads(json.dumps(asdict(VALUE)))) == VALUE
    assert built(Outer, {**asdict(VALUE), "place": None, "more": 1}).place is None


@pytest.mark.parametrize(
    "change",
    [
        {"name": 3},
        {"name": None},
        {"place": [1.0, 2.0]},
        {"place": "123"},
        {"inner": {"mm": 1.0}},
        {"inner": [{"mm": "1", "side": "left"}]},
        {"inner": [{"mm": 1.0, "side": ["left"]}]},
        {"inner": [{"mm": float("nan"), "side": "left"}]},
        {"inner": [7]},
        {"seconds": [1.0]},
        {"seconds": {"predict": None}},
        {"count": 1.5},
        {"count": True},
        {"whole": 1},
        {"value": [1.0]},
    ],
)
def test_other_types_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected|argument"):
        built(Outer, asdict(VALUE) | change)


def test_what_is_missing_is_refused() -> None:
    facts = asdict(VALUE)
    del facts["place"]
    with pytest.raises(KeyError):
        built(Outer, facts)

"""The one list of organs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from OrganSegLib.organs import Code, Organ, catalogue


def test_every_organ_is_complete_and_unlike_the_others() -> None:
    organs = catalogue()
    assert len({organ.colour for organ in organs.values()}) == len(organs)
    for name, organ in organs.items():
        assert organ.name == name == name.lower()
        assert organ.code.value.isdigit()
        assert organ.category.value.isdigit()
        assert all(0 <= channel <= 255 for channel in organ.colour)
        assert organ.components >= 1
        assert organ.volume_ml is not None
        assert 0 < organ.volume_ml[0] < organ.volume_ml[1]
        assert re.search(r"\b(19|20)\d\d\b", organ.volume_source), "author, journal and year"


def test_sides_agree_with_names_and_come_in_pairs() -> None:
    organs = catalogue()
    for name, organ in organs.items():
        assert organ.side == next((side for side in ("left", "right") if name.endswith(side)), "")
        if organ.side:
            partner = organs[name.replace(organ.side, {"left": "right", "right": "left"}[organ.side])]
            assert partner.code == organ.code


def test_laterality_is_coded() -> None:
    organs = catalogue()
    assert organs["kidney_left"].modifier == Code("7771000", "Left")
    assert organs["kidney_right"].modifier == Code("24028007", "Right")
    assert organs["liver"].modifier is None


def test_title_is_for_people() -> None:
    assert catalogue()["inferior_vena_cava"].title == "Inferior vena cava"


@pytest.mark.parametrize("organ", catalogue().values(), ids=lambda organ: organ.name)
def test_dict_round_trip(organ: Organ) -> None:
    assert Organ.from_dict(json.loads(json.dumps(organ.to_dict()))) == organ


def test_optional_facts_have_defaults() -> None:
    facts = catalogue()["liver"].to_dict()
    for name in ("side", "volume_ml", "components"):
        del facts[name]
    organ = Organ.from_dict(facts)
    assert (organ.side, organ.volume_ml, organ.components) == ("", None, 1)
    assert organ.to_dict()["volume_ml"] is None


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [("colour", [1, 2], ValueError), ("code", ["1"], TypeError), ("volume_ml", ["a", "b"], ValueError)],
)
def test_incomplete_entries_are_refused(key: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        Organ.from_dict({**catalogue()["liver"].to_dict(), key: value})


def test_the_file_names_no_organ_twice() -> None:
    from OrganSegLib.resources import resources_dir

    text = Path(resources_dir() / "organs.json").read_text(encoding="utf-8")
    names = [entry["name"] for entry in json.loads(text)["organs"]]
    assert len(set(names)) == len(names)

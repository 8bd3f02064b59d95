"""The one list of organs."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from OrganSegLib.organs import Code, Organ, catalogue, groups, synonyms
from OrganSegLib.phantom import LABELS
from OrganSegLib.quality.anatomy import anatomy

# Distances of colours, in the unit of their channels.
LEAST_APART, NEIGHBOURS_APART = 10, 15


def test_every_organ_is_complete() -> None:
    for name, organ in catalogue().items():
        assert organ.name == name
        assert organ.code.value.isdigit()
        assert organ.code.meaning
        assert organ.category.value.isdigit()
        assert organ.components >= 1


def test_colours_can_be_told_apart() -> None:
    names = list(catalogue())
    colours = np.array([organ.colour for organ in catalogue().values()], float)
    apart = np.linalg.norm(colours[:, None] - colours, axis=2)
    assert apart[np.triu_indices(len(names), 1)].min() >= LEAST_APART
    sides = [(name, name.replace("left", "right")) for name in names if catalogue()[name].side == "left"]
    spine = [name for name in names if name.startswith("vertebrae")]
    ribs = [name for name in names if name.startswith("rib_left")]
    for one, other in (*sides, *pairwise(spine), *pairwise(ribs)):  # they touch, or are taken for each other
        assert apart[names.index(one), names.index(other)] >= NEIGHBOURS_APART, (one, other)


def test_normal_volumes_have_a_source() -> None:
    known = [organ for organ in catalogue().values() if organ.volume_ml]
    assert {organ.name for organ in known} >= set(LABELS)
    for organ in known:
        assert organ.volume_ml is not None
        assert 0 < organ.volume_ml[0] < organ.volume_ml[1]
        assert re.search(r"\b(19|20)\d\d\b", organ.volume_source), "author, journal and year"


def test_only_organs_whose_place_is_known_are_judged_by_it() -> None:
    assert set(anatomy()) == set(LABELS)


def test_sides_agree_with_names_and_come_in_pairs() -> None:
    organs = catalogue()
    for name, organ in organs.items():
        named = {"left", "right"} & set(name.split("_"))
        assert {organ.side} - {""} <= named
        if organ.side:
            partner = organs[name.replace(organ.side, {"left": "right", "right": "left"}[organ.side])]
            assert (partner.code, partner.region) == (organ.code, organ.region)
        elif named:
            assert named & set(organ.code.meaning.lower().split()), "the code itself says the side"


def test_no_two_organs_are_coded_alike() -> None:
    coded = [(organ.code, organ.side, organ.region) for organ in catalogue().values()]
    assert len(set(coded)) == len(coded)


def test_every_organ_stands_in_one_group() -> None:
    assert sorted(name for names in groups().values() for name in names) == sorted(catalogue())
    assert {"liver", "spleen"} <= set(groups()["abdomen"])
    assert groups()["vessels"][:2] == ("aorta", "inferior_vena_cava")


def test_synonyms_are_of_organs() -> None:
    assert list(synonyms()) == list(catalogue())
    assert "IVC" in synonyms()["inferior_vena_cava"]


def test_laterality_is_coded() -> None:
    organs = catalogue()
    assert organs["kidney_left"].modifier == Code("7771000", "Left")
    assert organs["kidney_right"].modifier == Code("24028007", "Right")
    assert organs["liver"].modifier is None
    assert organs["heart_atrium_left"].modifier is None


def test_the_side_of_a_cyst_is_that_of_its_kidney() -> None:
    cyst = catalogue()["kidney_cyst_left"]
    assert (cyst.code.meaning, cyst.modifier) == ("Cyst", None)
    assert (cyst.region, cyst.region_modifier) == (Code("64033007", "Kidney"), Code("7771000", "Left"))
    assert catalogue()["kidney_left"].region_modifier is None


def test_title_is_for_people() -> None:
    assert catalogue()["inferior_vena_cava"].title == "Inferior vena cava"
    assert catalogue()["vertebrae_L5"].title == "Vertebrae L5"


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
    [
        ("colour", [1, 2], ValueError),
        ("code", ["1"], TypeError),
        ("volume_ml", ["a", "b"], ValueError),
        ("region", ["1"], TypeError),
    ],
)
def test_incomplete_entries_are_refused(key: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        Organ.from_dict({**catalogue()["liver"].to_dict(), key: value})


def test_the_file_names_no_organ_twice() -> None:
    from OrganSegLib.resources import resources_dir

    text = Path(resources_dir() / "organs.json").read_text(encoding="utf-8")
    names = [entry["name"] for entry in json.loads(text)["organs"]]
    assert len(set(names)) == len(names)

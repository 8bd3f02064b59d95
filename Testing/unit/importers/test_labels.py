"""Foreign models' label names as organs: those of public models are all known, in any spelling."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from OrganSegLib.importers.labels import organs_of, readable
from OrganSegLib.organs import catalogue, synonyms

from Testing.unit.importers.label_names import BTCV, TOTAL, WHOLE_BODY

DATA = Path(os.environ.get("ORGANSEG_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))


@pytest.mark.parametrize(("names", "count"), [(WHOLE_BODY, 104), (TOTAL, 117)], ids=["whole body", "total"])
def test_labels_of_public_models_are_organs(names: list[str], count: int) -> None:
    organs = organs_of(dict(enumerate(names, 1)))
    assert list(organs.values()) == [catalogue()[name] for name in names]
    assert len(organs) == len({organ.colour for organ in organs.values()}) == count


def test_other_spellings_are_the_same_organs() -> None:
    organs = organs_of(dict(enumerate(BTCV, 1)))
    assert [organ.name for organ in organs.values()] == list(BTCV.values())
    assert list(organs.values()) == [catalogue()[name] for name in BTCV.values()]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Left Kidney", "kidney_left"),
        ("inferior vena cava", "inferior_vena_cava"),
        ("postcava", "inferior_vena_cava"),
        ("Vertebrae-l5", "vertebrae_L5"),
        ("Vertebra T12", "vertebrae_T12"),
        ("left rib 7", "rib_left_7"),
        ("right iliac vein", "iliac_vena_right"),
        ("Left Atrium", "heart_atrium_left"),
        ("small intestine", "small_bowel"),
    ],
)
def test_names_in_use_are_understood(written: str, name: str) -> None:
    assert organs_of({1: written}) == {1: catalogue()[name]}


def test_a_name_that_can_mean_another_thing_is_left_alone() -> None:
    """A segment of the liver is called S1 as well as a vertebra is."""
    assert organs_of({1: "S1"})[1].code.meaning == "Anatomical Structure"


def test_two_labels_of_one_organ_are_kept_apart() -> None:
    first, second = organs_of({1: "IVC", 2: "inferior_vena_cava"}).values()
    assert first == catalogue()["inferior_vena_cava"]
    assert second.name == "inferior_vena_cava_2"
    assert second.colour != first.colour


def test_a_name_means_one_organ_only() -> None:
    meant: dict[str, str] = {}
    for name, others in synonyms().items():
        for written in {readable(written) for written in (name, *others)}:
            assert meant.setdefault(written, name) == name


def test_the_shared_list_of_names_is_known() -> None:
    path = DATA / "names_v2.json"
    if not path.is_file():
        pytest.skip("the shared data is not there")
    names = json.loads(path.read_text(encoding="utf-8"))
    organs = organs_of({int(value): name for value, name in names.items()})
    assert [organ.name for organ in organs.values()] == list(names.values())
    assert set(names.values()) <= catalogue().keys()


@pytest.mark.parametrize(("task", "names"), [("total_v1", WHOLE_BODY), ("total", TOTAL)])
def test_totalsegmentators_own_list_is_this_one(task: str, names: list[str]) -> None:
    listed = pytest.importorskip("totalsegmentator.map_to_binary", reason="install the extra peers")
    assert set(listed.class_map[task].values()) == set(names)
    assert set(listed.class_map["total_v3"].values()) <= catalogue().keys()


def test_labels_whose_names_meet_are_kept_apart() -> None:
    organs = organs_of({1: "lump", 2: "lump_3", 3: "Lump"})
    assert [organ.name for organ in organs.values()] == ["lump", "lump_3", "lump_3_3"]

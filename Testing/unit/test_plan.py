"""The plan that travels with the weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from OrganSegLib.errors import ModelError
from OrganSegLib.plan import Label, NnUNetInput, Plan, Window


def test_a_saved_plan_is_the_same_plan(tiny_plan: Plan, tmp_path: Path) -> None:
    plan = replace(
        tiny_plan,
        training={"seed": 1},
        scores={"liver": {"dice": 0.9}},
        uncertainty={"liver": 0.125},
        experimental=("liver",),
    )
    plan.save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == plan


def test_what_nnu_net_needs_is_kept(tiny_plan: Plan, tmp_path: Path) -> None:
    way = NnUNetInput("LAS", order=1, separate_z=True, standardise="zero")
    plan = replace(tiny_plan, multiple=(16, 8, 4), nnunet=way, tidy=False)
    plan.save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == plan
    assert plan.multiples == (16, 8, 4)


def test_the_file_is_for_people(tiny_plan: Plan, tmp_path: Path) -> None:
    tiny_plan.save(tmp_path / "plan.json")
    facts = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert facts["format"] == 1
    assert facts["labels"][0]["name"] == "spleen"
    assert facts["windows"][1] == {"low": -160, "high": 240, "centre": 40, "scale": 100}


def test_organs_and_background(tiny_plan: Plan) -> None:
    assert tiny_plan.organs[5].name == "liver"
    assert tiny_plan.background_channels == (0, 20, 21)


def test_free_facts_may_be_missing(tiny_plan: Plan, tmp_path: Path) -> None:
    path = _edited(tiny_plan, tmp_path, lambda facts: (facts.pop("training"), facts.pop("scores")))
    assert Plan.load(path).training == {}


def test_plans_without_thresholds_can_be_read(tiny_plan: Plan, tmp_path: Path) -> None:
    path = _edited(tiny_plan, tmp_path, lambda facts: (facts.pop("uncertainty"), facts.pop("experimental")))
    assert Plan.load(path) == tiny_plan


def test_a_missing_plan_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        Plan.load(tmp_path / "plan.json")
    assert raised.value.code == "model.no_plan"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"plan"', "{}", '{"format": 1}'])
def test_what_is_no_plan_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    _assert_bad(tmp_path / "plan.json")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 2),
        ("windows", []),
        ("windows", [{"low": 0, "high": 0, "centre": 0, "scale": 1}]),
        ("windows", [{"low": 0, "high": 1, "centre": float("nan"), "scale": 1}]),
        ("windows", [{"low": 0, "high": 1, "centre": 0, "scale": 1, "more": 1}]),
        ("spacing_mm", [3, 3]),
        ("spacing_mm", [3, 3, 0]),
        ("spacing_mm", [3, 3, "three"]),
        ("patch", [32, 32, 4]),
        ("multiple", 0),
        ("channels", 1),
        ("channels", 19),
        ("labels", []),
        ("labels", [{}]),
        ("network", "SubpixelUNet"),
        ("network", {"name": "SubpixelUNet"}),
        ("uncertainty", {"liver": 1.5}),
        ("uncertainty", {"liver": float("nan")}),
        ("uncertainty", {"liver": "much"}),
        ("uncertainty", {"thyroid_gland": 0.5}),
        ("uncertainty", [0.5]),
        ("experimental", ["thyroid_gland"]),
        ("experimental", "liver"),
        ("experimental", 1),
    ],
)
def test_what_cannot_be_right_is_named(key: str, value: Any, tiny_plan: Plan, tmp_path: Path) -> None:
    _assert_bad(_edited(tiny_plan, tmp_path, lambda facts: facts.update({key: value})))


@pytest.mark.parametrize(("label", "key", "value"), [(0, "value", 2), (1, "channel", 1), (0, "channel", 0)])
def test_labels_must_be_in_order_with_their_own_channels(
    label: int, key: str, value: int, tiny_plan: Plan, tmp_path: Path
) -> None:
    _assert_bad(_edited(tiny_plan, tmp_path, lambda facts: facts["labels"][label].update({key: value})))


def test_a_plan_made_in_code_is_checked_too(tiny_plan: Plan) -> None:
    with pytest.raises(ModelError):
        replace(tiny_plan, windows=(Window(0, 1, 0, 1),) * 9)
    with pytest.raises(ModelError):
        replace(tiny_plan, labels=(Label(22, 1, tiny_plan.organs[1]),))


def _edited(plan: Plan, folder: Path, edit: Any) -> Path:
    path = folder / "plan.json"
    plan.save(path)
    facts = json.loads(path.read_text(encoding="utf-8"))
    edit(facts)
    path.write_text(json.dumps(facts), encoding="utf-8")
    return path


def _assert_bad(path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        Plan.load(path)
    assert raised.value.code == "model.bad_plan"
    assert raised.value.next_step

"""Good segmentations raise few warnings, broken ones always: on people that nothing was chosen on."""

from __future__ import annotations

from itertools import islice

import pytest

from Testing.trust.broken import CODES, Damage, damages
from Testing.trust.cases import Person, label_maps, phantoms, real_people
from Testing.trust.counting import SMALL, Count, false_alarms, misses

MOST_FALSE = 0.05
# What a radiologist would call the kinds of damage.
FAMILIES = {
    "sides swapped": ("swapped", "mirrored"),
    "shifted": ("shifted",),
    "halved": ("halved",),
    "fragmented": ("combed", "split", "riddled"),
    "empty": ("emptied",),
    "leaked": ("leaked",),
}
EVERY = {"halved": 7, "shifted": 7, "leaked": 7, "fragmented": 5}  # that is tried; all by Testing.trust
COMPACT = ("liver", "spleen", "kidney_left", "kidney_right", "heart", "stomach")


@pytest.fixture(scope="module")
def phantom() -> Person:
    (person,) = phantoms([200])
    return person


def assert_few(count: Count, most: float) -> None:
    lines = "\n".join(count.problems)
    assert count.share <= most, f"{len(count.problems)} of {count.of.total()}:\n{lines}"


def of_family(person: Person, family: str) -> list[Damage]:
    """Those of several organs, and every so-many-th of one."""
    own = [damage for damage in damages(person.labelmap) if damage.kind in FAMILIES[family]]
    return own[:: EVERY.get(family, 1)]


def test_good_phantoms_raise_few_warnings() -> None:
    people = [
        person for region in ("torso", "abdomen", "chest") for person in phantoms((200, 201), 5.0, region)
    ]
    assert_few(false_alarms(people), MOST_FALSE)


def test_good_labels_of_real_people_raise_few_warnings() -> None:
    people = [*real_people(), *islice(label_maps(), 1, None, 10)]
    if not people:
        pytest.skip("real data not found")
    assert_few(false_alarms(people), MOST_FALSE)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_one_that_is_broken_is_told(phantom: Person, family: str) -> None:
    count = misses(phantom, of_family(phantom, family))
    missed = [problem for kind in FAMILIES[family] for problem in count.wrong.get(kind, [])]
    assert missed == []
    assert sum(count.of[kind] for kind in FAMILIES[family]) > 3


def test_all_kinds_of_damage_have_a_family() -> None:
    assert {kind for kinds in FAMILIES.values() for kind in kinds} == set(CODES)


def test_every_one_that_is_broken_of_a_real_person_is_told() -> None:
    person = next((person for person in real_people() if person.name == "lidc_idri_0001"), None)
    if person is None:
        pytest.skip("real data not found")
    compact = [damage for damage in damages(person.labelmap) if set(damage.organs) & set(COMPACT)]
    count = misses(person, compact[::23])
    assert [kind for kind in count.wrong if not kind.endswith(SMALL)] == []

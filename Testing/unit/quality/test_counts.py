"""Good segmentations raise few warnings, broken ones nearly always: on people that nothing was chosen on."""

from __future__ import annotations

from itertools import islice

import pytest

from Testing.trust.broken import CODES, Damage, damages
from Testing.trust.cases import Person, label_maps, phantoms, real_people
from Testing.trust.counting import Count, false_alarms, misses

MOST_FALSE, MOST_MISSED = 0.05, 0.10
# Large and compact: nothing that is broken about them may pass.
COMPACT = ("liver", "spleen", "kidney_left", "kidney_right", "heart", "stomach")
SURE = ("emptied", "swapped", "mirrored", "halved", "combed", "split", "riddled", "shifted")


@pytest.fixture(scope="module")
def phantom() -> Person:
    (person,) = phantoms([0], 6.0)
    return person


def assert_few(count: Count, most: float) -> None:
    lines = "\n".join(count.problems)
    assert count.share <= most, f"{len(count.problems)} of {count.of.total()}:\n{lines}"


def some(person: Person, every: int) -> list[Damage]:
    """Those of several organs, and every so-many-th of one: each organ has 26, so that each gets others."""
    whole = [damage for damage in damages(person.labelmap) if damage.kind in ("mirrored", "swapped")]
    return [*whole, *islice(damages(person.labelmap), len(whole), None, every)]


@pytest.mark.parametrize("region", ["torso", "abdomen", "chest"])
def test_good_phantoms_raise_few_warnings(region: str) -> None:
    assert_few(false_alarms(phantoms(range(2), 6.0, region)), MOST_FALSE)


def test_good_labels_of_real_people_raise_few_warnings() -> None:
    people = [*real_people(), *islice(label_maps(), 1, None, 10)]
    if not people:
        pytest.skip("real data not found")
    assert_few(false_alarms(people), MOST_FALSE)


def of_compact(person: Person) -> list[Damage]:
    return [d for d in damages(person.labelmap) if d.kind in SURE and set(d.organs) & set(COMPACT)]


def test_whatever_is_broken_of_a_compact_organ_is_told(phantom: Person) -> None:
    count = misses(phantom, of_compact(phantom)[::3])
    assert_few(count, 0.0)
    assert count.of.total() > len(COMPACT) * 5


def test_whatever_is_broken_of_a_real_person_s_compact_organ_is_told() -> None:
    person = next((person for person in real_people() if person.name == "lidc_idri_0001"), None)
    if person is None:
        pytest.skip("real data not found")
    assert_few(misses(person, of_compact(person)[::11]), 0.0)


def test_most_of_what_is_broken_is_told(phantom: Person) -> None:
    """Not all: halves of a gland of few voxels, or the bowel elsewhere, look like another person's."""
    count = misses(phantom, some(phantom, every=11))
    assert_few(count, MOST_MISSED)
    assert set(count.of) == set(CODES)

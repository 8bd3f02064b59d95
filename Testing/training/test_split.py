"""Cases divided by patient."""

from __future__ import annotations

import json

import pytest
from organseg_training.config.data import Split
from organseg_training.errors import DataError
from organseg_training.manifest import Manifest, Record
from organseg_training.split import Fold, load_splits, make_splits, save_splits


def record(patient: str, role: str = "train") -> Record:
    return Record(
        patient,
        role,
        1.0,
        ("liver",),
        (4, 4, 4),
        (3, 3, 3),
        (4, 4, 4),
        (3, 3, 3),
        "",
        {},
        "digest",
        "content",
    )


@pytest.fixture
def manifest() -> Manifest:
    """Twelve patients, the first of them scanned twice, and one to check on."""
    cases = {f"p{n:02d}": record(f"p{n:02d}") for n in range(12)}
    return Manifest(cases | {"p00_later": record("p00"), "checked": record("c", "check")})


def sides(fold: Fold) -> tuple[int, int, int]:
    """Patients on each side."""
    return tuple(
        len({name[:3] for name in side if name != "checked"})
        for side in (fold.train, fold.validation, fold.test)
    )


def require_whole(folds: list[Fold], manifest: Manifest) -> None:
    """Every case is on exactly one side, both scans of a patient on the same, checked ones in test."""
    for fold in folds:
        assert sorted((*fold.train, *fold.validation, *fold.test)) == sorted(manifest.cases)
        assert "checked" in fold.test
        assert any({"p00", "p00_later"} <= set(side) for side in (fold.train, fold.validation, fold.test))


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ({"kind": "fixed", "train": 8, "validation": 3, "test": 1}, (8, 3, 1)),
        ({"kind": "percentage", "train": 0.5, "validation": 0.25, "test": 0.25}, (6, 3, 3)),
        ({"kind": "percentage", "train": 0.98, "validation": 0.01, "test": 0.01}, (10, 1, 1)),
        ({"kind": "percentage", "train": 1.0, "validation": 0.0}, (12, 0, 0)),
    ],
)
def test_counts_and_shares(manifest, split, expected):
    folds = make_splits(manifest, Split(**split))
    require_whole(folds, manifest)
    assert [sides(fold) for fold in folds] == [expected]


def test_the_seed_alone_decides(manifest):
    first, again, other = (make_splits(manifest, Split(seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_names_go_before_counts(manifest):
    split = Split(kind="fixed", train=10, validation=("p03",), test=("p00_later",))
    (fold,) = make_splits(manifest, split)
    require_whole([fold], manifest)
    assert fold.validation == ("p03",)
    assert set(fold.test) == {"p00", "p00_later", "checked"}


@pytest.mark.parametrize(("kind", "folds"), [("kfold", 5), ("leave_one_out", 12)])
def test_every_patient_is_validated_once(manifest, kind, folds):
    made = make_splits(manifest, Split(kind=kind, folds=5))
    require_whole(made, manifest)
    assert len(made) == folds
    validated = [name for fold in made for name in fold.validation]
    assert sorted(validated) == sorted(set(manifest.cases) - {"checked"})


def test_named_patients_alone_are_left_out(manifest):
    made = make_splits(manifest, Split(kind="leave_one_out", validation=("p00_later", "p03")))
    require_whole(made, manifest)
    assert [set(fold.validation) for fold in made] == [{"p00", "p00_later"}, {"p03"}]


def test_folds_leave_a_test_side_aside(manifest):
    made = make_splits(manifest, Split(kind="kfold", folds=3, test=0.25))
    require_whole(made, manifest)
    assert len({fold.test for fold in made}) == 1
    assert [sides(fold) for fold in made] == [(6, 3, 3)] * 3


@pytest.mark.parametrize(
    ("split", "code"),
    [
        (
            {"kind": "fixed", "train": ("p00",), "test": ("p00_later",), "validation": 11},
            "data.patient_in_two_splits",
        ),
        ({"kind": "fixed", "train": 9, "validation": 1, "test": 1}, "data.split_counts"),
        ({"kind": "fixed"}, "data.split_counts"),
        ({"kind": "percentage", "train": 0.9}, "data.split_counts"),
        ({"kind": "fixed", "train": ("p0O",), "validation": 11, "test": 0}, "data.unknown_case"),
        ({"kind": "fixed", "train": ("checked",), "validation": 11, "test": 0}, "data.unknown_case"),
        ({"kind": "kfold", "folds": 13}, "data.too_few_patients"),
        ({"kind": "leave_one_out", "validation": ("p99",)}, "data.unknown_case"),
    ],
)
def test_splits_that_cannot_be(manifest, split, code):
    with pytest.raises(DataError) as caught:
        make_splits(manifest, Split(**split))
    assert caught.value.code == code
    assert code != "data.patient_in_two_splits" or "p00 is in train and in test" in str(caught.value)


def test_splits_are_saved_with_their_seed_and_checked_when_read(manifest, tmp_path):
    path, split = tmp_path / "splits.json", Split(kind="kfold", folds=3, seed=11)
    folds = make_splits(manifest, split)
    save_splits(path, folds, split)
    assert load_splits(path, manifest) == folds
    facts = json.loads(path.read_text())
    assert facts["split"]["seed"] == 11
    facts["folds"][0] = {"train": ["p00"], "validation": ["p00_later"], "test": []}
    path.write_text(json.dumps(facts))
    for change, code in (
        ({"train": ["p00"], "validation": ["p00_later"]}, "data.patient_in_two_splits"),
        ({"train": ["checked"]}, "data.check_case"),
        ({"train": ["nobody"]}, "data.unknown_case"),
        ({"train": 5}, "data.damaged_splits"),
    ):
        facts["folds"] = [change]
        path.write_text(json.dumps(facts))
        with pytest.raises(DataError) as caught:
            load_splits(path, manifest)
        assert caught.value.code == code

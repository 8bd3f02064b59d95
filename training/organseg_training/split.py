"""Cases divided for training, validation and test, always by patient, reproducibly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .errors import DataError, nearest_name
from .files import read_json, write_json
from .manifest import Manifest

if TYPE_CHECKING:
    from .config.data import Split

SIDES = ("train", "validation", "test")
Wanted = float | tuple[str, ...]


@dataclass(frozen=True)
class Fold:
    """Names of the cases to learn from, to stop and choose by, and to judge by."""

    train: tuple[str, ...]
    validation: tuple[str, ...] = ()
    test: tuple[str, ...] = ()


def make_splits(manifest: Manifest, split: Split) -> list[Fold]:
    """Divide the cases as the section says; cases of the role ``check`` are in the test side of every fold.

    Args:
        manifest: the prepared cases.
        split: see there. ``kfold`` and ``leave_one_out`` first set the ``test`` share or names aside.

    Raises:
        DataError: ``data.unknown_case``, ``data.patient_in_two_splits``, ``data.split_counts``,
            ``data.too_few_patients``.
    """
    if split.kind in ("fixed", "percentage"):
        folds = [_fold(manifest, *_sides(manifest, split, (split.train, split.validation, split.test)))]
    else:
        rest = 1.0 if isinstance(split.test, tuple) else 1.0 - split.test
        pool, _, test = _sides(manifest, split, (rest, 0.0, split.test))
        if split.kind == "leave_one_out" and isinstance(split.validation, tuple):
            parts = [[patient] for patient in _named(manifest, split.validation, pool)]
        else:
            parts = _parts(pool, len(pool) if split.kind == "leave_one_out" else split.folds)
        folds = [_fold(manifest, [p for p in pool if p not in part], part, test) for part in parts]
    check_folds(folds, manifest)
    return folds


def save_splits(path: Path, folds: Sequence[Fold], split: Split) -> None:
    """Write the folds with the settings and the seed that they came from."""
    facts = {"split": split.model_dump(mode="json"), "folds": [asdict(fold) for fold in folds]}
    write_json(path, facts)


def load_splits(path: Path, manifest: Manifest | None = None) -> list[Fold]:
    """Read what `save_splits` wrote, or a user by hand.

    Args:
        path: the file.
        manifest: with it, the folds are checked against the cases.

    Raises:
        DataError: ``data.damaged_splits``; as `check_folds`.
    """
    with read_json(path, "data.damaged_splits", "Run `organseg-train split` again.") as facts:
        folds = [Fold(**{side: tuple(names) for side, names in fold.items()}) for fold in facts["folds"]]
    if manifest:
        check_folds(folds, manifest)
    return folds


def check_folds(folds: Sequence[Fold], manifest: Manifest) -> None:
    """Require that all cases exist, that no patient is on two sides, and that ``check`` cases stay in test.

    Raises:
        DataError: ``data.unknown_case``, ``data.patient_in_two_splits``, ``data.check_case``.
    """
    for fold in folds:
        sides: dict[str, str] = {}
        for side, names in asdict(fold).items():
            for name in names:
                if name not in manifest.cases:
                    raise _unknown(name, manifest.cases)
                record = manifest.cases[name]
                if record.role == "check" and side != "test":
                    raise DataError(
                        "data.check_case",
                        f"{name} is there to check on, but stands in {side}.",
                        "Move it to test.",
                    )
                if sides.setdefault(record.patient, side) != side:
                    raise _on_two_sides(record.patient, sides[record.patient], side)


def _parts(patients: list[str], number: int) -> list[list[str]]:
    if not 2 <= number <= len(patients):
        raise _too_few(f"{max(number, 2)} folds", len(patients))
    return [patients[n::number] for n in range(number)]


def _sides(manifest: Manifest, split: Split, wanted: tuple[Wanted, ...]) -> list[list[str]]:
    """The patients of each side: first those named, then as many of the others as asked for."""
    patients = sorted({record.patient for record in manifest.cases.values() if record.role == "train"})
    order = [patients[n] for n in np.random.default_rng(split.seed).permutation(len(patients))]
    sides = [_named(manifest, one, patients) if isinstance(one, tuple) else [] for one in wanted]
    taken = [patient for side in sides for patient in side]
    for patient in taken:
        its = [name for name, side in zip(SIDES, sides, strict=True) if patient in side]
        if len(its) > 1:
            raise _on_two_sides(patient, its[0], its[1])
    left = [patient for patient in order if patient not in taken]
    amounts = [0.0 if isinstance(one, tuple) else one for one in wanted]
    counts = _counts(amounts, len(left)) if split.kind == "fixed" else _shares(amounts, len(left))
    for side, count in zip(sides, counts, strict=True):
        side += left[:count]
        left = left[count:]
    return sides


def _named(manifest: Manifest, names: Sequence[str], patients: Sequence[str]) -> list[str]:
    """Patients by their own names or by those of their cases."""
    owner = {name: record.patient for name, record in manifest.cases.items() if record.role == "train"}
    known = {patient: patient for patient in patients} | owner
    for name in names:
        if name not in known:
            raise _unknown(name, known)
    return sorted({known[name] for name in names})


def _counts(amounts: Sequence[float], patients: int) -> list[int]:
    if any(amount != int(amount) for amount in amounts) or sum(amounts) != patients:
        asked = " + ".join(f"{amount:g}" for amount in amounts)
        raise DataError(
            "data.split_counts",
            f"The fixed split asks for {asked} patients on its sides; {patients} are to be divided.",
            "Give counts that sum up to the patients, or name them.",
        )
    return [int(amount) for amount in amounts]


def _shares(amounts: Sequence[float], patients: int) -> list[int]:
    """Whole numbers nearest to the shares; no side that is asked for stays empty."""
    asked = sum(amount > 0 for amount in amounts)
    if patients and abs(sum(amounts) - 1) > 1e-6:
        raise DataError(
            "data.split_counts",
            f"The shares of the split sum up to {sum(amounts):g}, not to 1.",
            "Correct train, validation and test, e.g. 0.7, 0.1 and 0.2.",
        )
    if patients < asked:
        raise _too_few(f"{asked} sides", patients)
    edges = np.rint(np.cumsum([0.0, *amounts]) * patients).astype(int)
    counts = np.diff(edges)
    for empty in [n for n, amount in enumerate(amounts) if amount > 0 and counts[n] == 0]:
        counts[counts.argmax()] -= 1
        counts[empty] = 1
    return [int(count) for count in counts]


def _fold(manifest: Manifest, *sides: Sequence[str]) -> Fold:
    """The cases of the patients on each side, in the order of the manifest."""
    train, validation, test = (
        tuple(n for n, record in manifest.cases.items() if record.role == "train" and record.patient in side)
        for side in sides
    )
    return Fold(train, validation, (*test, *(n for n, r in manifest.cases.items() if r.role == "check")))


def _unknown(name: str, known: Iterable[str]) -> DataError:
    return DataError(
        "data.unknown_case",
        f"There is no case or patient called {name} to split.",
        nearest_name(name, known, "Names of cases stand in manifest.json."),
    )


def _on_two_sides(patient: str, one: str, other: str) -> DataError:
    return DataError(
        "data.patient_in_two_splits",
        f"The patient {patient} is in {one} and in {other}: results would look better than they are.",
        "Put all scans of a patient on the same side. Scans of equal content count as one patient.",
    )


def _too_few(wanted: str, patients: int) -> DataError:
    return DataError(
        "data.too_few_patients",
        f"{patients} patients are too few for {wanted}.",
        "Take fewer folds or sides, or more patients; the option `patient` of a layout tells patients "
        "apart by their files' names.",
    )

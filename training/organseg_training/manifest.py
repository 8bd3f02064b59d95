"""What was prepared from what: the list of cases, with checksums, geometry, licence and what was wrong."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .config.data import Role
from .errors import DataError
from .files import read_json, write_json, write_text

FILE = "manifest.json"


@dataclass(frozen=True)
class Record:
    """One prepared case.

    Attributes:
        patient: whom it shows.
        role: ``train``, or ``check`` for what is never learnt from.
        weight: share of the training samples, relative to the other cases.
        known: names of the classes that its labels tell of.
        shape: of the prepared arrays, (z, y, x).
        spacing_mm: of the prepared arrays, along x, y, z.
        scan_size, scan_spacing_mm: voxels and spacing of the raw scan along its own i, j, k.
        licence: of scan and labels.
        files: raw file or folder -> SHA-256.
        digest: of everything the case depends on; equal digests mean there is nothing to do.
        content: SHA-256 of the prepared Hounsfield units; equal for the same scan under two names.
        painted: there is no scan, see `Case.painted`.
        facts: scanner, contrast and what else is known of the scan.
        notes: what the engine repaired or doubts on reading.
    """

    patient: str
    role: Role
    weight: float
    known: tuple[str, ...]
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    scan_size: tuple[int, int, int]
    scan_spacing_mm: tuple[float, float, float]
    licence: str
    files: dict[str, str]
    digest: str
    content: str
    painted: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def save(self, cases: Path, name: str) -> None:
        """Write it beside the case, so that nothing is done twice after an interruption."""
        write_text(cases / f".{name}.json", json.dumps(asdict(self)))

    @classmethod
    def load(cls, cases: Path, name: str) -> Record | None:
        """What `save` wrote; None where that is missing or of another version."""
        try:
            return cls.from_dict(json.loads((cases / f".{name}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Record:
        """Inverse of ``dataclasses.asdict`` after JSON, which knows no tuples.

        Raises:
            TypeError: the entry is incomplete.
        """
        facts: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**facts)


@dataclass(frozen=True)
class Problem:
    """A scan that was left out, and why."""

    name: str
    code: str
    sentence: str


@dataclass(frozen=True)
class Manifest:
    """All cases of a folder.

    Attributes:
        cases: by name.
        duplicates: names of cases with the same content; they count as one patient.
        problems: scans that were left out on request.
    """

    cases: dict[str, Record]
    duplicates: tuple[tuple[str, ...], ...] = ()
    problems: tuple[Problem, ...] = ()

    def save(self, cases: Path) -> None:
        """Write ``manifest.json`` into the folder, whole or not at all."""
        write_json(cases / FILE, asdict(self))

    @classmethod
    def load(cls, cases: Path) -> Manifest:
        """Read what `save` wrote.

        Raises:
            DataError: ``data.not_prepared``, ``data.damaged_manifest``.
        """
        if not (cases / FILE).exists():
            raise DataError(
                "data.not_prepared",
                f"{cases} holds no prepared cases.",
                "Run `organseg-train prepare` first.",
            )
        again = "Run `organseg-train prepare` again."
        with read_json(cases / FILE, "data.damaged_manifest", again) as facts:
            return cls(
                {name: Record.from_dict(record) for name, record in facts["cases"].items()},
                tuple(map(tuple, facts["duplicates"])),
                tuple(Problem(**problem) for problem in facts["problems"]),
            )

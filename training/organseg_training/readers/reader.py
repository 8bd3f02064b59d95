"""What every reader answers: which scans there are, what they show, and what is drawn on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.volume import Grid, Scan

from ..config.data import Role


@dataclass(frozen=True)
class Entry:
    """One scan of a collection, not read yet.

    Attributes:
        name: unique in the run; names the case.
        patient: whom it shows; all scans of one patient stay on one side of a split.
        image: file or folder of the scan; None where it is generated or missing.
        labels: file or folder of its labels, or None.
        role: ``train``, or ``check`` for what is never learnt from.
        weight: share of the collection's training samples, relative to its other scans.
        licence: of scan and labels.
        painted: ``scan`` gives only a template around a label map; see `Case.painted`.
        files: all raw files, where ``image`` and ``labels`` are only part of a folder.
        facts: whatever else the layout knows, JSON-ready: kept in the manifest, for tables by group.
    """

    name: str
    patient: str
    image: Path | None
    labels: Path | None = None
    role: Role = "train"
    weight: float = 1.0
    licence: str = ""
    painted: bool = False
    files: tuple[Path, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelArray:
    """Labels of one scan in the numbers of `Classes`.

    Attributes:
        values: uint8, [k, j, i]; `classes.UNKNOWN` where nothing is known.
        grid: where they are in the patient: that of the scan, in any axis order, or the network's.
        known: names of the classes that were looked for; the others may hide in the background.
    """

    values: NDArray[np.uint8]
    grid: Grid
    known: tuple[str, ...]


class Reader(Protocol):
    """Reads one layout. Made as ``Class(data, config)`` with its `config.Data` section and the `Config`.

    What is wrong with one scan is raised when that scan is read, so that the others can go on.
    """

    def entries(self) -> list[Entry]:
        """All scans, ordered by name.

        Raises:
            DataError: the folder is not laid out like this at all.
        """
        ...

    def scan(self, entry: Entry) -> Scan:
        """The scan in Hounsfield units.

        Raises:
            DataError, InputError: it cannot be used.
        """
        ...

    def labels(self, entry: Entry, scan: Scan) -> LabelArray | None:
        """Its labels; None where nobody drew any.

        Raises:
            DataError: they cannot be used.
        """
        ...

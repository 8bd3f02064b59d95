"""All scores of one model, as a value that can be kept, read again and summarised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..config.evaluation import Evaluation as Settings
from ..files import read_json, write_json
from ..strata import STRATA
from .organ import OrganScore
from .summary import OrganSummary, summarise

Part = Literal["check", "test", "validation", "train"]
# From the most to the least that a score says about people whom the network has not seen.
PARTS: dict[Part, str] = {
    "check": "Scans that were set apart from the beginning.",
    "test": "Scans of people whom the network has not seen.",
    "validation": "Scans that were not learnt from, but by which the weights were chosen.",
    "train": "Scans that the network has learnt from: how far it learnt, not how well it does.",
}
FILE = "evaluation.json"


@dataclass(frozen=True)
class ScanScore:
    """One scan.

    Attributes:
        name, patient: as in the data set.
        part: what the scan was to the training, see `PARTS`.
        strata: kind -> group, see `strata.strata_of`.
        seconds: of the engine.
        organs: one score for each organ that the model finds.
    """

    name: str
    patient: str
    part: Part
    strata: dict[str, str]
    seconds: float
    organs: tuple[OrganScore, ...]


@dataclass(frozen=True)
class Evaluation:
    """One model on many scans.

    Attributes:
        model: ``name``, ``version``, ``iterations`` and SHA-256 ``digest`` of the model.
        settings: tolerance and bootstrap.
        seed: of the bootstrap.
        scans: what was measured.
    """

    model: dict[str, Any]
    settings: Settings
    seed: int
    scans: tuple[ScanScore, ...]

    @property
    def parts(self) -> list[Part]:
        """The parts that there are, the most telling one first."""
        present = {scan.part for scan in self.scans}
        return [part for part in PARTS if part in present]

    def of(self, part: Part) -> list[ScanScore]:
        """The scans of a part."""
        return [scan for scan in self.scans if scan.part == part]

    def summary(self, part: Part) -> list[OrganSummary]:
        """Each organ over the scans of a part; parts are never mixed."""
        return self._summarised(self.of(part))

    def strata(self, part: Part) -> Iterator[tuple[str, str, list[OrganSummary]]]:
        """(kind, value, summary) of every group of scans that is not the whole part."""
        scans = self.of(part)
        for kind in STRATA:
            values = sorted({scan.strata.get(kind, "unknown") for scan in scans})
            for value in values if len(values) > 1 else ():
                group = [scan for scan in scans if scan.strata.get(kind, "unknown") == value]
                yield kind, value, self._summarised(group)

    def worst(self, count: int) -> list[tuple[ScanScore, float]]:
        """The scans with the lowest mean Dice over their organs, and that mean."""
        means = []
        for scan in self.scans:
            dice = [score.dice for score in scan.organs if score.dice is not None]
            if dice:
                means.append((scan, sum(dice) / len(dice)))
        return sorted(means, key=lambda pair: pair[1])[:count]

    def save(self, folder: Path) -> None:
        """Write ``evaluation.json``."""
        write_json(folder / FILE, {**asdict(self), "settings": self.settings.model_dump()})

    @classmethod
    def load(cls, folder: Path) -> Evaluation:
        """Read what `save` wrote.

        Raises:
            DataError: ``data.damaged_evaluation``.
        """
        again = "Run `organseg-train evaluate` again."
        with read_json(folder / FILE, "data.damaged_evaluation", again) as facts:
            scans = tuple(
                ScanScore(**{**scan, "organs": tuple(OrganScore(**organ) for organ in scan["organs"])})
                for scan in facts["scans"]
            )
            return cls(facts["model"], Settings(**facts["settings"]), facts["seed"], scans)

    def _summarised(self, scans: list[ScanScore]) -> list[OrganSummary]:
        rated = [(scan.patient, organ) for scan in scans for organ in scan.organs]
        return summarise(rated, self.settings, self.seed)

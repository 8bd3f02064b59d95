"""How an organ's uncertainty goes with its Dice, as a value that is kept with the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..files import read_json, write_csv, write_json
from ..report.tables import markdown_table
from .thresholds import FALSE_ALARMS, POOR_DICE, Pair, choose_thresholds

FILE, TABLE = "calibration.json", "calibration.csv"
FEWEST = 3  # pairs that have a rank correlation


@dataclass(frozen=True)
class Summary:
    """What many pairs say; None where they are too few or all alike.

    Attributes:
        of: an organ, or which pairs.
        pairs, poor: how many, and of how many the Dice is below `POOR_DICE`.
        correlation, border_correlation: Spearman's rank correlation of the Dice with the entropy inside and
            along the border.
        sensitivity, false_alarms: share of the poor and of the others above thresholds that were chosen
            without their patient.
        threshold: of the organ, chosen with all patients.
    """

    of: str
    pairs: int
    poor: int
    correlation: float | None
    border_correlation: float | None
    sensitivity: float | None
    false_alarms: float | None
    threshold: float | None


@dataclass(frozen=True)
class Calibration:
    """One model on scans and worse copies of them.

    Attributes:
        model: see `evaluate.model_facts`, and ``organs``: what it tells apart.
        pairs: what was measured.
    """

    model: dict[str, Any]
    pairs: tuple[Pair, ...]

    @cached_property
    def thresholds(self) -> dict[str, float]:
        """Organ -> entropy above which it is uncertain, for `Plan.uncertainty`."""
        return choose_thresholds(self.pairs)

    @cached_property
    def summaries(self) -> list[Summary]:
        """Of all pairs, of each part's where there are several, of each organ's."""
        groups = {"all organs": list(self.pairs)}
        parts = dict.fromkeys(pair.part for pair in self.pairs)
        for part in parts if len(parts) > 1 else ():
            groups[f"all organs, {part}"] = [pair for pair in self.pairs if pair.part == part]
        for organ in sorted({pair.organ for pair in self.pairs}):
            groups[organ] = [pair for pair in self.pairs if pair.organ == organ]
        return [self._summary(name, group) for name, group in groups.items()]

    def _summary(self, of: str, pairs: Sequence[Pair]) -> Summary:
        dice = [pair.dice for pair in pairs]
        flagged: dict[bool, list[bool]] = {True: [], False: []}  # of poor and of other pairs
        for pair in pairs:
            limit = self._without[pair.patient].get(pair.organ)
            if limit is not None:
                flagged[pair.poor].append(pair.entropy > limit)
        return Summary(
            of,
            len(pairs),
            sum(pair.poor for pair in pairs),
            _correlation([pair.entropy for pair in pairs], dice),
            _correlation([pair.border_entropy for pair in pairs], dice),
            _share(flagged[True]),
            _share(flagged[False]),
            self.thresholds.get(of),
        )

    @cached_property
    def _without(self) -> dict[str, dict[str, float]]:
        """Patient -> thresholds of all others' pairs: nobody is judged by what he was asked for."""
        return {
            patient: choose_thresholds([pair for pair in self.pairs if pair.patient != patient])
            for patient in {pair.patient for pair in self.pairs}
        }

    def save(self, folder: Path) -> None:
        """Write ``calibration.json``, and its pairs as ``calibration.csv``."""
        pairs = [asdict(pair) for pair in self.pairs]
        summaries = [asdict(summary) for summary in self.summaries]
        facts = {"model": self.model, "thresholds": self.thresholds, "summaries": summaries, "pairs": pairs}
        write_csv(folder / TABLE, list(pairs[0]), (pair.values() for pair in pairs))
        write_json(folder / FILE, facts)

    @classmethod
    def load(cls, folder: Path) -> Calibration:
        """Read what `save` wrote.

        Raises:
            DataError: ``data.damaged_calibration``.
        """
        again = "Run `organseg-train calibrate` again."
        with read_json(folder / FILE, "data.damaged_calibration", again) as facts:
            return cls(facts["model"], tuple(Pair(**pair) for pair in facts["pairs"]))


def markdown(calibration: Calibration) -> str:
    """A paragraph and a table for the model card."""
    pairs = calibration.pairs
    scans = Counter(part for _, part in dict.fromkeys((pair.scan, pair.part) for pair in pairs))
    told = (f"{n} {part}{' (only worse copies)' * (part == 'train')}" for part, n in scans.items())
    changes = ", ".join(dict.fromkeys(pair.change for pair in pairs))
    about = (
        f"Scans: {', '.join(told)}. Each of them: {changes}. "
        "rho is Spearman's rank correlation of an organ's Dice with its mean entropy, inside or along its "
        f"border. Above its threshold an organ is called uncertain; {1 - FALSE_ALARMS:.0%} of what is found "
        f"with a Dice of {POOR_DICE:g} or more should stay below. Sensitivity (to a lower Dice) and false "
        "alarms are of people without whom the thresholds were chosen."
    )
    heading = ["", "pairs", f"Dice < {POOR_DICE:g}", "rho inside", "rho border"]
    rows = [
        [
            *(summary.of, str(summary.pairs), str(summary.poor)),
            *(_text(value, ".2f") for value in (summary.correlation, summary.border_correlation)),
            *(_text(value, ".0%") for value in (summary.sensitivity, summary.false_alarms)),
            _text(summary.threshold, ".3f"),
        ]
        for summary in calibration.summaries
    ]
    table = markdown_table([*heading, "sensitivity", "false alarms", "threshold"], rows)
    return f"{about}\n\n{table}"


def _text(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _correlation(doubts: Sequence[float], dice: Sequence[float]) -> float | None:
    from scipy.stats import spearmanr

    if len(dice) < FEWEST or len(set(doubts)) == 1 or len(set(dice)) == 1:
        return None
    return round(float(spearmanr(doubts, dice).statistic), 3)


def _share(flagged: Sequence[bool]) -> float | None:
    return round(sum(flagged) / len(flagged), 3) if flagged else None

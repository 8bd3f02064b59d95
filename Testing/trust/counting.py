"""Counts false alarms on good segmentations, and broken ones that nothing tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from OrganSegLib.measure import measure
from OrganSegLib.quality import OrganTrust, assess
from OrganSegLib.volume import Labelmap, Scan

from .broken import CODES, Damage, is_large
from .cases import Person

SMALL = ", small"  # behind the kind of a damage that is too small to count, see `is_large`


@dataclass
class Count:
    """How many were looked at, and what went wrong; one line each."""

    of: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def add(self, group: str, problem: str) -> None:
        """One more in a group; ``problem`` is empty where there was none."""
        self.of[group] += 1
        if problem:
            self.wrong.setdefault(group, []).append(problem)

    @property
    def problems(self) -> list[str]:
        return [problem for problems in self.wrong.values() for problem in problems]

    @property
    def share(self) -> float:
        """Of all that were looked at."""
        return len(self.problems) / max(1, self.of.total())


def false_alarms(people: Iterable[Person]) -> Count:
    """Organs of good segmentations with a warning, by person."""
    count = Count()
    for person in people:
        for organ in _judged(person.scan, person.labelmap):
            warnings = [flag.sentence for flag in organ.flags if flag.level == "warning"]
            count.add(person.name, f"{organ.name}: {' '.join(warnings)}" if warnings else "")
    return count


def misses(person: Person, damages: Iterable[Damage]) -> Count:
    """Broken organs without a warning of the right kind, by kind of damage; those too small to count apart.

    Of an organ that is gone, a note is enough: the scan may not show where it lies.
    """
    count = Count()
    for damage in damages:
        broken = damage.labelmap()
        judged = {organ.name: organ for organ in _judged(person.scan, broken)}
        for name in damage.organs:
            flags = judged[name].flags
            told = {flag.code for flag in flags if flag.level == "warning"} & CODES[damage.kind]
            gone = CODES["emptied"] & {flag.code for flag in flags}
            others = ", ".join(flag.code for flag in flags) or "no flag"
            problem = "" if told or gone else f"{person.name}: {name} {damage.how} ({others})"
            small = "" if is_large(person.labelmap, broken, name) else SMALL
            count.add(damage.kind + small, problem)
    return count


def _judged(scan: Scan, labelmap: Labelmap) -> list[OrganTrust]:
    return assess(scan, labelmap, measure(scan, labelmap))

"""Prints the counts; takes some minutes."""

from __future__ import annotations

from itertools import islice

from .broken import damages
from .cases import label_maps, phantoms, real_people
from .counting import Count, false_alarms, misses

# Thresholds and places were chosen on phantoms 100 to 111 and every second label map: see `places`.
SEEDS = range(6)


def main() -> None:
    """False alarms of phantoms, real people and label maps that nothing was chosen on, then misses."""
    for title, people in (
        ("phantoms", phantoms(SEEDS)),
        ("labelled scans", real_people()),
        ("label maps", islice(label_maps(), 1, None, 2)),
    ):
        _print(f"False alarms, {title}", false_alarms(people))
    for person in (*phantoms(SEEDS[:1]), *real_people()):
        _print(f"Misses, {person.name}", misses(person, damages(person.labelmap)))


def _print(title: str, count: Count) -> None:
    print(f"\n{title}: {len(count.problems)} of {count.of.total()} ({100 * count.share:.1f} %)")
    for group, total in count.of.items():
        if group in count.wrong:
            print(f"  {group}: {len(count.wrong[group])} of {total}")
            print(*(f"    {problem}" for problem in count.wrong[group]), sep="\n")


if __name__ == "__main__":
    main()

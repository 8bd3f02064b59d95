"""Prints the counts; takes some minutes."""

from __future__ import annotations

from itertools import islice

from .broken import damages
from .cases import label_maps, phantoms, real_people
from .counting import Count, false_alarms, misses
from .limits import CHOSEN_ON

# Nothing was chosen on these phantoms. Limits were chosen on phantoms of seeds below 200, every second label
# map and the scan of `CHOSEN_ON`, whole and cut to slabs; organs' places on the other labelled scans, too.
SEEDS = range(200, 206)


def main() -> None:
    """False alarms, then misses; what limits were chosen on is counted apart, and says less."""
    real = list(real_people())
    counted = [person for person in real if person.name != CHOSEN_ON]
    chosen_on = [person for person in real if person.name == CHOSEN_ON]
    for title, people in (
        ("phantoms", phantoms(SEEDS)),
        ("labelled scans", counted),
        ("label maps", islice(label_maps(), 1, None, 2)),
        ("the scan that limits were chosen on", chosen_on),
    ):
        _print(f"False alarms, {title}", false_alarms(people))
    for person in (*phantoms(SEEDS[:1]), *counted, *chosen_on):
        apart = ", on which limits were chosen" if person.name == CHOSEN_ON else ""
        _print(f"Misses, {person.name}{apart}", misses(person, damages(person.labelmap)))


def _print(title: str, count: Count) -> None:
    print(f"\n{title}: {len(count.problems)} of {count.of.total()} ({100 * count.share:.1f} %)", flush=True)
    for group, total in count.of.items():
        print(f"  {group}: {len(count.wrong.get(group, []))} of {total}")
        for problem in count.wrong.get(group, []):
            print(f"    {problem}")


if __name__ == "__main__":
    main()

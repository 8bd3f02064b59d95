"""Prints what good organs show beside the limits of their tissues: ``python -m Testing.trust.limits``.

The limits were chosen with a margin to these numbers, on people that are not counted, see `__main__`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from OrganSegLib.field import Field
from OrganSegLib.measure import measure
from OrganSegLib.preprocess import crop_grid
from OrganSegLib.quality.anatomy import anatomy
from OrganSegLib.quality.edges import edge_strength
from OrganSegLib.quality.tissue import LIMITS, foreign_parts
from OrganSegLib.quality.view import look
from OrganSegLib.volume import Labelmap, Scan

from .cases import Person, phantoms, real_people

CHOSEN_ON = "ts_reference_1"  # of the labelled scans
SEEDS = range(100, 106)
SLABS, SLAB_PLANES = (0.3, 0.6, 0.75), 14  # where they begin, as a share of the scan's planes
LEAST_VOXELS = 50


def main() -> None:
    """The weakest edges, and the most of what should not be there, by tissue."""
    shown = defaultdict(list)
    for person in chosen_on():
        field = Field.of(person.scan)
        for found in measure(person.scan, person.labelmap):
            if found.voxels >= LEAST_VOXELS:
                tissue = anatomy()[found.name].tissue
                view = look(person.scan, person.labelmap, found, field)
                shown[tissue].append((edge_strength(view), *foreign_parts(view, LIMITS[tissue])))
    for tissue, rows in shown.items():
        edges, *parts = zip(*rows, strict=True)
        limits = LIMITS[tissue]
        print(f"{tissue}, {len(rows)} organs: edges from {min(edges):.2f} (limit {limits.edge:g})")
        for name, found_parts in zip(("share", "inner", "chunk_ml"), parts, strict=True):
            print(f"  {name} up to {max(found_parts):.3f} (limit {getattr(limits, name):g})")


def chosen_on() -> Iterator[Person]:
    """Phantoms and a labelled scan, whole and cut to slabs."""
    yield from phantoms(SEEDS)
    for person in real_people():
        if person.name == CHOSEN_ON:
            yield person
            yield from (_slab(person, begin) for begin in SLABS)


def _slab(person: Person, begin: float) -> Person:
    start = int(begin * len(person.scan.voxels))
    box = (slice(start, start + SLAB_PLANES), *(slice(0, n) for n in person.scan.voxels.shape[1:]))
    grid = crop_grid(person.scan.grid, box)
    labels = person.labelmap.voxels[box]
    organs = {label: organ for label, organ in person.labelmap.organs.items() if (labels == label).any()}
    return replace(person, scan=Scan(person.scan.voxels[box], grid), labelmap=Labelmap(labels, grid, organs))


if __name__ == "__main__":
    main()

"""The layout ``phantoms``: generated people with exact labels."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from OrganSegLib.phantom import make_phantom
from OrganSegLib.volume import Labelmap, Scan, Triple

from .reader import Entry, LabelArray
from .values import LabelValues

if TYPE_CHECKING:
    from ..config import Config, Data


class Phantoms:
    """Options: ``count`` (1), ``first_seed`` (0), ``region`` (``torso``), ``spacing_mm`` (the network's)."""

    def __init__(self, data: Data, config: Config) -> None:
        self.data, self.classes = data, config.classes
        options = data.options
        first = int(options.get("first_seed", 0))
        self.seeds = range(first, first + int(options.get("count", 1)))
        x, y, z = (float(step) for step in options.get("spacing_mm", config.spacing_mm))
        self.spacing_mm, self.region = (x, y, z), str(options.get("region", "torso"))

    def entries(self) -> list[Entry]:
        names = {seed: f"phantom_{seed:03d}" for seed in self.seeds}
        return [
            Entry(name, name, None, None, self.data.role, licence=self.data.licence, facts={"seed": seed})
            for seed, name in names.items()
        ]

    def scan(self, entry: Entry) -> Scan:
        return _person(int(entry.facts["seed"]), self.spacing_mm, self.region)[0]

    def labels(self, entry: Entry, scan: Scan) -> LabelArray | None:
        _, labelmap = _person(int(entry.facts["seed"]), self.spacing_mm, self.region)
        names = {value: organ.name for value, organ in labelmap.organs.items()}
        meaning = LabelValues.published(names, self.classes)
        return LabelArray(meaning.translated(labelmap.voxels, entry.name), scan.grid, meaning.known)


@lru_cache(maxsize=1)  # scan and labels are asked for one after the other
def _person(seed: int, spacing_mm: Triple, region: str) -> tuple[Scan, Labelmap]:
    return make_phantom(seed, spacing_mm, region)

"""The layout ``phantoms``: generated people with exact labels."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from OrganSegLib.phantom import make_phantom
from OrganSegLib.volume import Labelmap, Scan, Triple

from ..config.base import Section
from .options import read_options
from .reader import Entry, LabelArray
from .values import LabelValues

if TYPE_CHECKING:
    from ..config import Config
    from ..config.data import Data


DEFAULT_STEP_MM = 3.0  # between slices, where a 2D network takes any


class PhantomOptions(Section):
    """How many people, and what of them.

    Attributes:
        count: of people.
        first_seed: of the first one; the next has the next seed.
        region: ``torso``, ``abdomen``, ``chest`` or ``head``.
        spacing_mm: along x, y, z; the network's by default.
    """

    count: int = 1
    first_seed: int = 0
    region: str = "torso"
    spacing_mm: Triple | None = None


class Phantoms:
    """Options: see `PhantomOptions`."""

    def __init__(self, data: Data, config: Config) -> None:
        self.data, self.classes = data, config.classes
        options = read_options(data, PhantomOptions)
        self.seeds = range(options.first_seed, options.first_seed + options.count)
        x, y, z = config.spacing_mm
        self.region, self.spacing_mm = options.region, options.spacing_mm or (x, y, z or DEFAULT_STEP_MM)

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

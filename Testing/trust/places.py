"""Writes where organs lie among adults into ``Resources/organs.json``: ``python -m Testing.trust.places``.

Means and standard deviations of the faces of organs' boxes, of every second label map, the labelled real
scans and phantoms. People are laid over each other by the median of their faces; a face at which the field of
view cuts an organ says nothing. Where few real people show an organ, the phantom and a wide spread fill in.
"""

from __future__ import annotations

import json
import re

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.field import FACES, Field, box_of
from OrganSegLib.measure import measure
from OrganSegLib.phantom import LABELS, make_phantom
from OrganSegLib.resources import resources_dir
from OrganSegLib.volume import Grid

from .cases import Person, label_maps, real_people

PHANTOMS = range(100, 112)
WHOLE = Grid((86, 72, 190), (5.0, 5.0, 5.0), (-215.0, -185.0, -320.0))  # pelvis to crown
PHANTOM_WEIGHT = 2.0  # people that the phantom counts as
SPINE_TOP_MM = 420.0  # 12.5 cm of neck and 28 cm of chest above the first lumbar vertebra (Gray's Anatomy)
SPREAD_MM, SPREAD_WEIGHT = 20.0, 4.0  # assumed spread, and people that it counts as
ROUNDS = 100

Array = NDArray[np.float64]  # [person, organ, face], NaN where unknown


def main() -> None:
    """Fit, and rewrite the file's lines."""
    real = [*real_people(), *list(label_maps())[::2]]
    computed = [Person(f"phantom {seed}", *make_phantom(seed, grid=WHOLE)) for seed in PHANTOMS]
    box, spread = fit(_faces(real), _faces(computed))
    box[list(LABELS).index("spine"), 5] = SPINE_TOP_MM  # the phantom's ends at the neck
    path = resources_dir() / "organs.json"
    text = path.read_text(encoding="utf-8")
    for n, name in enumerate(LABELS):
        lines = f'"box_mm": {json.dumps(_whole(box[n]))},\n   "spread_mm": {json.dumps(_whole(spread[n]))}'
        pattern = rf'(\{{"name": "{name}"[^{{}}]*?)(,\n   "box_mm"[^{{}}]*)?\}}'
        text = re.sub(pattern, rf"\g<1>,\n   {lines}}}", text)
    json.loads(text)
    path.write_text(text, encoding="utf-8")


def fit(real: Array, computed: Array) -> tuple[Array, Array]:
    """Mean faces [organ, face] in the phantoms' frame, and their standard deviations."""
    frame, _ = _laid_over(computed)
    people, aligned = _laid_over(real)
    difference = people - frame
    aligned = aligned - np.tile(
        np.nanmedian(np.concatenate([difference[:, :3], difference[:, 3:]]), axis=0), 2
    )
    known = (~np.isnan(aligned)).sum(axis=0)
    weight = PHANTOM_WEIGHT * ~np.isnan(frame)
    total = np.nansum(aligned, axis=0) + weight * np.nan_to_num(frame)
    mean = total / (known + weight)
    squares = np.nansum((aligned - mean) ** 2, axis=0) + SPREAD_WEIGHT * SPREAD_MM**2
    return mean, np.sqrt(squares / (known + SPREAD_WEIGHT))


def _faces(people: list[Person]) -> Array:
    names = list(LABELS)
    faces = np.full((len(people), len(names), 6), np.nan)
    for person, own in zip(people, faces, strict=True):
        field, labels = Field.of(person.scan), person.labelmap.voxels
        for found in measure(person.scan, person.labelmap):
            if found.extent and found.bounds_mm:
                box = box_of(found.extent[::2], found.extent[1::2])
                cut = field.cut_faces(labels, found.label, box)
                known = [face not in cut for face in FACES]
                own[names.index(found.name)] = np.where(known, np.ravel(found.bounds_mm), np.nan)
    return faces


def _laid_over(faces: Array) -> tuple[Array, Array]:
    """The mean, and all people shifted onto it."""
    mean = np.nanmedian(faces, axis=0)
    for _ in range(ROUNDS):
        apart = faces - mean
        shift = np.nanmedian(np.concatenate([apart[..., :3], apart[..., 3:]], axis=1), axis=1)
        shift -= shift.mean(axis=0)  # the frame stays where it is
        aligned = faces - np.tile(shift, 2)[:, None]
        mean = np.nanmean(aligned, axis=0)
    return mean, aligned


def _whole(values: Array) -> list[int]:
    return [round(value) for value in values]


if __name__ == "__main__":
    main()

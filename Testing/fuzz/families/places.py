"""DICOM slices in impossible places: flung away, heaped up, turned, skewed, or of no size."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from ..elements import encode, file, tag
from ..study import GRID, Expect, Study
from .series import SLICES, slices

FAR = [0.0, 1e-9, 0.004, 0.3, 1.0, 7.5, 60.0, 1e4, 1e9, 1e38, 1e300, -1.0, -1e9, -1e300]
DIRECTIONS = [
    (1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    (0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    (1.0, 0.0, 0.0, 0.0, 0.94, -0.34),
    (0.999, 0.0, 0.0, 0.005, 1.0, 0.0),
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
    (2.0, 0.0, 0.0, 0.0, 2.0, 0.0),
    (1e200, 0.0, 0.0, 0.0, 1e200, 0.0),
]
SIZES = [1.5, 1.25, 0.0, -1.0, 1e-300, 1e-9, 1e-3, 50.0, 1e3, 1e9, 1e300, math.nan]


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """Some slices moved, all turned, and pixels of any size."""
    far = st.sampled_from(FAR) | st.floats(-1e4, 1e4)
    moves = draw(st.dictionaries(st.integers(0, SLICES - 1), st.tuples(far, far, far), max_size=SLICES))
    stretch = draw(st.sampled_from([1.0, 0.0, 1e-3, 0.2, 5.0, -1.0, 1e6, 1e300]))
    direction = draw(st.just(DIRECTIONS[0]) | st.sampled_from(DIRECTIONS))
    size = draw(st.just((1.5, 1.25)) | st.tuples(st.sampled_from(SIZES), st.sampled_from(SIZES)))
    content = {}
    for n, elements in enumerate(slices()):
        step = (0.0, 0.0, 2.0 * n * stretch)
        place = map(sum, zip(GRID.origin_mm, step, moves.get(n, (0.0, 0.0, 0.0)), strict=True))
        told = {
            tag("ImagePositionPatient"): _text(place),
            tag("ImageOrientationPatient"): _text(direction),
            tag("PixelSpacing"): _text(size),
        }
        moved = [replace(one, value=told.get(one.tag, one.value)) for one in elements]
        content[f"{n}.dcm"] = file(encode(moved))
    edits = f"moved by {moves}", f"step x {stretch}", f"orientation {direction}", f"pixels {size} mm"
    return Study(edits, content, Expect.PLAUSIBLE)


def _text(numbers: Iterable[float]) -> bytes:
    return "\\".join(map(repr, numbers)).encode()

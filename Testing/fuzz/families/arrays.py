"""Volumes in memory, as 3D Slicer hands them over: any type, any values, any affine."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from ..study import GRID, VOXELS, Expect, Study

KINDS = ["b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "O"]
VALUES = [0.0, -0.0, -1.0, 1.0, 0.5, 2.0, 1e-12, 1e-3, 1e3, 1e9, 1e300, float("nan"), float("inf")]
SHAPES = [
    *(VOXELS.shape, (0, 0, 0), (11, 0, 16), (VOXELS.size,), (11, 256), (11, 16, 16, 1), (1, 11, 16, 16)),
    *((16, 11, 16), (7, 16, 16)),
]


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """Some numbers of the affine replaced; another type, shape or order; odd values among the voxels."""
    affine = GRID.affine
    number = st.sampled_from(VALUES) | st.floats()
    places = st.tuples(st.integers(0, 3), st.integers(0, 3))
    edits = draw(st.dictionaries(places, number, max_size=4))
    for (row, column), value in edits.items():
        affine[row, column] = value
    kind = draw(st.sampled_from(["i2", *KINDS]))
    shape = draw(st.sampled_from([SHAPES[0], *SHAPES]))
    odd = draw(st.dictionaries(st.integers(0, VOXELS.size - 1), number, max_size=5))
    values = VOXELS.astype(np.float64)
    values.flat[list(odd)] = list(odd.values())
    with np.errstate(all="ignore"):
        values = values.astype(kind)
    values = np.resize(values, shape)
    if draw(st.booleans()):
        values = values[::-1]
    words = (f"affine with {edits}", f"{kind} of {shape}", f"values {odd}")
    return Study(words, {}, Expect.PLAUSIBLE, array=(values, affine))

"""NIfTI: headers with absurd fields, plain or compressed, and gzip bombs behind them."""

from __future__ import annotations

import struct
from functools import cache

import nibabel
import numpy as np
from hypothesis import strategies as st

from ..bombs import gzipped
from ..damage import damaged_study
from ..study import GRID, VOXELS, Expect, Study

# Field -> offset and type of one of its numbers: nifti1.h, https://nifti.nimh.nih.gov/nifti-1.
FIELDS = {
    "sizeof_hdr": (0, "i"),
    "extents": (32, "i"),
    "session_error": (36, "h"),
    **{f"dim[{n}]": (40 + 2 * n, "h") for n in range(8)},
    "intent_p1": (56, "f"),
    "intent_code": (68, "h"),
    "datatype": (70, "h"),
    "bitpix": (72, "h"),
    "slice_start": (74, "h"),
    **{f"pixdim[{n}]": (76 + 4 * n, "f") for n in range(8)},
    "vox_offset": (108, "f"),
    "scl_slope": (112, "f"),
    "scl_inter": (116, "f"),
    "slice_end": (120, "h"),
    "slice_code": (122, "b"),
    "xyzt_units": (123, "b"),
    "cal_max": (124, "f"),
    "toffset": (136, "f"),
    "descrip": (148, "i"),
    "qform_code": (252, "h"),
    "sform_code": (254, "h"),
    **{f"quatern_{axis}": (256 + 4 * n, "f") for n, axis in enumerate("bcd")},
    **{f"qoffset_{axis}": (268 + 4 * n, "f") for n, axis in enumerate("xyz")},
    **{
        f"srow_{axis}[{n}]": (280 + 16 * row + 4 * n, "f") for row, axis in enumerate("xyz") for n in range(4)
    },
    "magic": (344, "i"),
}
IDLE = {
    *("extents", "session_error", "intent_p1", "cal_max"),
    *("toffset", "descrip", "pixdim[4]", "pixdim[5]", "pixdim[6]", "pixdim[7]"),
}
# What these say may be right: another volume.
MEANINGFUL = ("dim", "datatype", "scl_")
WHOLE = {"b": [-128, 0, 1, 2, 3, 127], "h": [-32768, -1, 0, 1, 2, 4, 5, 8, 16, 512, 4096, 32767]}
WHOLE["i"] = [*WHOLE["h"], 348, 540, 2**31 - 1, -(2**31)]
REAL = [0.0, -0.0, -1.0, 0.5, 1.0, 7.0, 1e-30, 1e9, 3e38, -1e9, float("nan"), float("inf"), float("-inf")]


@cache
def base() -> bytes:
    """Voxels with an intercept, and the same place as qform and sform."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ GRID.affine
    image = nibabel.Nifti1Image((VOXELS.T + 1024).astype(np.int16), affine)
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    image.header.set_slope_inter(1, -1024)
    return bytes(image.to_bytes())


def studies() -> st.SearchStrategy[Study]:
    plain = damaged_study(lambda: {"scan.nii": base()})
    return edited() | edited() | plain | damaged_study(lambda: {"scan.nii.gz": gzipped(base(), 0)})


@st.composite
def edited(draw: st.DrawFn) -> Study:
    """One to four fields overwritten; in a gzip file any number of zeros may follow."""
    content, names, edits = bytearray(base()), [], []
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(FIELDS)))
        offset, kind = FIELDS[name]
        value = draw(
            st.sampled_from(WHOLE[kind]) if kind in WHOLE else st.sampled_from(REAL) | st.floats(width=32)
        )
        order = draw(st.sampled_from(["<", "<", "<", ">"]))
        struct.pack_into(order + kind, content, offset, value)
        names.append(name)
        edits.append(f"{name} = {value} ({order})")
    packed = draw(st.booleans())
    mebibytes = draw(st.sampled_from([0, 0, 1, 16, 40_000])) if packed else 0
    after = gzipped(bytes(content), mebibytes) if packed else bytes(content)
    name = "scan.nii.gz" if packed else draw(st.sampled_from(["scan.nii", "scan.nii.gz", "scan.NII"]))
    edits.append(f"{mebibytes} MiB of zeros behind" if packed else "plain")
    return Study(tuple(edits), {name: after}, _expected(names), name)


def _expected(names: list[str]) -> Expect:
    if IDLE.issuperset(names):
        return Expect.READ
    return Expect.PLAUSIBLE if any(name.startswith(MEANINGFUL) for name in names) else Expect.VALUES

"""Folders: links in circles, pipes, odd names and strangers beside the series."""

from __future__ import annotations

import os

from hypothesis import strategies as st

from ..study import Expect, Study
from . import nifti
from .series import files

TARGETS = [".", "..", "loop", "link", "nowhere", "/dev/zero", "/dev/full", "0.dcm", "pipe", "a/b", "x" * 255]
NAMES = [
    "loop",
    "link",
    "DICOMDIR",
    "index.nii",
    "1.nii.gz",
    "a\nb",
    "-",
    "é",
    "ř" * 100,
    "x" * 255,
    ".hidden",
    "~",
]
NAMES += [os.fsdecode(b"\xff\xfe.dcm"), os.fsdecode(b"\xff.nii")]
CONTENTS = [b"", b"\0", b"II*\0", b"PK\3\4", b"hello", b"\x08\x00", bytes(128) + b"DICM", bytes(200_000)]


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """The series, or a NIfTI file, among strangers; any of them may be named."""
    depth = draw(st.sampled_from([0, 0, 1, 40]))
    inside = "deep/" * depth
    series = draw(st.booleans())
    found = files() if series else {draw(st.sampled_from(["scan.nii", *NAMES])): nifti.base()}
    content = {inside + name: data for name, data in found.items()}
    links = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(TARGETS), max_size=4))
    others = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(CONTENTS), max_size=3))
    taken = {name.split("/")[0] for name in content}
    links = {name: target for name, target in links.items() if name not in taken}
    others = {name: data for name, data in others.items() if name not in taken | links.keys()}
    named = draw(st.sampled_from(["", "", *links, *others, *content]))
    edits = (f"links {links}", f"files {[*others]}", f"{'series' if series else [*content]} {depth} deep")
    # Those who lead out of the folder may find anything there.
    expect = Expect.PLAUSIBLE if named in links or named in others else Expect.VALUES
    return Study(edits, {**content, **others}, expect, named, links=links, pipes=("pipe",))

"""DICOM tags that are missing, doubled, contradictory or absurd, and private junk between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain

from hypothesis import strategies as st

from ..damage import damaged_study
from ..elements import Element, encode, file, sorted_in, tag
from ..study import Expect, Study
from .series import SLICES, files, slices

IDLE = {
    *("PatientName", "PatientID", "SpecificCharacterSet", "StudyDate", "PatientAge", "PatientPosition"),
    *("SliceThickness", "KVP", "SeriesNumber", "InstanceNumber", "SliceLocation", "SpacingBetweenSlices"),
    *("WindowCenter", "WindowWidth", "PixelAspectRatio", "StudyInstanceUID"),
}
PIXELS = {
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PlanarConfiguration", "PixelData"),
    *("PixelPaddingValue", "PixelPaddingRangeLimit", "ConvolutionKernel", "AcquisitionNumber"),
    *("RescaleType", "Modality", "ImageType", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"),
}
# Keyword -> how many numbers: where these are numbers they may be right, and make another volume.
NUMBERS = {
    "RescaleSlope": 1,
    "RescaleIntercept": 1,
    "PixelSpacing": 2,
    "ImagePositionPatient": 3,
    "ImageOrientationPatient": 6,
}
WORDS = ["", " ", "0", "-1", "1e9", "1e400", "1e-9", "NaN", "inf", "abc", "\\", "9" * 300, "1\\1", "1\\2\\3"]
PHOTOMETRIC = ["MONOCHROME1", "RGB", "YBR_FULL", "PALETTE COLOR", "ARGB", "YBR_ICT"]
SHORTS = [0, 1, 2, 3, 7, 8, 11, 12, 14, 15, 17, 32, 64, 255, 32768, 65535]
KINDS = ["AE", "AT", "CS", "DS", "FD", "FL", "IS", "LO", "OB", "PN", "SQ", "UI", "UN", "US", "UT", "XX"]
SYNTAXES = ["", "x" * 70, "1.2", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"] + [
    f"1.2.840.10008.1.2.{n}" for n in ("4.50", "4.51", "4.57", "4.70", "4.80", "4.90", "4.91", "4.100", "5")
]


@dataclass(frozen=True)
class Rewrite:
    """What is done to an element.

    Attributes:
        words: for people.
        of: the elements that come of one.
        derails: whatever follows is read as something else.
    """

    words: str
    of: Callable[[Element], list[Element]]
    derails: bool = False


def studies() -> st.SearchStrategy[Study]:
    return st.one_of(edited(), edited(), edited(), junk(), syntaxes(), damaged_study(files))


@st.composite
def edited(draw: st.DrawFn) -> Study:
    """One tag rewritten, in some slices or in all."""
    keyword = draw(st.sampled_from(sorted({*IDLE, *PIXELS, *NUMBERS})))
    doubted = draw(st.just(range(SLICES)) | st.lists(st.integers(0, SLICES - 1), min_size=1, max_size=3))
    rewrite = draw(rewrites())
    content = dict(files())
    for n in doubted:
        elements = (rewrite.of(one) if one.tag == tag(keyword) else [one] for one in slices()[n])
        content[f"{n}.dcm"] = file(encode(chain.from_iterable(elements)))
    edits = (f"{keyword} {rewrite.words} in slices {sorted(set(doubted))}",)
    return Study(edits, content, _expected(keyword, rewrite), doubted=frozenset(doubted))


def rewrites() -> st.SearchStrategy[Rewrite]:
    """Everything that may befall an element."""
    lengths = st.sampled_from([0, 1, 3, 0xFFFF, 0xFFFFFFFF]) | st.integers(0, 4000)
    return st.one_of(
        st.just(Rewrite("missing", lambda _: [])),
        st.just(Rewrite("said twice", lambda one: [one, one])),
        values().map(lambda new: Rewrite(f"set to {new!r}", lambda one: [replace(one, value=new)])),
        values().map(lambda new: Rewrite(f"doubled by {new!r}", lambda one: [one, replace(one, value=new)])),
        st.integers(0, 600).map(
            lambda n: Rewrite(f"cut to {n}", lambda one: [replace(one, value=one.value[:n])])
        ),
        lengths.map(
            lambda n: Rewrite(f"of claimed length {n}", lambda one: [replace(one, length=n)], derails=True)
        ),
        st.sampled_from(KINDS).map(
            lambda vr: Rewrite(f"of kind {vr}", lambda one: [replace(one, vr=vr)], derails=True)
        ),
    )


def values() -> st.SearchStrategy[bytes]:
    """What an element should not hold."""
    numbers = st.lists(st.floats(), min_size=1, max_size=6).map(lambda found: "\\".join(map(repr, found)))
    texts = st.sampled_from([*WORDS, *PHOTOMETRIC]) | numbers
    shorts = st.sampled_from(SHORTS).map(lambda number: number.to_bytes(2, "little"))
    return texts.map(str.encode) | shorts | st.binary(max_size=24)


def _expected(keyword: str, rewrite: Rewrite) -> Expect:
    if rewrite.derails:
        return Expect.PLAUSIBLE
    if keyword in IDLE:
        return Expect.READ
    before = next(one for one in slices()[0] if one.tag == tag(keyword))
    other = [one.value for one in rewrite.of(before) if one != before]
    return (
        Expect.PLAUSIBLE if any(_are_numbers(one, NUMBERS.get(keyword)) for one in other) else Expect.STANDS
    )


def _are_numbers(value: bytes, count: int | None) -> bool:
    parts = value.decode("latin-1").split("\\")
    try:
        return len(parts) == count and all(math.isfinite(float(part)) for part in parts)
    except ValueError:
        return False


@st.composite
def junk(draw: st.DrawFn) -> Study:
    """Private elements of any size and content, well formed."""
    element = st.builds(
        Element,
        st.builds(
            lambda group, number: group << 16 | number,
            st.sampled_from([0x0009, 0x0019, 0x0029, 0x7FE1]),
            st.integers(0x10, 0xFFFF),
        ),
        st.sampled_from(["LO", "OB", "UN", "UT", "DS", "FD", "UI"]),
        st.binary(max_size=60) | st.integers(0, 15000).map(lambda size: b"\xff" * (2 * size)),
    )
    more = draw(st.lists(element, min_size=1, max_size=8, unique_by=lambda one: one.tag))
    content = {f"{n}.dcm": file(encode(sorted_in(one, more))) for n, one in enumerate(slices())}
    names = ", ".join(f"({one.tag:08x}) {one.vr} of {len(one.value)} bytes" for one in more)
    return Study((f"private {names}",), content, Expect.READ)


@st.composite
def syntaxes(draw: st.DrawFn) -> Study:
    """A transfer syntax that is not that of the data set."""
    syntax = draw(st.sampled_from(SYNTAXES))
    content = {f"{n}.dcm": file(encode(one), syntax) for n, one in enumerate(slices())}
    return Study((f"transfer syntax {syntax!r}",), content, Expect.STANDS)

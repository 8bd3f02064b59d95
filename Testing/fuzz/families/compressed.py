"""Compressed DICOM: code streams that are damaged or lie about their size, and deflate bombs."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from hypothesis import strategies as st
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from ..bombs import deflated
from ..damage import damaged, damaged_study
from ..elements import Element, encode, file, tag
from ..study import VOXELS, Expect, Study
from .series import SLICES, slices

PIXELS = tag("PixelData")
END = b"\xfe\xff\xdd\xe0\0\0\0\0"  # of encapsulated pixel data
# Marker -> offset and bytes of height or width behind it: SIZ of JPEG 2000, SOF of lossless JPEG.
SIZES = {b"\xff\x51": (6, 8), b"\xff\xc3": (5, 4)}


@cache
def streams(kind: str) -> tuple[str, tuple[bytes, ...]]:
    """Transfer syntax, and the encapsulated pixel data of each slice; GDCM compresses, pydicom makes RLE."""
    packed = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slice.dcm"
        for plane in VOXELS:
            writer = sitk.ImageFileWriter()
            writer.SetImageIO("GDCMImageIO")
            writer.SetFileName(str(path))
            writer.SetUseCompression(kind != "RLE")
            writer.SetCompressor(kind if kind != "RLE" else "")
            writer.Execute(sitk.GetImageFromArray((plane + 1024)[None].astype(np.int16)))
            data = pydicom.dcmread(path)
            if kind == "RLE":
                data.compress(RLELossless, generate_instance_uid=False)
            packed.append(bytes(data.PixelData))
    return str(data.file_meta.TransferSyntaxUID), tuple(packed)


@cache
def files(kind: str) -> dict[str, bytes]:
    syntax, packed = streams(kind)
    return {
        f"{n}.dcm": _file(elements, stream, syntax)
        for n, (elements, stream) in enumerate(zip(slices(), packed, strict=True))
    }


def _file(elements: tuple[Element, ...], stream: bytes, syntax: str) -> bytes:
    pixels = Element(PIXELS, "OB", stream + END, 0xFFFFFFFF)
    return file(encode(pixels if element.tag == PIXELS else element for element in elements), syntax)


def studies() -> st.SearchStrategy[Study]:
    kinds = st.sampled_from(["JPEG", "JPEG2000", "RLE"])
    whole = kinds.flatmap(lambda kind: damaged_study(lambda: files(kind)))
    return st.one_of(whole, kinds.flatmap(in_stream), kinds.flatmap(resized), bombs())


@st.composite
def in_stream(draw: st.DrawFn, kind: str) -> Study:
    """Damage within the code stream of one slice."""
    syntax, packed = streams(kind)
    n = draw(st.integers(0, SLICES - 1))
    stream, words = draw(damaged(packed[n]))
    content = {**files(kind), f"{n}.dcm": _file(slices()[n], stream, syntax)}
    return Study((f"{kind} stream of slice {n}: {words}",), content, Expect.PLAUSIBLE)


@st.composite
def resized(draw: st.DrawFn, kind: str) -> Study:
    """An image whose code stream claims another size than its header, or whose header does."""
    syntax, packed = streams(kind)
    keyword = draw(st.sampled_from(["Rows", "Columns", "BitsAllocated", "BitsStored", "SamplesPerPixel"]))
    extent = draw(st.sampled_from([0, 1, 8, 15, 17, 32, 4096, 65535]))
    marked = draw(st.booleans())
    content = {}
    for n, (elements, stream) in enumerate(zip(slices(), packed, strict=True)):
        if marked:
            for marker, (offset, width) in SIZES.items():
                if (at := stream.find(marker)) >= 0:
                    claim = extent.to_bytes(width // 2, "big") * 2
                    stream = stream[: at + offset] + claim + stream[at + offset + width :]
        else:
            value = extent.to_bytes(2, "little")
            elements = tuple(replace(e, value=value) if e.tag == tag(keyword) else e for e in elements)
        content[f"{n}.dcm"] = _file(elements, stream, syntax)
    words = f"{kind}, the {'stream' if marked else keyword} claims {extent}"
    return Study((words,), content, Expect.STANDS)


@st.composite
def bombs(draw: st.DrawFn) -> Study:
    """Deflated data sets with a private element of any size."""
    mebibytes = draw(st.sampled_from([0, 1, 16, 3072]))
    content = {}
    for n, elements in enumerate(slices()):
        junk = Element(0x00091010, "OB", b"", mebibytes * 2**20)
        early = [element for element in elements if element.tag < junk.tag]
        late = [element for element in elements if element.tag > junk.tag]
        body = deflated(encode([*early, junk]), mebibytes, encode(late))
        content[f"{n}.dcm"] = file(body, DeflatedExplicitVRLittleEndian)
    expect = Expect.READ if mebibytes < 2 else Expect.STANDS
    return Study((f"deflated with {mebibytes} MiB of private zeros",), content, expect)

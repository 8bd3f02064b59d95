"""Zip archives: names that lead out, claims that lie, bombs, and what else a stranger may pack."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PureWindowsPath

from hypothesis import strategies as st

from ..bombs import deflated
from ..damage import damaged_study
from ..study import Expect, Study
from .series import files

NAME = "study.zip"
STORED, DEFLATED, LZMA = 0, 8, 14
# An LZMA stream that wants a dictionary of four gigabytes.
DICTIONARY = b"\x09\x04\x05\x00\x5d\xff\xff\xff\xff" + bytes(40)
METHODS = [1, 6, 9, 12, 14, 93, 95, 99, 65535]
NAMES = [
    *("../evil.dcm", "a/../../evil.dcm", "/evil.dcm", "..\\evil.dcm", "C:\\evil.dcm", "\\\\host\\evil"),
    *("a/./b//c.dcm", "0.dcm/inside", "x" * 300, "a/" * 200 + "b", "Série 1/ř.dcm", "con", "nul.dcm"),
    *("..", ".", "", " ", "a\nb", "a\0b.dcm", "0.dcm", "...", "C:evil", "a/..", "-rf", "~/evil", "*.dcm"),
]
CLAIMS = [0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1]


@dataclass(frozen=True)
class Member:
    """A member as the archive tells of it, twice: before its bytes, and in the directory at the end."""

    name: bytes
    packed: bytes
    size: int
    crc: int
    method: int = STORED
    flags: int = 0x800
    attributes: int = 0
    packed_size: int | None = None
    shared: bool = False

    def fields(self) -> bytes:
        packed = len(self.packed) if self.packed_size is None else self.packed_size
        head = struct.pack("<HHHHH", 20, self.flags, self.method, 0, 0x21)
        return head + struct.pack("<IIIHH", self.crc, packed, self.size, len(self.name), 0)


def member(name: str, content: bytes, mebibytes: int = 0) -> Member:
    """``content``, or as many zeros, deflated."""
    checksum = zlib.crc32(content)
    size = len(content) + (mebibytes << 20)
    return Member(name.encode(), deflated(content, mebibytes), min(size, 2**32 - 2), checksum, DEFLATED)


def pack(members: Sequence[Member]) -> bytes:
    """The archive; a ``shared`` member points at the bytes of the first one."""
    content, directory = b"", b""
    for one in members:
        at = 0 if one.shared else len(content)
        if not one.shared:
            content += b"PK\3\4" + one.fields() + one.name + one.packed
        directory += b"PK\1\2" + struct.pack("<H", 0x314) + one.fields()
        directory += struct.pack("<HHHII", 0, 0, 0, one.attributes, at) + one.name
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(content), 0)
    return content + directory + b"PK\5\6" + end


def series() -> list[Member]:
    return [member(name, content) for name, content in files().items()]


def studies() -> st.SearchStrategy[Study]:
    return st.one_of(names(), claims(), bombs(), damaged_study(lambda: {NAME: pack(series())}, NAME))


@st.composite
def names(draw: st.DrawFn) -> Study:
    """Members of any name beside the series."""
    parts = st.lists(st.sampled_from(["..", ".", "a", "", "C:", "b.dcm"]), min_size=1, max_size=5)
    name = st.sampled_from(NAMES) | parts.map("/".join) | parts.map("\\".join) | st.text(max_size=12)
    found = draw(st.lists(name, min_size=1, max_size=3))
    content = draw(st.sampled_from([b"evil", files()["3.dcm"]]))
    link = draw(st.booleans())
    extra = [replace(member(one, content), attributes=0xA1FF0000 if link else 0) for one in found]
    expect = Expect.REFUSED if any(map(_leads_out, found)) else Expect.STANDS
    edits = (f"members {found} of {len(content)} bytes{', as links' if link else ''}",)
    return Study(edits, {NAME: pack([*series(), *extra])}, expect, NAME)


def _leads_out(name: str) -> bool:
    path = PureWindowsPath(name)
    # What ends in a slash is a folder, which is not made.
    return not name.endswith("/") and (".." in path.parts or bool(path.anchor))


@st.composite
def claims(draw: st.DrawFn) -> Study:
    """One member that is told of wrongly."""
    members = series()
    n = draw(st.integers(0, len(members) - 1))
    lies: dict[str, st.SearchStrategy[object]] = {
        "size": st.sampled_from(CLAIMS),
        "packed_size": st.sampled_from(CLAIMS),
        "crc": st.integers(0, 2**32 - 1),
        "method": st.sampled_from(METHODS),
        "flags": st.integers(0, 0xFFFF),
        "shared": st.just(True),
        "packed": st.binary(max_size=40),
    }
    name = draw(st.sampled_from(sorted(lies)))
    lie = draw(st.just({"method": LZMA, "packed": DICTIONARY}) | lies[name].map(lambda value: {name: value}))
    members[n] = replace(members[n], **lie)
    return Study((f"member {n} with {lie}",), {NAME: pack(members)}, Expect.STANDS, NAME)


@st.composite
def bombs(draw: st.DrawFn) -> Study:
    """Zeros by the gigabyte, once or many times over the same bytes."""
    mebibytes = draw(st.sampled_from([1, 64, 4000]))
    times = draw(st.sampled_from([1, 3, 1000]))
    content = draw(st.sampled_from([b"", bytes(128) + b"DICM"]))
    bomb = member("bomb", content, mebibytes)
    members = [bomb] + [replace(bomb, name=f"bomb{n}".encode(), shared=True) for n in range(1, times)]
    edits = (f"{times} x {mebibytes} MiB of zeros after {content[-4:]!r}",)
    return Study(edits, {NAME: pack([*members, *series()])}, Expect.STANDS, NAME)

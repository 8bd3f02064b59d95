"""Mutations of bytes: what scratched discs, broken transfers and strangers do to a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hypothesis import strategies as st

from .study import Expect, Study

HEAD = 512  # headers are where damage does most
Edit = Callable[[bytes], bytes]
NUMBERS = [bytes(2), b"\xff\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"\xff\xff\xff\x7f", b"\x01"]


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> tuple[bytes, str]:
    """``content`` after one to four edits, and the edits in words."""
    words = []
    for _ in range(draw(st.integers(1, 4))):
        length = max(len(content), 1)
        at = draw(st.integers(0, min(length, HEAD)) | st.integers(0, length))
        match draw(st.sampled_from(["bit", "cut", "fill", "number", "insert", "repeat", "drop"])):
            case "bit" if at < len(content):
                bit = draw(st.integers(0, 7))
                content = content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]
                words.append(f"bit {bit} of byte {at} flipped")
            case "cut":
                content = content[:at]
                words.append(f"cut at {at}")
            case "fill":
                run = draw(st.integers(1, 64))
                value = draw(st.sampled_from([b"\0", b"\xff", b"0"]))
                content = content[:at] + (value * run)[: length - at] + content[at + run :]
                words.append(f"{run} bytes from {at} set to {value!r}")
            case "number":
                value = draw(st.sampled_from(NUMBERS))
                content = content[:at] + value + content[at + len(value) :]
                words.append(f"{value!r} at {at}")
            case "insert":
                value = draw(st.binary(min_size=1, max_size=40))
                content = content[:at] + value + content[at:]
                words.append(f"{value!r} inserted at {at}")
            case "repeat":
                run = draw(st.integers(1, 200))
                content = content[: at + run] + content[at:]
                words.append(f"{run} bytes from {at} repeated")
            case "drop":
                run = draw(st.integers(1, 40))
                content = content[:at] + content[at + run :]
                words.append(f"{run} bytes from {at} dropped")
    return content, ", ".join(words)


@st.composite
def damaged_study(draw: st.DrawFn, files: Callable[[], Mapping[str, bytes]], named: str = "") -> Study:
    """A study with some of its ``files`` damaged."""
    after, edits = dict(files()), []
    names = draw(st.lists(st.sampled_from(sorted(after)), min_size=1, max_size=3, unique=True))
    for name in names:
        after[name], words = draw(damaged(after[name]))
        edits.append(f"{name}: {words}")
    return Study(tuple(edits), after, Expect.PLAUSIBLE, named)

"""NRRD and MetaImage: lines that are missing, doubled, absurd or in the way, bombs, and voxels elsewhere."""

from __future__ import annotations

from hypothesis import strategies as st

from ..bombs import gzipped
from ..damage import damaged, damaged_study
from ..study import Expect, Study
from .text_formats import DATA, META_IMAGE, NRRD, SIZES, TextFormat

NUMBERS = [
    *("0", "-1", "1", "3", "9", "16", "65535", "4294967296", "9223372036854775807", "1e9", "1e-9"),
    *("nan", "NaN", "inf", "-inf", "1e400", "none", "abc", "", "0x10", "1.5"),
]
WORDS = [
    *("", "???", "none", "True", "MET_DOUBLE", "MET_USHORT", "MET_LONG_LONG", "MET_STRING", "Scene", "Tube"),
    *("double", "uint8", "block", "ushort", "gzip", "gz", "bzip2", "ascii", "hex", "raw", "big", "little"),
    *("right-anterior-superior", "scanner-xyz", "3D-right-handed", "left-posterior-superior-time"),
    *("vector domain domain", "complex domain domain", "RGB-color domain domain", "list domain domain"),
    *("(1,0,0) (0,1,0) (0,0,0)", "(1,0,0) (1,0,0) (0,0,1)", "none none none", "(nan,0,0) (0,1,0) (0,0,1)"),
    *("1 " * 5000, "7" * 30_000, "x" * 30_000, "11", "10000"),
    *("(1,0) (0,1)", "(1e9,0,0) (0,1,0) (0,0,1)", "0 0 0 0 0 0 0 0 0", "nan nan nan nan nan nan nan nan nan"),
]
SOURCES = [
    *(
        "missing.raw",
        ".",
        "../missing.raw",
        "/dev/zero",
        "/dev/null",
        "pipe",
        "scan.nhdr",
        "scan.mhd",
        "LIST",
    ),
    *(
        "LIST 2",
        "scan%03d.raw 1 9 1",
        "scan%d.raw 1 2000000000 1",
        "scan%s%s%s%n.raw 0 9 1",
        "scan%d.raw 0 9 0",
    ),
    *("x" * 5000, "scan.raw"),
]
ZEROS = {"followed by nothing": 0, "followed by a mebibyte of zeros": 1, "followed by three gibibytes": 3072}


def nrrd() -> st.SearchStrategy[Study]:
    return _studies(NRRD)


def meta_image() -> st.SearchStrategy[Study]:
    return _studies(META_IMAGE)


def _studies(form: TextFormat) -> st.SearchStrategy[Study]:
    whole = damaged_study(lambda: {f"scan.{form.endings[0]}": form.file(form.lines())})
    return st.one_of(edited(form), edited(form), whole, junk(form), compressed(form), elsewhere(form))


@st.composite
def edited(draw: st.DrawFn, form: TextFormat) -> Study:
    """Up to three fields changed, and lines that have no business in the header."""
    lines, edits = form.lines(), []
    touched = draw(st.lists(st.sampled_from(sorted(form.fields)), min_size=1, max_size=3, unique=True))
    for name in touched:
        at = next(n for n, line in enumerate(lines) if line.startswith(name + form.equals))
        value = draw(_values(form.fields[name]))
        new = f"{name}{form.equals}{value}"
        ways = {"set to": [new], "doubled by": [lines[at], new], "missing, not": []}
        way = draw(st.sampled_from(sorted(ways)))
        lines[at : at + 1] = ways[way]
        edits.append(f"{name} {way} {value[:80]!r}")
    extra = draw(st.lists(st.sampled_from(form.extra), max_size=2))
    expect = Expect.VALUES if form.places.issuperset(touched) and not extra else Expect.PLAUSIBLE
    name = f"scan.{draw(st.sampled_from(form.endings))}"
    words = [line[:80] for line in extra]
    return Study((*edits, *words), {name: form.file(lines + extra)}, expect, name)


def _values(right: str) -> st.SearchStrategy[str]:
    """One part of the ``right`` value replaced, numbers of any count, or something else."""
    parts = right.split()
    one = st.builds(
        lambda n, number: " ".join([*parts[:n], number, *parts[n + 1 :]]),
        st.integers(0, len(parts) - 1),
        st.sampled_from(NUMBERS),
    )
    numbers = st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=9).map(" ".join)
    return one | numbers | st.sampled_from(WORDS)


@st.composite
def junk(draw: st.DrawFn, form: TextFormat) -> Study:
    """Many lines that say nothing of the image, anywhere in the header."""
    lines, count = form.lines(), draw(st.integers(0, 400))
    at = draw(st.integers(2, len(lines)))
    text = draw(st.sampled_from(["x" * 50, "spacings: 9 9 9", "ElementSpacing = 9 9 9", "é"]))
    lines[at:at] = [form.key.format(n) + text for n in range(count)]
    name = f"scan.{form.endings[0]}"
    words = f"{count} times {form.key + text!r} as line {at}"
    return Study((words,), {name: form.file(lines)}, Expect.READ, name)


@st.composite
def compressed(draw: st.DrawFn, form: TextFormat) -> Study:
    """Compressed voxels, with much behind them, damaged, or of sizes that ask for all the memory."""
    words = draw(st.sampled_from(sorted(ZEROS)))
    packed, damage = gzipped(DATA, ZEROS[words]), ""
    if draw(st.booleans()):
        packed, damage = draw(damaged(gzipped(DATA, 0)))
    sizes = draw(st.sampled_from([SIZES, SIZES, "16 16 900", "2048 2048 300", "65535 65535 65535"]))
    lines = [line.replace(SIZES, sizes).replace(*form.packing) for line in form.lines()]
    name = f"scan.{form.endings[0]}"
    content = form.file([*lines, *form.length(packed)], packed)
    whole = sizes == SIZES and not damage and not ZEROS[words]
    expect = Expect.READ if whole else Expect.VALUES
    return Study((damage or words, f"sizes {sizes}"), {name: content}, expect, name)


@st.composite
def elsewhere(draw: st.DrawFn, form: TextFormat) -> Study:
    """Voxels in another file, which may be none at all."""
    source = draw(st.sampled_from(SOURCES))
    name = f"scan.{draw(st.sampled_from(form.endings))}"
    files = {name: form.file(form.lines(), source=source), "scan.raw": DATA}
    expect = Expect.READ if source == "scan.raw" else Expect.PLAUSIBLE
    return Study((f"voxels in {source[:40]!r}",), files, expect, name, pipes=("pipe",))

"""What a report says, apart from how it looks: sections of blocks that HTML and PDF show alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ..organs import Organ
from ..quality.kinds import MARKS

WIDTH_MM = 180.0  # of a line of print


@dataclass(frozen=True)
class Pairs:
    """What -> how it is: ``Name``, ``Nováková, Jana``."""

    kind: ClassVar[str] = "pairs"
    items: tuple[tuple[str, str], ...]
    title: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    kind: ClassVar[str] = "prose"
    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    kind: ClassVar[str] = "bullets"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Cells as text; those of the columns ``numbers`` stand at the right."""

    kind: ClassVar[str] = "table"
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Picture:
    """A PNG file's bytes and how large they are printed; ``alt`` says what a blind reader must know."""

    png: bytes
    width_mm: float
    height_mm: float
    caption: str
    alt: str


@dataclass(frozen=True)
class Gallery:
    """Rows of pictures, each row at most `WIDTH_MM` wide."""

    kind: ClassVar[str] = "gallery"
    rows: tuple[tuple[Picture, ...], ...]


@dataclass(frozen=True)
class Key:
    """How the pictures name an organ: by colour, and by number where there is no colour."""

    number: int
    title: str
    colour: str  # #rrggbb

    @classmethod
    def of(cls, number: int, organ: Organ) -> Key:
        return cls(number, organ.title, "#{:02x}{:02x}{:02x}".format(*organ.colour))


@dataclass(frozen=True)
class Legend:
    """The organs that the pictures show."""

    kind: ClassVar[str] = "legend"
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class Remark:
    """A reason for doubt: a word for the hurried, a sentence for the others."""

    level: Literal["note", "warning"]
    word: str
    sentence: str
    subject: str = ""

    @property
    def symbol(self) -> str:
        return MARKS[self.level]


@dataclass(frozen=True)
class Remarks:
    """Reasons for doubt about several things, each named as the remark's subject."""

    kind: ClassVar[str] = "remarks"
    items: tuple[Remark, ...]


@dataclass(frozen=True)
class OrganRow:
    """A line of the organ table, its numbers as text."""

    key: Key
    found: bool
    volume: str
    usual: str
    mean_hu: str
    sd_hu: str
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Organs:
    """The table of all organs."""

    kind: ClassVar[str] = "organs"
    rows: tuple[OrganRow, ...]


Block = Pairs | Heading | Prose | Bullets | Table | Gallery | Legend | Remarks | Organs


@dataclass(frozen=True)
class Section:
    """Blocks under a heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """Everything that a report says.

    Attributes:
        patient: one line that tells whose report this is, repeated on every printed page; empty where the
            identity is left out or not known.
        made: when the report was made.
        facts: of the patient and the scan, side by side at the top.
        sections: in order.
    """

    patient: str
    made: str
    facts: tuple[Pairs, ...]
    sections: tuple[Section, ...]

"""What a judgement consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["note", "warning"]

# What the flags of organs are called in a table.
WORDS = {
    "absent": "not found",
    "outside_field": "outside the scan",
    "truncated": "cut off by the scan",
    "implausible_volume": "unusual volume",
    "fragmented": "in pieces",
    "wrong_side": "on the wrong side",
    "misplaced": "misplaced",
    "incomplete": "incomplete",
    "leaked": "leaks",
    "misfit": "does not fit the images",
    "wrong_tissue": "wrong tissue",
    "uncertain": "uncertain",
    "experimental": "experimental",
}
# What is said of organs without a flag: "good" would promise what nobody looked at.
NO_DOUBTS = "no doubts found"
CHECKED = (
    "Where no doubts were found, an organ's size, place, pieces, ends, tissue and edges look usual, as far "
    "as it is known what is usual; whether its outline is right everywhere was not checked."
)
MARKS = {"unflagged": "", "note": "◆", "warning": "▲"}  # told apart in black and white, too


@dataclass(frozen=True)
class Flag:
    """One reason for doubt.

    Attributes:
        code: stable word for programs (``truncated``).
        level: ``note`` for what the reader must know (yellow), ``warning`` for what is likely wrong (red).
        sentence: for the surgeon.
        value: what was measured, where programs may want it: a number or a word.
    """

    code: str
    level: Level
    sentence: str
    value: float | str | None = None


@dataclass(frozen=True)
class OrganTrust:
    """How far an organ's segmentation can be trusted.

    Attributes:
        name, label: as in the organ's measurements.
        flags: reasons for doubt, the gravest first; none is no proof, see `CHECKED`.
        entropy, border_entropy: mean of the network's uncertainty inside the organ and along its border, 0
            (sure) to 1; None where the network was not asked.
    """

    name: str
    label: int
    flags: tuple[Flag, ...] = ()
    entropy: float | None = None
    border_entropy: float | None = None

    @property
    def level(self) -> Literal["unflagged", "note", "warning"]:
        """The gravest of its flags."""
        levels = {flag.level for flag in self.flags}
        return "warning" if "warning" in levels else "note" if levels else "unflagged"

    @property
    def words(self) -> str:
        """Its mark and its flags, for the cell of a table."""
        words = dict.fromkeys(WORDS.get(code, code.replace("_", " ")) for code in self.codes)
        return f"{MARKS[self.level]} {', '.join(words)}".strip()

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(flag.code for flag in self.flags)

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> OrganTrust:
        """Inverse of `dataclasses.asdict`."""
        flags = tuple(Flag(**flag) for flag in facts["flags"])
        return cls(**{**facts, "flags": flags})

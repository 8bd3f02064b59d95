"""How doubts are shown: a mark that is told apart by colour and by shape, a word, and sentences."""

from html import escape
from pathlib import Path

import qt
from OrganSegLib.quality import CHECKED, NO_DOUBTS
from slicer.i18n import tr as _

LEVELS = ("unflagged", "note", "warning")
ICONS = Path(__file__).resolve().parents[1] / "Resources" / "Icons"
MARK_PIXELS = 14


def icon_of(level: str):
    """The mark of a level, an empty icon where there is none."""
    return qt.QIcon(_file(level)) if level in LEVELS else qt.QIcon()


def words_of(level: str, codes: list[str]) -> str:
    """A few words for the hurried."""
    return ", ".join(code.replace("_", " ") for code in codes) or (
        _(NO_DOUBTS) if level == "unflagged" else ""
    )


def hint_of(level: str, remarks: str) -> str:
    """The sentences of the flags, or what their absence means; empty for what nobody judged."""
    return remarks or (_(CHECKED) if level == "unflagged" else "")


def lines_of(checks: list[dict]) -> str:
    """Rich text with the flags of a whole scan, one in each line, warnings first."""
    ranked = sorted(checks, key=lambda check: check["level"] != "warning")
    mark = "<img src='{file}' width='{size}' height='{size}'>&nbsp;{sentence}"
    return "<br>".join(
        mark.format(file=_file(check["level"]), size=MARK_PIXELS, sentence=escape(check["sentence"]))
        for check in ranked
    )


def _file(level: str) -> str:
    return (ICONS / f"{level}.png").as_posix()

"""What files from strangers may say; `security` shows the same from the outside."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest
from OrganSegLib import bounds


def test_json_comes_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"liver": [1, 2.5, null, "é"]}', encoding="utf-8")
    assert bounds.read_json(tmp_path / "a.json") == {"liver": [1, 2.5, None, "é"]}


def test_json_without_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").touch()
    os.truncate(tmp_path / "a.json", 2**40)
    with pytest.raises(ValueError, match="larger than"):
        bounds.read_json(tmp_path / "a.json")


@pytest.mark.parametrize("value", [math.nan, math.inf, -1, 256, "5", None, [5]])
def test_a_number_is_within_its_bounds_or_refused(value: Any) -> None:
    assert bounds.within(0, 5, 255) == 5
    with pytest.raises(ValueError, match="is not between"):
        bounds.within(0, value, 255)


@pytest.mark.parametrize("text", ["a\nb", "\x1b[2J", "\u202e", "\ud800", "a" * 2001, 5, None])
def test_a_line_is_one_line(text: Any) -> None:
    assert bounds.line("Žíla portae, 95 %") == "Žíla portae, 95 %"
    with pytest.raises(ValueError, match="no single line"):
        bounds.line(text)


def test_what_is_shown_is_short_and_harmless() -> None:
    assert bounds.shown("one\n\ttwo\x1b[2J") == "one two [2J"
    assert len(bounds.shown("a" * 10_000)) == 300


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("liver", "liver"),
        ("", ""),
        ("-8, -20, 300", "-8, -20, 300"),
        ("=1+1", "'=1+1"),
        ("@a", "'@a"),
        ("-2+cmd|' /C calc'!A0", "'-2+cmd|' /C calc'!A0"),
    ],
)
def test_no_cell_is_a_formula(text: str, written: str) -> None:
    assert bounds.cell(text) == written


def test_arguments_in_use_pass_and_others_do_not() -> None:
    nested = {"networks": [{"name": "NnUNet", "arguments": {"kernels": [[3, 3, 3]] * 6, "bias": True}}]}
    assert bounds.arguments(nested) == nested
    for value in ([0] * 65, 5000, {"a": -math.inf}, "a\nb"):
        with pytest.raises(ValueError, match=" "):
            bounds.arguments(value)

"""Every SNOMED CT code of the organs is one that somebody published for such a structure.

DICOM's lists come with pydicom, 3D Slicer's with trame-slicer, TotalSegmentator's with itself.
"""

from __future__ import annotations

import csv
import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from OrganSegLib.organs import Code, Organ, catalogue, entries
from pydicom.sr.codedict import codes

TOTAL = "TotalSegmentator"
# Names by which TotalSegmentator's table codes what it does not: 29700009 is the right subclavian artery.
OURS = {"subclavian_artery_left", "subclavian_artery_right", "atrial_appendage_left"}
COMMON_WORDS = {"of", "structure", "bone", "muscle", "artery", "vein", "vertebra", "rib", "gland", "and"}


@cache
def _published() -> dict[str, set[str]]:
    """Code -> the words of what DICOM and, where it is installed, 3D Slicer call it."""
    meanings: dict[str, set[str]] = {}
    for code in codes.SCT.concepts.values():
        meanings.setdefault(code.value, set()).update(_words(code.meaning))
    spec = find_spec("trame_slicer")
    if spec and spec.origin:
        for path in (Path(spec.origin).parent / "resources" / "terminologies").glob("*.json"):
            for code in _codes_in(json.loads(path.read_text(encoding="utf-8"))):
                meanings.setdefault(code["CodeValue"], set()).update(_words(code["CodeMeaning"]))
    return meanings


def _codes_in(tree: Any) -> Any:
    """Every SNOMED CT code in a terminology of 3D Slicer."""
    if isinstance(tree, dict) and tree.get("CodingSchemeDesignator") == "SCT":
        yield tree
    for branch in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _codes_in(branch)


def _words(meaning: str) -> set[str]:
    return set(re.findall(r"\w+", meaning.lower()))


def _coded(organ: Organ) -> list[Code]:
    return [code for code in (organ.code, organ.category, organ.modifier, organ.region) if code]


def test_codes_are_dicoms_or_slicers_or_say_whose_they_are() -> None:
    published = _published()
    missing = {
        entry["name"]
        for entry in entries()
        for code in _coded(catalogue()[entry["name"]])
        if code.value not in published
    }
    assert missing == {entry["name"] for entry in entries() if "code_source" in entry}


@pytest.mark.parametrize("organ", catalogue().values(), ids=lambda organ: organ.name)
def test_codes_mean_the_organ(organ: Organ) -> None:
    published = _published()
    for code in _coded(organ):
        if code.value in published and code != organ.category:
            telling = _words(code.meaning) - COMMON_WORDS or _words(code.meaning)
            assert telling & published[code.value], code


def test_codes_are_those_of_totalsegmentators_table() -> None:
    spec = find_spec("totalsegmentator")
    if spec is None or spec.origin is None:
        pytest.skip("install the extra peers")
    table = Path(spec.origin).parent / "resources" / "totalsegmentator_snomed_mapping.csv"
    with table.open(encoding="utf-8") as file:
        rows = {row["Structure"]: row for row in csv.DictReader(file)}
    theirs = {name: row["SegmentedPropertyTypeCodeSequence.CodeValue"] for name, row in rows.items()}
    ours = {name: organ.code.value for name, organ in catalogue().items() if name in theirs}
    assert {name for name, code in ours.items() if code != theirs[name]} == OURS
    confirmed = {entry["name"] for entry in entries() if entry.get("code_source") == TOTAL}
    assert confirmed <= theirs.keys() - OURS

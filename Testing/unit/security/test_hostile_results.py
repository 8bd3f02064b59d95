"""A result folder from a stranger, who wants it to be reported, shown or exported."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from OrganSegLib.errors import InputError
from OrganSegLib.export import write_results
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.results import read_results

from Testing.unit.shapes import two_organs

LABELS, NAMES, NUMBERS = "segmentation.nii.gz", "labels.json", "measurements.json"


@pytest.fixture(scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("results")
    write_results(folder, Segmentation.of(*two_organs()), picture=False)
    return {name: (folder / name).read_bytes() for name in (LABELS, NAMES, NUMBERS)}


@pytest.fixture
def results(_whole: dict[str, bytes], tmp_path: Path) -> Path:
    for name, content in _whole.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def _refusal(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_results(folder)
    return caught.value.code


def _edited(path: Path, change: Callable[[Any], object]) -> None:
    facts = json.loads(path.read_text())
    change(facts)
    path.write_text(json.dumps(facts))


def test_the_folder_is_read_before_it_is_made_hostile(results: Path) -> None:
    labelmap, _ = read_results(results)
    assert {organ.name for organ in labelmap.organs.values()} >= {"liver", "kidney_left"}


@pytest.mark.parametrize("name", ["../../liver", "/liver", "a\\b", "li\nver", "=1+1", "\x1b[2J"])
def test_no_organ_is_named_out_of_the_folder(name: str, results: Path) -> None:
    _edited(results / NAMES, lambda facts: next(iter(facts.values()))["organ"].update(name=name))
    assert _refusal(results) == "input.no_results"


@pytest.mark.parametrize("name", [NAMES, NUMBERS])
@pytest.mark.parametrize("text", ["[" * 100_000, "{", "\0"])
def test_odd_json_is_refused(name: str, text: str, results: Path) -> None:
    (results / name).write_text(text)
    assert _refusal(results) == "input.no_results"


def test_labels_that_no_memory_can_hold_are_not_read(results: Path) -> None:
    content = bytearray(gzip.decompress((results / LABELS).read_bytes()))
    content[40:48] = np.array([3, 32767, 32767, 32767], "<i2").tobytes()  # its dimensions
    (results / LABELS).write_bytes(gzip.compress(bytes(content)))
    assert _refusal(results) == "input.too_large"

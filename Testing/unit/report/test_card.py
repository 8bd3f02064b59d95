"""The model behind a result: its card, or a plain word why it is not shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from OrganSegLib.model import CARD, load_model, save_model_folder, torch_network
from OrganSegLib.report.card import model_blocks
from OrganSegLib.report.content import Bullets, Heading, Pairs, Prose, Table
from OrganSegLib.sealed import CHECKSUMS, sha256

TITLES = {"liver": "Liver", "spleen": "Spleen"}
TEXT = """# Tiny

## What it learnt from

| scans | labels of | licence |
| --- | --- | --- |
| a, b | liver, spleen, aorta, heart, colon | CC0, `A` and [B](https://example.org) |

Few **people**.

## What was measured

On two scans.

| organ | found | Dice |
| --- | ---: | ---: |
| liver | 2 | 0.941 [0.9, 0.95] |
| spleen | 0 |
| heart | 1 | 0.8 |

| organ | Dice |
| --- | ---: |
| liver | 0.99 |

## Where it fails

- In children,
  and on metal.
- On MR.
"""


def _shown(folder: Path) -> list:
    return model_blocks({"model": str(folder), "version": "0"}, TITLES)


def test_the_card_is_shown_in_parts(tiny_model: Path) -> None:
    model = load_model(tiny_model)
    save_model_folder(tiny_model, model.plan, torch_network(model).state_dict(), TEXT)
    facts, *blocks = _shown(tiny_model)
    assert isinstance(facts, Pairs)
    assert ("Licence of the weights", "CC0-1.0") in facts.items
    assert blocks == [
        Heading("What it learnt from"),
        Table(("scans", "labels of", "licence"), (("a, b", "5 structures", "CC0, A and B"),)),
        Prose("Few people."),
        Heading("What was measured"),
        Prose("On two scans."),
        Table(
            ("organ", "found", "Dice"),
            (("Liver", "2", "0.941 [0.9, 0.95]"), ("Spleen", "0", "")),
            frozenset({1, 2}),
        ),
        Heading("Where it fails"),
        Bullets(("In children, and on metal.", "On MR.")),
    ]


def test_a_card_that_says_nothing_is_told(tiny_model: Path) -> None:
    assert _shown(tiny_model).count(Prose("The card does not say.")) == 3


def test_a_model_without_a_card_is_told(tiny_model: Path) -> None:
    sums = (tiny_model / CHECKSUMS).read_text().splitlines(keepends=True)
    (tiny_model / CHECKSUMS).write_text("".join(line for line in sums if CARD not in line))
    (tiny_model / CARD).unlink()
    assert "no card" in _shown(tiny_model)[-1].text


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ({}, "a person drew"),
        ({"model": "no such model", "version": "1"}, "neither installed"),
        ({"model": "organseg-ct-3mm", "version": "0.0.0"}, "another one made this result"),
    ],
)
def test_without_the_model_the_reason_is_told(run: dict, why: str) -> None:
    assert why in model_blocks(run, TITLES)[-1].text


def test_a_model_of_the_same_name_does_not_borrow_the_card() -> None:
    plan = load_model().plan
    run = {"model": plan.name, "version": plan.version, "digest": "0" * 64}
    assert "another one made this result" in model_blocks(run, TITLES)[-1].text


def test_the_shipped_model_tells_what_it_learnt_from_and_where_it_fails() -> None:
    plan = load_model().plan
    blocks = model_blocks({"model": plan.name, "version": plan.version}, TITLES)
    tables = [block for block in blocks if isinstance(block, Table)]
    assert tables[0].header[0] == "scans"
    assert tables[1].header[0] == "organ"
    assert [row[0] for row in tables[1].rows] == ["Spleen", "Liver"]
    assert any(isinstance(block, Bullets) for block in blocks)


def test_a_hostile_card_costs_no_time_and_says_nothing_loud(tiny_model: Path) -> None:
    hostile = "## Where it fails\n" + "[" * 300_000 + "<script>\x1b[2J"
    (tiny_model / CARD).write_bytes(hostile.encode() + b"\xff")
    sums = (tiny_model / CHECKSUMS).read_text().splitlines()
    other = [line for line in sums if CARD not in line]
    lines = [*other, f"{sha256(tiny_model / CARD)}  {CARD}"]
    (tiny_model / CHECKSUMS).write_text("\n".join(lines))
    run = {"model": str(tiny_model), "version": "0"}
    assert "<script>" not in str(model_blocks(run, {}))

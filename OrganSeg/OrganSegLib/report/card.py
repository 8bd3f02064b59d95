"""The model that made a result: its plan, and what its card says of data, accuracy and limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ModelError
from ..model import Model, card_of, load_model
from .content import Block, Bullets, Heading, Pairs, Prose, Table

LEARNT, MEASURED, LIMITS = "What it learnt from", "What was measured", "Where it fails"
MOST_NAMES = 4  # organs that a cell names one by one


def model_blocks(run: Mapping[str, Any], titles: Mapping[str, str]) -> list[Block]:
    """What is known of the model that ``run`` names.

    Args:
        run: facts of the run; without a model the labels are a person's.
        titles: name -> title of the organs in the report; rows of the card about others are left out.
    """
    name, version = run.get("model"), run.get("version")
    if not name:
        return [Prose("No model is recorded for these labels: a person drew or changed them.")]
    made_by = [("Model", str(name)), ("Version", str(version or "not recorded"))]
    try:
        model = load_model(name)
    except ModelError as error:
        return [Pairs(tuple(made_by)), Prose(f"Its card cannot be shown. {error.sentence}")]
    plan = model.plan
    # A model from elsewhere may carry this one's name; results of older runs do not tell the digest.
    if (version, run.get("digest", model.digest)) != (plan.version, model.digest):
        other = (
            f"Its card cannot be shown: version {plan.version} is installed, another one made this result."
        )
        return [Pairs(tuple(made_by)), Prose(other)]
    made_by += [
        ("Description", plan.description),
        ("Licence of the weights", plan.licence),
        ("Voxel size it sees", " × ".join(f"{mm:g}" for mm in plan.spacing_mm) + " mm"),
    ]
    return [Pairs(tuple(made_by)), *_from_card(model, titles)]


def _from_card(model: Model, titles: Mapping[str, str]) -> Iterator[Block]:
    card = card_of(model)
    if not card:
        yield Prose("The model has no card: what it learnt from and how well it does is not known.")
        return
    for title in (LEARNT, MEASURED, LIMITS):
        yield Heading(title)
        for block in _section(card, title, titles):
            yield block
            if title == MEASURED and isinstance(block, Table):
                break  # the card begins with the scans that tell most about other people


def _section(card: str, title: str, titles: Mapping[str, str]) -> Iterator[Block]:
    """The blocks of Markdown under the heading ``title``."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", card, re.MULTILINE | re.DOTALL)
    for chunk in re.split(r"\n\s*\n", found[1].strip() if found else "The card does not say."):
        if chunk.startswith("|") and "\n" in chunk:
            yield _table(chunk, titles)
        elif chunk.startswith("- "):
            yield Bullets(tuple(map(_text, re.split(r"^- ", chunk, flags=re.MULTILINE)[1:])))
        else:
            yield Prose(_text(chunk))


def _table(chunk: str, titles: Mapping[str, str]) -> Table:
    """A Markdown table; its second line tells by a colon which columns hold numbers. Cells may be missing."""
    header, rule, *rows = (
        [_text(cell) for cell in line.strip("|").split("|")] for line in chunk.splitlines()
    )
    rows = [(row + [""] * len(header))[: len(header)] for row in rows]
    numbers = frozenset(place for place, cell in enumerate(rule) if cell.endswith(":"))
    if header[0] == "organ":
        rows = [[titles[name], *cells] for name, *cells in rows if name in titles]
    return Table(tuple(header), tuple(tuple(map(_shortened, row)) for row in rows), numbers)


def _shortened(cell: str) -> str:
    names = cell.split(", ")
    many = len(names) > MOST_NAMES and all(re.fullmatch(r"[a-z_]+", name) for name in names)
    return f"{len(names)} structures" if many else cell


def _text(markdown: str) -> str:
    """One line without marks for bold, code and links."""
    return re.sub(r"\*\*|`|\[([^][]*)\]\([^()]*\)", r"\1", " ".join(markdown.split()))

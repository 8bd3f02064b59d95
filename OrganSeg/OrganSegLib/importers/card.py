"""The card of an imported model: what is known of it, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..plan import Plan

CARD = """# {name}

{description}

Finds in CT: {organs}.

{network} at {spacing} mm. Licence of the weights: {licence}.

**Research software, not a medical device.** Look at every result before you rely on it.

## What it learnt from

{sources}

OrganSeg did not train it and knows no more of its data. Cite whoever made it.

## What was measured

OrganSeg measured nothing of it. Its makers may have published how well it does.

## Where it fails

- It was made for images like those that it learnt from; nobody told OrganSeg where it fails.
- Its answers are left as they are: islands and holes are not mended.
{limits}
"""
NNUNET = """\
- nnU-Net averages over mirrored images where the training allowed it; OrganSeg never mirrors.
- Images count as {orientation}: whoever knows better imports it again with `--orientation`."""
BUNDLE = "- Borders on the grid of the scan are drawn by OrganSeg, not by the bundle's own last steps."
SCALED = """\
- It scales a scan by all that is in it, so metal, a table or a narrow field of view change what it sees. What
  lies outside of the scanner's field counts as air."""
PATCH = "- It sees the scan in tiles, as in {maker}."
WHOLE = """\
- It sees the whole body at once where memory allows, not in tiles as in {maker}: its normalisation sees
  other statistics than in training, and nobody measured what that costs."""


def card(plan: Plan) -> str:
    """Text of ``MODEL_CARD.md``."""
    return CARD.format(
        name=plan.name,
        description=plan.description,
        organs=", ".join(label.organ.name for label in plan.labels),
        network=plan.network["name"],
        spacing=" × ".join(f"{mm:g}" for mm in plan.spacing_mm),
        licence=plan.licence,
        sources="\n".join(_source(facts) for facts in plan.training["imported"]),
        limits="\n".join(_limits(plan)),
    )


def _limits(plan: Plan) -> Iterator[str]:
    if plan.nnunet:
        yield NNUNET.format(orientation=plan.nnunet.orientation)
    if plan.bundle:
        yield BUNDLE
        if plan.bundle.standardise != "no" or plan.bundle.span:
            yield SCALED
    view = WHOLE if plan.field_of_view == "whole" else PATCH
    yield view.format(maker="nnU-Net" if plan.nnunet else "MONAI")


def _source(facts: dict[str, Any]) -> str:
    if "bundle" in facts:
        references = "".join(f"\n  - {reference}" for reference in facts["references"])
        return f"- {facts['dataset']}: {facts['bundle']}, version {facts['version']}{references}"
    cases = f", {facts['cases']} cases" if facts["cases"] else ""
    folds = ", ".join(map(str, facts["folds"]))
    return f"- {facts['dataset']}{cases}: {facts['trainer']}, {facts['configuration']}, folds {folds}"

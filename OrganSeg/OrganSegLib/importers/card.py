"""The card of an imported model: what is known of it, and what is not."""

from __future__ import annotations

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
- nnU-Net averages over mirrored images where the training allowed it; OrganSeg never mirrors.
- Images count as {orientation}: whoever knows better imports it again with `--orientation`.
- {view}
"""
PATCH = "It sees the scan in tiles, as in nnU-Net."
WHOLE = (
    "It sees the whole body at once where memory allows, not in tiles as in nnU-Net: its normalisation sees\n"
    "  other statistics than in training, and nobody measured what that costs."
)


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
        orientation=plan.nnunet.orientation if plan.nnunet else "LPS",
        view=WHOLE if plan.field_of_view == "whole" else PATCH,
    )


def _source(facts: dict[str, object]) -> str:
    cases = f", {facts['cases']} cases" if facts["cases"] else ""
    folds = ", ".join(map(str, facts["folds"]))  # type: ignore[call-overload]
    return f"- {facts['dataset']}{cases}: {facts['trainer']}, {facts['configuration']}, folds {folds}"

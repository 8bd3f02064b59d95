"""The section about the model card."""

from __future__ import annotations

from .base import Section


class Card(Section):
    """What only people know of a model, as Markdown; figures come from the run itself.

    Attributes:
        data: about what it learnt from, after the table of scans.
        training: about how it learnt.
        results: about what was measured, before the tables.
        checks: what else was measured, with the commands; it stands apart, since reports of results show the
            first table of what was measured.
        limits: where it fails.
    """

    data: str = ""
    training: str = ""
    results: str = ""
    checks: str = ""
    limits: str = ""

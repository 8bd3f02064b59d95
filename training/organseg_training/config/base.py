"""What all sections of a configuration share: frozen, typed, and strict about their keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Values are checked and converted on reading; a key that is not named in the class is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

"""Why a foreign model is not imported."""

from __future__ import annotations

from pathlib import Path

from ..bounds import shown
from ..errors import ModelError


def missing(what: str, where: str) -> ModelError:
    """A file that belongs to every model of its kind is not there."""
    return ModelError(
        "model.import_missing",
        f"The model in {shown(where)} is not whole: {shown(what)} is missing.",
        "Copy or download it again, with all its files.",
    )


def damaged(what: str, reason: str) -> ModelError:
    """A file cannot be read."""
    return ModelError(
        "model.import_damaged",
        f"{shown(what)} is damaged and was not imported: {shown(reason)}.",
        "Copy or download it again.",
    )


def unsafe(what: str, reason: str) -> ModelError:
    """A file tries what no model needs."""
    return ModelError(
        "model.import_unsafe",
        f"{shown(what)} is not safe and was not imported: {shown(reason)}.",
        "Do not trust it; ask whoever made it for a plain model.",
    )


def unsupported(what: str) -> ModelError:
    """A whole and honest model that OrganSeg cannot run as its makers do."""
    return ModelError(
        "model.import_unsupported",
        f"OrganSeg cannot import this model: {shown(what)}.",
        "Import a model for CT of nnU-Net's or MONAI's standard kinds, or run this one with its own program.",
    )


def not_stored(folder: Path, error: OSError) -> ModelError:
    """The disk does not take the model."""
    return ModelError(
        "model.not_writable",
        f"The model could not be stored in '{folder}': {error.strerror or error}.",
        "Free some space, or name another folder in the environment variable ORGANSEG_MODELS.",
    )

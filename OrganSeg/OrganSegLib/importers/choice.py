"""What the user may decide about an import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """What the user may decide about an import.

    Attributes:
        name: of the installed model; made from the foreign one's when None.
        configuration: which of several to take, such as ``3d_fullres``, or ``lowres`` of a MONAI bundle.
        folds: which of nnU-Net's to take; None takes all there are.
        orientation: where the axes of the images it learned from run to, where the model does not tell.
        whole: let it see the whole body at once where memory allows: quicker, and not as its makers do.
        licence: of the weights, where the user was shown it apart from the model.
    """

    name: str | None = None
    configuration: str | None = None
    folds: tuple[str, ...] | None = None
    orientation: str | None = None
    whole: bool = False
    licence: str | None = None

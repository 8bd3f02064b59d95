"""What tests of public models share."""

from __future__ import annotations

from pathlib import Path

import pytest
from OrganSegLib.download import downloads_dir
from OrganSegLib.errors import OrganSegError
from OrganSegLib.importers.known_files import record_path
from OrganSegLib.importers.public import install_public
from OrganSegLib.model import Model
from OrganSegLib.resources import models_dir

ONE, FIVE, PINNED = "totalsegmentator-6mm", "totalsegmentator-1.5mm", "totalsegmentator-3mm"
BUNDLE, TWO = "monai-whole-body-3mm", "totalsegmentator-v3-3mm"


def left_behind() -> list[Path]:
    """Whatever an installation that failed must not leave: a record of checksums may stay."""
    places = (models_dir(), downloads_dir(), Path(models_dir().parent / "temporary"))
    found = [path for place in places if place.exists() for path in place.iterdir()]
    return [path for path in found if path != record_path()]


def organs(model: Model) -> list[str]:
    return [organ.name for organ in model.plan.organs.values()]


def refused(kind: type[OrganSegError], code: str, name: str, *sources: Path, accepted: bool = True) -> str:
    """The sentence and the next step of an installation that must fail and leave nothing."""
    before = left_behind()
    with pytest.raises(kind) as caught:
        install_public(name, accepted, sources, loopback=True)
    assert caught.value.code == code
    assert caught.value.next_step
    assert left_behind() == before
    return str(caught.value)

"""Volumes that no CT of a person can be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from OrganSegLib.errors import InputError
from OrganSegLib.ingest.extent import require_plausible_extent
from OrganSegLib.volume import Grid

CHEST = Grid((512, 512, 300), (0.7, 0.7, 1.0), (-180.0, -180.0, -900.0))


def test_people_are_let_through() -> None:
    require_plausible_extent(CHEST)
    require_plausible_extent(replace(CHEST, size=(512, 512, 8), spacing_mm=(0.1, 0.1, 0.3)))
    require_plausible_extent(replace(CHEST, spacing_mm=(0.98, 0.98, 5.0)))


@pytest.mark.parametrize(
    "spacing", [(7.0, 0.7, 1.0), (0.7, 0.7, 1e300), (1e-300, 0.7, 1.0), (0.01, 0.01, 0.03)]
)
def test_no_such_person(spacing: tuple[float, float, float]) -> None:
    with pytest.raises(InputError) as caught:
        require_plausible_extent(replace(CHEST, spacing_mm=spacing))
    assert caught.value.code == "input.implausible_extent"
    assert len(caught.value.sentence) < 150


def test_far_from_the_scanner() -> None:
    with pytest.raises(InputError, match="5e\\+03 m away") as caught:
        require_plausible_extent(replace(CHEST, origin_mm=(0.0, -5e6, 0.0)))
    assert caught.value.code == "input.implausible_place"

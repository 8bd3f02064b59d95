from dataclasses import replace

import pytest
from OrganSegLib.measure import OrganMeasurements
from OrganSegLib.organs import catalogue
from OrganSegLib.quality import flags

LIVER = OrganMeasurements("liver", 5, "found", 1000, 1500.0, truncated=False)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, ()),
        ({"status": "absent", "volume_ml": 0.0}, ("absent",)),
        ({"truncated": True}, ("truncated",)),
        ({"volume_ml": 20.0}, ("implausible",)),
        ({"volume_ml": 20.0, "truncated": True}, ("truncated",)),
        ({"volume_ml": 9000.0, "truncated": True}, ("truncated", "implausible")),
    ],
)
def test_says_why_to_doubt(change: dict[str, object], wanted: tuple[str, ...]) -> None:
    assert flags(replace(LIVER, **change), catalogue()["liver"]) == wanted


def test_any_volume_is_plausible_for_the_unknown() -> None:
    assert flags(replace(LIVER, volume_ml=9000.0)) == ()

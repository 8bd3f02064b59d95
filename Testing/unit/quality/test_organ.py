from dataclasses import replace

import pytest
from OrganSegLib.measure import OrganMeasurements
from OrganSegLib.organs import Code, Organ
from OrganSegLib.quality import OrganTrust, assess
from OrganSegLib.volume import Labelmap

from Testing.unit.shapes import two_organs

LIVER = OrganMeasurements("liver", 1, "found", 1000, 1500.0, truncated=False)


def _judged(found: OrganMeasurements, organ: Organ | None = None) -> OrganTrust:
    scan, labelmap = two_organs()
    if organ:
        labelmap = Labelmap(labelmap.voxels, labelmap.grid, {1: organ})
    return assess(scan, labelmap, [found])[0]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, ()),
        ({"status": "absent", "volume_ml": 0.0}, ("absent",)),
        ({"truncated": True}, ("truncated",)),
        ({"volume_ml": 20.0}, ("implausible_volume",)),
        ({"volume_ml": 20.0, "truncated": True}, ("truncated",)),
        ({"volume_ml": 9000.0, "truncated": True}, ("implausible_volume", "truncated")),
    ],
)
def test_says_why_to_doubt(change: dict[str, object], wanted: tuple[str, ...]) -> None:
    judged = _judged(replace(LIVER, **change))
    assert judged.codes == wanted
    assert all(flag.sentence.endswith(".") for flag in judged.flags)


def test_any_volume_is_plausible_for_the_unknown() -> None:
    nothing = Code("", "")
    assert _judged(replace(LIVER, volume_ml=9000.0), Organ("mine", nothing, nothing, (0, 0, 0))).codes == ()

"""A data set in numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest
from organseg_training.case import Case
from organseg_training.errors import DataError
from organseg_training.fingerprint import fingerprint
from organseg_training.prepare import prepare

from Testing.training.generated import PAIRS, config_of, write_pairs


def test_numbers_are_those_of_the_cases(tmp_path):
    config = config_of(PAIRS | {"folder": write_pairs(tmp_path)})
    prepare(config, tmp_path / "cases")
    found = fingerprint(config, tmp_path / "cases")
    cases = [Case.load(tmp_path / "cases" / f"{name}.npz") for name in ("p3", "p4")]
    livers = [case.hu[case.labels == 1] for case in cases]
    liver = found.classes["liver"]
    assert (liver.known_in, liver.found_in, liver.voxels) == (2, 2, sum(map(len, livers)))
    assert liver.volume_ml[::2] == (min(map(len, livers)), max(map(len, livers)))  # a voxel is a millilitre
    expected = np.percentile(np.concatenate(livers), (0.5, 5, 50, 95, 99.5), method="inverted_cdf")
    assert np.array_equal(liver.hu, expected)
    assert found.scan_spacing_mm == ((10.0, 10.0, 10.0),) * 3
    assert found.case_size[0] == tuple(
        min(n) for n in zip(*(case.hu.shape[::-1] for case in cases), strict=True)
    )
    assert "10 × 10 × 10 mm" in found.suggestion
    assert f"{found.foreground_hu[0]:g} to {found.foreground_hu[-1]:g} HU" in found.suggestion
    shown = np.concatenate([case.hu[case.labels > 0] for case in cases])
    shown = shown.clip(found.foreground_hu[0], found.foreground_hu[-1])
    assert (found.mean_hu, found.sd_hu) == (round(shown.mean(), 1), round(shown.std(), 1))
    assert f"centre to {found.mean_hu:g} and its scale to {found.sd_hu:g}" in found.suggestion
    found.save(tmp_path / "fingerprint.json")
    assert (
        json.loads((tmp_path / "fingerprint.json").read_text())["classes"]["liver"]["voxels"] == liver.voxels
    )


def test_a_damaged_case_is_named(tmp_path):
    config = config_of(PAIRS | {"folder": write_pairs(tmp_path, (3,))})
    prepare(config, tmp_path / "cases")
    (tmp_path / "cases" / "p3.npz").write_bytes(b"damaged")
    with pytest.raises(DataError, match="p3 is damaged") as caught:
        fingerprint(config, tmp_path / "cases")
    assert caught.value.code == "data.corrupt_case"

"""Hounsfield statistics against numpy's, in every type of voxel."""

from __future__ import annotations

import numpy as np
import pytest
from OrganSegLib.attenuation import attenuation


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 1001])
def test_statistics_are_those_of_numpy(dtype: type, n: int) -> None:
    values = np.random.default_rng(n).normal(100, 40, n).clip(0, 255).astype(dtype)
    exact = values.astype(np.float64)
    found = attenuation(values)
    assert found.mean_hu == pytest.approx(exact.mean(), rel=1e-12)
    assert (found.min_hu, found.max_hu) == (exact.min(), exact.max())
    percentiles = (found.p5_hu, found.p25_hu, found.median_hu, found.p75_hu, found.p95_hu)
    assert percentiles == pytest.approx(np.percentile(exact, [5, 25, 50, 75, 95]), rel=1e-6)
    if n == 1:
        assert found.sd_hu is None
    else:
        assert found.sd_hu == pytest.approx(exact.std(ddof=1), rel=1e-12)


def test_the_whole_range_of_16_bits_does_not_overflow() -> None:
    found = attenuation(np.array([-32768, 32767, 32767], np.int16))
    assert (found.min_hu, found.max_hu, found.median_hu) == (-32768.0, 32767.0, 32767.0)
    assert found.mean_hu == pytest.approx(32766 / 3)

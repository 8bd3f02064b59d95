"""A curious colleague with an account on the same computer."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from OrganSegLib.errors import ResourceError
from OrganSegLib.graph import openvino_graph
from OrganSegLib.model import load_model

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ORGANSEG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_converted_networks_are_for_their_user_only(cache: Path, tiny_model: Path) -> None:
    before = os.umask(0)
    try:
        openvino_graph(load_model(tiny_model))
    finally:
        os.umask(before)
    assert stat.S_IMODE((cache / "graphs").stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o775])
def test_a_cache_that_others_can_fill_is_refused(cache: Path, mode: int, tiny_model: Path) -> None:
    (cache / "graphs").mkdir(parents=True)
    (cache / "graphs").chmod(mode)
    with pytest.raises(ResourceError) as caught:
        openvino_graph(load_model(tiny_model))
    assert caught.value.code == "resource.cache_unsafe"
    assert str(cache) in caught.value.sentence


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")
def test_so_is_one_that_belongs_to_another(cache: Path, tiny_model: Path) -> None:
    (cache / "graphs").mkdir(parents=True, mode=0o755)
    os.chown(cache / "graphs", 65534, 65534)
    with pytest.raises(ResourceError) as caught:
        openvino_graph(load_model(tiny_model))
    assert caught.value.code == "resource.cache_unsafe"

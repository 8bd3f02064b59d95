from __future__ import annotations

import sys
from pathlib import Path

import pytest
from OrganSegLib.errors import ResourceError
from OrganSegLib.graph import CONSTANTS, cache_dir, openvino_graph
from OrganSegLib.model import load_model
from OrganSegLib.quiet_openvino import openvino


def test_the_graph_takes_any_size(tiny_model: Path) -> None:
    graph = openvino.Core().read_model(openvino_graph(load_model(tiny_model)))
    windows, z, y, x = list(graph.inputs[0].partial_shape)[1:]
    assert windows == 2
    assert z.is_dynamic
    assert y.is_dynamic
    assert x.is_dynamic
    assert graph.outputs[0].partial_shape[1] == 22


def test_it_is_converted_once(tiny_model: Path) -> None:
    path = openvino_graph(load_model(tiny_model))
    before = path.stat().st_mtime_ns
    assert openvino_graph(load_model(tiny_model)) == path
    assert path.stat().st_mtime_ns == before
    assert cache_dir() in path.parents


def test_a_damaged_graph_is_converted_again(tiny_model: Path) -> None:
    model = load_model(tiny_model)
    constants = openvino_graph(model).with_name(CONSTANTS)
    whole = constants.read_bytes()
    constants.write_bytes(whole[:-8])
    assert openvino_graph(model).with_name(CONSTANTS).read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_named(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ORGANSEG_CACHE", str(tmp_path / "file"))
    with pytest.raises(ResourceError) as caught:
        openvino_graph(load_model(tiny_model))
    assert caught.value.code == "resource.cache"
    assert "ORGANSEG_CACHE" in caught.value.next_step


@pytest.mark.parametrize(
    ("platform", "variable", "value", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "/cache", Path("/cache/organseg")),
        ("linux", "HOME", "/home/a", Path("/home/a/.cache/organseg")),
        ("darwin", "HOME", "/Users/a", Path("/Users/a/Library/Caches/OrganSeg")),
        ("win32", "LOCALAPPDATA", "/local", Path("/local/OrganSeg/Cache")),
    ],
)
def test_the_cache_lies_where_the_platform_keeps_caches(
    platform: str, variable: str, value: str, expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ORGANSEG_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_dir() == expected

"""Every network that a plan may name: built, run in 2D and 3D, and the same by both CPU runtimes."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
import torch
from OrganSegLib.errors import ModelError, ResourceError
from OrganSegLib.model import load_model, save_model_folder, torch_network
from OrganSegLib.networks import build, library, names, trust
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.plan import Plan
from OrganSegLib.predict import predict
from OrganSegLib.preprocess import NetworkInput
from OrganSegLib.volume import Grid

SWIN = {"feature_size": 12, "depths": [1, 1, 1, 1], "num_heads": [1, 1, 2, 2]}
SMALL = {
    "SubpixelUNet": {"filters": [4, 8, 8]},
    "UNet": {"filters": [4, 8]},
    "ResidualUNet": {"filters": [4, 8]},
    "AttentionUNet": {"filters": [4, 8]},
    "DenseUNet": {"filters": [4, 8], "layers": 2, "growth": 2},
    "DynUNet": {"filters": [4, 8, 8]},
    "SegResNet": {"init_filters": 8, "blocks_down": [1, 1], "blocks_up": [1]},
    "VNet": {},
    "UNETR": {"img_size": [32, 32, 32], "feature_size": 4, "hidden_size": 12, "mlp_dim": 12, "num_heads": 3},
    "SwinUNETR": SWIN,
    "XyzSwinUNETR": SWIN,
    "NnUNet": {"filters": [4, 8], "residual": True},
    "Ensemble": {"networks": [{"name": "NnUNet", "arguments": {"filters": [4, 8]}}] * 2},
    "Specialists": {
        "networks": [
            {"name": "NnUNet", "arguments": {"filters": [4, 8], "out_channels": 10}},
            {"name": "UNet", "arguments": {"filters": [4, 8], "out_channels": 13}},
        ]
    },
}
FIXED = {"UNETR", "SwinUNETR", "XyzSwinUNETR"}  # their shapes are part of the network
SIDE = {"SwinUNETR": 64, "XyzSwinUNETR": 64}  # voxels; 32 where not named


def _network(name: str, dimensions: int, plan: Plan) -> dict[str, object]:
    arguments = {"in_channels": 2, "out_channels": plan.channels, "spatial_dims": dimensions, **SMALL[name]}
    if dimensions == 2 and "img_size" in arguments:
        arguments["img_size"] = [32, 32]
    return {"name": name, "arguments": arguments}


def test_the_small_ones_are_all() -> None:
    assert set(SMALL) == set(names())


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("name", SMALL)
def test_a_network_gives_a_logit_per_class_and_voxel(name: str, dimensions: int, tiny_plan: Plan) -> None:
    network = build(_network(name, dimensions, tiny_plan)).eval()
    shape = (SIDE.get(name, 32),) * dimensions
    with torch.inference_mode():
        assert network(torch.zeros(1, 2, *shape)).shape == (1, tiny_plan.channels, *shape)


@pytest.mark.parametrize(
    ("name", "dimensions"),
    [*((name, 3) for name in SMALL if name != "XyzSwinUNETR"), ("UNet", 2)],  # see importers/test_bundles
)
def test_both_runtimes_agree_on_a_volume_larger_than_the_patch(
    name: str, dimensions: int, tiny_plan: Plan, tmp_path: Path
) -> None:
    pytest.importorskip("openvino")
    torch.manual_seed(0)
    side = SIDE.get(name, 32)
    plan = replace(
        tiny_plan,
        patch=(side, side, 32 if dimensions == 3 else 1),
        network=_network(name, dimensions, tiny_plan),
        field_of_view="patch" if name in FIXED else "whole",
    )
    save_model_folder(tmp_path / "m", plan, build(plan.network).state_dict(), "# Random\n")
    model = load_model(tmp_path / "m")
    shape = (48 if dimensions == 3 else 5, side, side + 16)
    voxels = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    given = NetworkInput(voxels, Grid(shape[::-1], (3.0, 3.0, 3.0)))
    by_torch, used = predict(model, given, device="cpu", runtime="torch", precision="fp32")
    by_openvino, _ = predict(model, given, device="cpu", runtime="openvino", precision="fp32")
    assert (used.tiles > 1) == (name in {*FIXED, "Specialists"})  # which are two passes
    np.testing.assert_allclose(by_torch.values, by_openvino.values, atol=2e-3, rtol=1e-3)


def test_a_network_that_openvino_cannot_run_is_given_to_torch(tiny_plan: Plan, tmp_path: Path) -> None:
    plan = replace(tiny_plan, patch=(64, 64, 1), network=_network("SwinUNETR", 2, tiny_plan))
    save_model_folder(tmp_path / "m", plan, build(plan.network).state_dict(), "# Random\n")
    model = load_model(tmp_path / "m")
    given = NetworkInput(np.zeros((2, 2, 64, 64), np.float32), Grid((64, 64, 2), (3.0, 3.0, 3.0)))
    _, used = predict(model, given, device="cpu")
    assert used.runtime == "torch"
    with pytest.raises(ResourceError, match="OpenVINO"):
        predict(model, given, runtime="openvino")


def test_a_2d_network_sees_each_slice_alone_and_keeps_the_scans_own_slices(
    tiny_plan: Plan, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = _network("UNet", 2, tiny_plan)
    plan = replace(tiny_plan, network=network, patch=(32, 32, 1), spacing_mm=(6.0, 6.0, 0.0))
    untrained = build(network)
    save_model_folder(tmp_path / "m", plan, untrained.state_dict(), "# Random\n")
    model = load_model(tmp_path / "m")
    volume = torch.randn(1, 2, 3, 32, 32)
    with torch.inference_mode():
        whole = torch_network(model)(volume)
        alone = torch_network(model)(volume[:, :, 1:2])
    torch.testing.assert_close(whole[:, :, 1:2], alone)
    scan, _ = make_phantom(seed=3, spacing_mm=(6.0, 6.0, 7.0))
    found = segment(scan, model, Options(device="cpu", runtime="torch", surfaces=False))
    assert found.labelmap.grid == scan.grid
    assert found.run["tiles"] == 1


def test_an_installed_package_may_bring_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("Flat", "torch.nn:Conv3d", library.ENTRY_POINTS)
    monkeypatch.setattr(library, "entry_points", lambda group, name=None: [point])
    network = build({"name": "Flat", "arguments": {"in_channels": 1, "out_channels": 2, "kernel_size": 1}})
    assert isinstance(network, torch.nn.Conv3d)


def test_ones_own_network_is_imported_only_where_the_user_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    network = {
        "name": "torch.nn:Conv3d",
        "arguments": {"in_channels": 1, "out_channels": 2, "kernel_size": 1},
    }
    with pytest.raises(ModelError, match="does not have") as caught:
        build(network)
    assert "ORGANSEG_NETWORKS=torch.nn:Conv3d" in caught.value.next_step
    monkeypatch.setenv("ORGANSEG_NETWORKS", "a.b:C,torch.nn:Conv3d")
    assert isinstance(build(network), torch.nn.Conv3d)
    monkeypatch.delenv("ORGANSEG_NETWORKS")
    monkeypatch.setattr(library, "_trusted", set())
    trust("torch.nn:Conv3d")
    assert isinstance(build(network), torch.nn.Conv3d)


def test_too_little_memory_is_no_fault_of_the_plan() -> None:
    arguments = {"in_channels": 1, "out_channels": 2, "spatial_dims": 3, "filters": [2**22, 2**22]}
    with pytest.raises(MemoryError):
        build({"name": "UNet", "arguments": arguments})


def test_a_plan_alone_makes_nothing_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stranger.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError):
        build({"name": "stranger:Network", "arguments": {}})


@pytest.mark.parametrize(
    ("network", "code"),
    [
        ({"name": "", "arguments": {}}, "model.unknown_network"),
        ({"name": "os:system", "arguments": {}}, "model.unknown_network"),
        ({"name": "torch:load", "arguments": {"f": "weights"}}, "model.unknown_network"),
        ({"name": "nowhere:Network", "arguments": {}}, "model.unknown_network"),
        ({"name": "UNet", "arguments": {"in_channels": 1, "out_channels": 2, "depth": 9}}, "model.bad_plan"),
    ],
)
def test_what_is_not_in_the_library_is_refused(
    network: dict[str, object], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORGANSEG_NETWORKS", str(network["name"]))  # not even the user can make it a network
    with pytest.raises(ModelError) as caught:
        build(network)
    assert caught.value.code == code

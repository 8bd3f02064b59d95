"""Networks of every kind by name: they learn, are exported, and the engine opens them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from organseg_training.config import Config
from organseg_training.export import export
from organseg_training.fit import fit
from organseg_training.readers import open_readers
from OrganSegLib.pipeline import Options, segment

TORCH = Options(device="cpu", runtime="torch", surfaces=False)
TRANSFORMER = {"feature_size": 4, "hidden_size": 12, "mlp_dim": 12, "num_heads": 3}
# Dimensions, name, arguments, side of a patch. Not VNet and SwinUNETR: each takes half a minute.
NETWORKS: list[tuple[int, str, dict[str, Any], int]] = [
    (3, "DenseUNet", {"filters": [4, 8], "layers": 2, "growth": 2}, 16),
    (3, "SegResNet", {"init_filters": 8, "blocks_down": [1, 1], "blocks_up": [1]}, 16),
    (3, "UNETR", {**TRANSFORMER, "img_size": [32, 32, 32]}, 32),
    (2, "ResidualUNet", {"filters": [4, 8]}, 16),
    (2, "AttentionUNet", {"filters": [4, 8]}, 16),
    (2, "DynUNet", {"filters": [4, 8, 8]}, 16),
    (2, "monai.networks.nets:BasicUNet", {"features": [4] * 6}, 32),
]


@pytest.mark.parametrize(("dimensions", "name", "arguments", "side"), NETWORKS)
def test_it_learns_and_is_opened(
    dimensions: int,
    name: str,
    arguments: dict[str, Any],
    side: int,
    people: Config,
    flat_people: Config,
    people_run: Path,
    tmp_path: Path,
) -> None:
    view = "patch" if name == "UNETR" else "whole"
    config = (people if dimensions == 3 else flat_people).changed(
        network={"name": name, "arguments": arguments, "multiple": min(side, 32), "field_of_view": view},
        fit__patches=[[side, side, side if dimensions == 3 else 1]],
    )
    result = fit(config, people_run / "cases", tmp_path)
    model = export(config, tmp_path, tmp_path / "model")
    reader = open_readers(config)[0]
    found = segment(reader.scan(reader.entries()[0]), model, TORCH)
    assert result.iterations == 2
    assert model.plan.network["name"] == name
    assert [organ.name for organ in found.labelmap.organs.values()] == list(config.organs)

"""The same labels as MONAI's own code gives for the same bundle: its transforms, its network, its windows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from monai.bundle import ConfigParser
from numpy.typing import NDArray
from OrganSegLib.importers import Choice, import_models
from OrganSegLib.model import Model
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.predict import predict
from OrganSegLib.preprocess import preprocess
from OrganSegLib.scores import argmax
from OrganSegLib.volume import Grid, Scan

from Testing.unit.importers.bundles import (
    BTCV,
    SPLEEN,
    WHOLE_BODY,
    Bundle,
    Changes,
    make_bundle,
    random_network,
)

AWKWARD = (11.3, 9.1, 14.7)  # spacing of a scan
MM = (13.0, 12.0, 10.5)  # and of the networks
WIDE = Changes({("inferer", "roi_size"): [96, 16, 32]})  # wider than the scan
EVEN = Changes({("inferer", "mode"): "constant", ("inferer", "overlap"): 0.4})
LEVELLED = Changes({("preprocessing", "transforms", 4, "nonzero"): False})


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An abdomen in an orientation and a spacing that no network has."""
    return written(make_phantom(2, AWKWARD, "abdomen")[0], "PIR", tmp_path_factory.mktemp("study"))


def written(scan: Scan, orientation: str, folder: Path) -> Path:
    sitk.WriteImage(sitk.DICOMOrient(scan.grid.image(scan.voxels), orientation), folder / "ct.nii.gz")
    return folder / "ct.nii.gz"


def read(study: Path) -> Scan:
    image = sitk.ReadImage(study)
    return Scan(sitk.GetArrayFromImage(image), Grid.of(image))


@dataclass
class Theirs:
    """MONAI's way through a bundle.

    Attributes:
        image: after preprocessing, (1, x, y, z).
        outputs: of the windows, (channels, x, y, z).
        parser: of its configuration.
    """

    image: Any
    outputs: Any
    parser: ConfigParser

    @property
    def labels(self) -> NDArray[Any]:
        """On the network's grid, [z, y, x] of an LPS array."""
        return np.asarray(self.outputs.argmax(0)).T[:, ::-1, ::-1]


def monai_way(home: Path, bundle: Bundle, study: Path, lowres: bool = False) -> Theirs:
    parser = ConfigParser()
    parser.read_config(home / "configs" / "inference.json")
    parser["bundle_root"] = str(home)
    if bundle.variants:
        parser["displayable_configs::highres"] = not lowres
    network = random_network(bundle)
    weights = home / "models" / ("model_lowres.pt" if lowres else "model.pt")
    network.load_state_dict(torch.load(weights, weights_only=True))
    with torch.inference_mode():
        image = parser.get_parsed_content("preprocessing")({"image": str(study)})["image"]
        outputs = parser.get_parsed_content("inferer")(image[None], network)[0]
    return Theirs(image, outputs, parser)


def our_way(model: Model, study: Path) -> tuple[NDArray[Any], Grid]:
    """Labels on the network's grid, and that grid."""
    seen = preprocess(read(study), model.plan)
    logits, info = predict(model, seen, "cpu", "torch", precision="fp32")
    assert info.tiles > 1
    return argmax(logits, model.plan), logits.grid


@pytest.mark.parametrize(
    ("bundle", "variant", "changes"),
    [
        (WHOLE_BODY, "highres", None),
        (WHOLE_BODY, "lowres", Changes({("inferer", "roi_size"): [16, 16, 16]})),
        (SPLEEN, None, None),
        (BTCV, None, None),
        (WHOLE_BODY, None, WIDE),
        (SPLEEN, None, WIDE),
        (WHOLE_BODY, None, EVEN),
        (WHOLE_BODY, None, LEVELLED),
    ],
    ids=["whole-body", "lowres", "spleen", "btcv", "replicated", "zeros around", "constant", "whole image"],
)
def test_labels_are_monais(
    bundle: Bundle, variant: str | None, changes: Changes | None, study: Path, tmp_path: Path
) -> None:
    lowres = variant == "lowres"
    home = make_bundle(tmp_path / "bundle", bundle, [mm / 2 for mm in MM] if lowres else MM, changes)
    theirs = monai_way(home, bundle, study, lowres)
    labels, grid = our_way(import_models([home], Choice(configuration=variant)), study)
    spacing = np.linalg.norm(theirs.image.affine[:3, :3], axis=0)
    np.testing.assert_allclose(grid.spacing_mm, spacing, atol=1e-5)
    corner = [*(np.array(theirs.image.shape[1:3]) - 1), 0, 1]  # their axes run to RAS, the grid's to LPS
    origin = theirs.image.affine.numpy() @ corner * [-1, -1, 1, 1]
    np.testing.assert_allclose(grid.origin_mm, origin[:3], atol=1e-3)
    assert labels.shape == theirs.labels.shape
    same = (labels == theirs.labels).mean()
    print(
        f"{bundle.title} {variant or ''}: {same:.4%} of {labels.size} voxels, {len(np.unique(labels))} labels"
    )
    assert len(np.unique(labels)) > 1
    assert same >= 0.999


def test_labels_on_the_scans_grid_are_monais(tmp_path: Path) -> None:
    """Where the scan has the network's spacing, all of it is the same, whatever its orientation."""
    study = written(make_phantom(2, MM, "abdomen")[0], "LPS", tmp_path)
    home = make_bundle(tmp_path / "bundle", WHOLE_BODY, MM)
    theirs = monai_way(home, WHOLE_BODY, study)
    *steps, _saved = theirs.parser.get_parsed_content("postprocessing").transforms
    data = {"image": theirs.image, "pred": theirs.outputs}
    for step in steps:
        data = step(data)
    found = segment(read(study), import_models([home]), Options(runtime="torch", surfaces=False)).labelmap
    assert (found.voxels == np.asarray(data["pred"][0]).T).mean() >= 0.999


@pytest.mark.parametrize("bundle", [WHOLE_BODY, SPLEEN], ids=["whole-body", "spleen"])
def test_the_whole_body_at_once_differs_as_far_as_is_told(
    bundle: Bundle, study: Path, tmp_path: Path
) -> None:
    home = make_bundle(tmp_path / "bundle", bundle, MM)
    tiled, whole = (import_models([home], Choice(name, whole=name == "whole")) for name in ("tiled", "whole"))
    scan = read(study)
    first, second = (segment(scan, m, Options(runtime="torch", surfaces=False)) for m in (tiled, whole))
    assert (first.run["tiles"] > 1, second.run["tiles"]) == (True, 1)
    same = (first.labelmap.voxels == second.labelmap.voxels).mean()
    print(f"{bundle.title}: {same:.2%} of the voxels are the same as in tiles")
    assert len(np.unique(second.labelmap.voxels)) > 1

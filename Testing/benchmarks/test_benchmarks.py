"""The benchmark works and tells the truth; how fast anything is, is not tested."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from OrganSegLib.model import load_model, torch_network

from Testing.benchmarks.case import QUICK, ROOT, child_environment
from Testing.benchmarks.contestants import CONTESTANTS, Contestant
from Testing.benchmarks.peak import gflop
from Testing.benchmarks.report import describe_machine, markdown, network_title, summary
from Testing.benchmarks.timing import Cost, Failed, last_cost, run
from Testing.benchmarks.volume import REAL_CT
from Testing.unit.importers.nnunet_models import FOLDER as NNUNET_FOLDER

ABSENT = Contestant("absent", "Absent", needs=("no_such_package", "json"), command=lambda case: [])


def test_a_process_is_charged_for_its_time_and_memory(tmp_path: Path) -> None:
    work = (
        "import os, time\nblock = bytearray(300_000_000)\nwhile os.times().user < 0.3: pass\ntime.sleep(0.2)"
    )
    small_caller = (
        "import json, sys; from dataclasses import asdict; from pathlib import Path;"
        "from Testing.benchmarks.timing import run;"
        "print(json.dumps(asdict(run([sys.executable, '-c', sys.argv[1]], Path(sys.argv[2]), {}))))"
    )
    command = [sys.executable, "-c", small_caller, work, str(tmp_path / "log")]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    cost = Cost(**json.loads(printed))
    assert 0.3 < cost.peak_rss_gb < 0.6
    assert cost.user_cpu_s >= 0.29
    assert cost.wall_s >= 0.5


def test_a_failing_process_is_reported_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(Failed, match=r"exit code 3, see .*log"):
        run([sys.executable, "-c", "print('why'); raise SystemExit(3)"], log, {})
    assert log.read_text() == "why\n"


def test_a_contestant_can_time_itself(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('noise\n{"wall_s": 1.5, "user_cpu_s": 2.5, "peak_rss_gb": 0.5}\n')
    assert last_cost(tmp_path / "log") == Cost(1.5, 2.5, 0.5)


def test_medians_and_ratios() -> None:
    ours = [Cost(2.0, 1.0, 1.0), Cost(4.0, 1.0, 1.0), Cost(3.0, 1.0, 1.0)]
    theirs = [Cost(wall_s, 9.0, 2.0) for wall_s in (33.0, 30.0, 28.0)]
    row = summary(CONTESTANTS[0], theirs, "", ours)
    assert row["ratio"] == 10.0
    assert "| 30.0 | 28.0 to 33.0 | 9.0 | 2.0 | 10.00 |" in markdown([row])


def test_who_is_not_installed_stays_visible() -> None:
    assert ABSENT.missing() == ["no_such_package"]
    assert "| Absent | not installed |" in markdown([summary(ABSENT, [], "not installed", [])])


def test_the_machine_is_described_without_its_name() -> None:
    machine = describe_machine()
    assert machine["logical_cores"] >= 1
    assert machine["packages"]["torch"]
    assert platform.node() not in json.dumps(machine).split('"')


@pytest.mark.parametrize("source", ["phantom", "real CT"])
def test_the_volume_has_the_wanted_size_and_a_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    if source == "phantom":
        monkeypatch.setenv("ORGANSEG_TEST_DATA", str(tmp_path))
    elif not REAL_CT.is_file():
        pytest.skip(f"real data not found: {REAL_CT.name}")
    path = tmp_path / "volume.nii"
    numbers = [str(n) for n in (*QUICK.voxels[:2], 200, *QUICK.spacing_mm)]
    run(
        [sys.executable, "-m", "Testing.benchmarks.volume", str(path), *numbers],
        tmp_path / "log",
        child_environment(),
    )
    image = sitk.ReadImage(str(path))
    voxels = sitk.GetArrayViewFromImage(image)
    assert image.GetSize() == (*QUICK.voxels[:2], 200)
    assert np.allclose(image.GetSpacing(), QUICK.spacing_mm)
    assert all((part > -200).mean() > 0.05 for part in np.array_split(voxels, 5))


def test_a_networks_work_is_that_of_its_convolutions() -> None:
    plan, voxels = load_model().plan, 8 * 8 * 16
    arguments = {"in_channels": 2, "out_channels": plan.channels, "filters": (2, 3)}
    once = {"blocks": (1, 1), "decoder_blocks": (1,)}
    plan = replace(plan, network={"name": "NnUNet", "arguments": arguments | once})
    full = 27 * 2 * 2 + 27 * 4 * 2 + 2 * plan.channels  # first level down, up, head
    coarse = 27 * 2 * 3 + 8 * 3 * 2  # second level, transposed convolution, at an eighth of the voxels
    assert gflop(plan, (8, 8, 16)) == pytest.approx(2 * voxels * (full + coarse / 8) / 1e9)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The output folder of a quick run, and what it printed."""
    folder = tmp_path_factory.mktemp("benchmark")
    command = [sys.executable, "-m", "Testing.benchmarks", "--quick", "--turns", "1"]
    done = subprocess.run(
        [*command, "--only", "organseg-openvino", "nnunet", "--output", str(folder)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_the_command_prints_tables_and_writes_json_and_a_plot(finished: tuple[Path, str]) -> None:
    folder, printed = finished
    facts = json.loads((folder / "benchmark.json").read_text())
    row = facts["contestants"][0]
    assert row["ratio"] == 1.0
    assert f"| {row['title']} | {row['wall_s']:.1f} |" in printed
    for network in facts["peak"]["networks"]:
        best = facts["peak"]["peak_gflop_per_s"][network["precision"]]
        assert network["share"] == pytest.approx(network["gflop"] / network["wall_s"] / best)
        assert f"| {network_title(network)} | {network['precision']} |" in printed
    assert (folder / "benchmark.png").read_bytes().startswith(b"\x89PNG")


def test_nnu_net_and_organseg_run_the_same_network_in_the_same_tiles(finished: tuple[Path, str]) -> None:
    folder, _ = finished
    (theirs,), (ours,) = ((folder / "nnunet").glob(name) for name in (f"*/{NNUNET_FOLDER}", "imported/*"))
    configuration = json.loads((theirs / "plans.json").read_text())["configurations"]["base"]
    model = load_model(ours)
    assert model.plan.field_of_view == "patch"
    assert list(model.plan.patch) == configuration["patch_size"]
    weights = torch.load(theirs / "fold_0" / "checkpoint_final.pth", weights_only=False)["network_weights"]
    head = torch_network(model).state_dict()["head.bias"]
    assert torch.equal(head, weights["decoder.seg_layers.1.bias"])


def test_nnu_net_labels_the_volume(finished: tuple[Path, str]) -> None:
    pytest.importorskip("nnunetv2", reason="the extra peers is not installed")
    (labels,) = (finished[0] / "nnunet").glob(f"*/{NNUNET_FOLDER}/labels.nii.gz")
    assert sitk.ReadImage(str(labels)).GetSize() == QUICK.voxels

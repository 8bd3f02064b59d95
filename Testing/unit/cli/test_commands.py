import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from OrganSegLib import __version__
from OrganSegLib.cli import demo
from OrganSegLib.cli.all_commands import app
from OrganSegLib.errors import FAMILIES
from OrganSegLib.export import RECORD, RESULTS
from OrganSegLib.model import load_model
from OrganSegLib.phantom import make_phantom, write_dicom_series, write_image
from OrganSegLib.resources import cache_dir
from OrganSegLib.tables import NOTICE
from OrganSegLib.volume import Grid
from typer.testing import CliRunner, Result


def organseg(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "120"}).invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A phantom as a file, in a folder with an awkward name."""
    path = tmp_path_factory.mktemp("žena 1") / "CT série.nii.gz"
    scan, _ = make_phantom(seed=2, spacing_mm=(8.0, 8.0, 8.0), region="abdomen")
    write_image(scan, path)
    return path


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "new" / "výsledky"


def events(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def assert_refused(result: Result, code: str) -> None:
    """One error with code, sentence and next step, its family's exit code, and no traceback."""
    assert result.exit_code == FAMILIES[code.split(".")[0]].exit_code, result.output
    first, second = result.stderr.splitlines()[-2:]
    assert first.startswith(f"Error [{code}]: ")
    assert second
    assert "Traceback" not in result.output


def test_help_names_commands_and_exit_codes() -> None:
    result = organseg("--help")
    assert result.exit_code == 0
    for word in ("segment", "demo", "inspect", "models", "info", "not a medical device", "130 cancelled"):
        assert word in " ".join(result.stdout.split())
    assert "8 download" in organseg("segment", "--help").stdout


def test_version() -> None:
    assert organseg("--version").stdout == f"organseg {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [("segment",), ("segment", "x", "-o", "y", "--device", "tpu"), ("dance",), ("--sing",)]
)
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    assert organseg(*arguments).exit_code == 2


def test_segments_a_study(study: Path, tiny_model: Path, output: Path) -> None:
    result = organseg(
        "segment",
        study,
        "-o",
        output,
        "--model",
        tiny_model,
        "--organs",
        "liver, spleen",
        "--organs",
        "aorta",
    )

    assert result.exit_code == 0, result.output
    assert {path.name for path in output.iterdir()} == {*RESULTS, RECORD}
    for word in ("Volume ml", "liver", "spleen", "aorta", NOTICE, str(output / "overview.png")):
        assert word in result.stdout
    assert "kidney_left" not in result.stdout
    assert "Finding organs" in result.stderr
    labels = sitk.ReadImage(str(output / "segmentation.nii.gz"))
    scan = sitk.ReadImage(str(study))
    assert labels.GetSize() == scan.GetSize()
    np.testing.assert_allclose(labels.GetOrigin(), scan.GetOrigin(), atol=1e-4)


def test_speaks_json_and_nothing_else(study: Path, tiny_model: Path, output: Path) -> None:
    result = organseg("segment", study, "-o", output, "--model", tiny_model, "--json-events", "--no-surfaces")

    assert result.exit_code == 0, result.output
    *progress, done = events(result)
    fractions = [event["fraction"] for event in progress]
    assert {event["event"] for event in progress} == {"progress"}
    assert fractions == sorted(fractions)
    assert done["event"] == "done"
    assert done["files"].keys() == set(RESULTS)
    assert {organ["name"] for organ in done["organs"]} == {
        label.organ.name for label in load_model(tiny_model).plan.labels
    }
    assert "surfaces" not in done["run"]["seconds"]


def test_the_worker_gives_the_same(study: Path, tiny_model: Path, tmp_path: Path) -> None:
    asked = ("--model", tiny_model, "--json-events", "--format", "uncertainty")
    here, there = (
        organseg("segment", study, "-o", tmp_path / name, *asked, *more)
        for name, more in (("here", ()), ("there", ("--worker",)))
    )
    assert there.exit_code == here.exit_code == 0, there.output
    assert events(there)[-1]["organs"] == events(here)[-1]["organs"]
    for name in ("segmentation.nii.gz", "uncertainty.nii.gz"):
        one, other = (sitk.ReadImage(tmp_path / run / name) for run in ("here", "there"))
        assert one == other


def test_uncertainty_is_a_volume_of_percent_beside_the_labels(
    study: Path, tiny_model: Path, output: Path
) -> None:
    result = organseg(
        "segment", study, "-o", output, "--model", tiny_model, "--format", "uncertainty", "--no-surfaces"
    )
    assert result.exit_code == 0, result.output
    labels, percent = (sitk.ReadImage(output / f"{name}.nii.gz") for name in ("segmentation", "uncertainty"))
    assert percent.GetPixelID() == sitk.sitkUInt8
    assert percent.IsSameImageGeometryAs(labels)
    assert 0 < sitk.GetArrayViewFromImage(percent).max() <= 100


def test_uncertainty_cannot_be_made_later(study: Path, tiny_model: Path, output: Path) -> None:
    assert organseg("segment", study, "-o", output, "--model", tiny_model, "--no-surfaces").exit_code == 0
    before = sorted(output.iterdir())
    assert_refused(organseg("export", output, "--format", "uncertainty"), "output.no_uncertainty")
    assert sorted(output.iterdir()) == before


def test_never_overwrites_silently(study: Path, tiny_model: Path, output: Path) -> None:
    command = ("segment", study, "-o", output, "--model", tiny_model, "--no-surfaces")
    assert organseg(*command, "--organs", "liver").exit_code == 0
    measured = (output / "measurements.csv").read_text()

    refused = organseg(*command)
    assert_refused(refused, "output.exists")
    assert "Finding organs" not in refused.stderr
    assert (output / "measurements.csv").read_text() == measured

    done = organseg(*command, "--overwrite")
    assert done.exit_code == 0, done.output
    assert (output / "measurements.csv").read_text() != measured


def test_never_overwrites_what_it_did_not_write(study: Path, tiny_model: Path, output: Path) -> None:
    output.mkdir(parents=True)
    (output / "measurements.csv").write_text("precious")
    refused = organseg("segment", study, "-o", output, "--model", tiny_model, "--overwrite")
    assert_refused(refused, "output.foreign")
    assert "Finding organs" not in refused.stderr
    assert [path.read_text() for path in output.iterdir()] == ["precious"]


def test_never_overwrites_the_study(study: Path, tiny_model: Path, output: Path) -> None:
    command = ("-o", output, "--model", tiny_model, "--no-surfaces", "--overwrite")
    assert organseg("segment", study, "--format", "ct", *command).exit_code == 0
    refused = organseg("segment", output / "ct.nii.gz", *command)
    assert_refused(refused, "output.holds_study")
    assert "Finding organs" not in refused.stderr


def test_refuses_an_output_that_cannot_be_written_before_it_works(study: Path, tiny_model: Path) -> None:
    result = organseg("segment", study, "-o", study / "inside a file", "--model", tiny_model)
    assert_refused(result, "output.not_writable")
    assert "Finding organs" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nowhere",), "input.not_found"),
        (("{study}", "--organs", "livr"), "input.unknown_organ"),
        (("{study}", "--organs", ","), "input.no_organ"),
        (("{study}", "--series", "1.2.3"), "input.no_such_series"),
        (("{study}", "--model", "no such model"), "model.not_found"),
    ],
)
def test_failures_have_names_and_leave_nothing(
    study: Path, tiny_model: Path, output: Path, arguments: tuple[str, ...], code: str
) -> None:
    given = [argument.format(study=study) for argument in arguments]
    result = organseg("segment", "-o", output, "--model", tiny_model, *given)
    assert_refused(result, code)
    assert not output.parent.exists()


def test_json_events_tell_failures_too(tiny_model: Path, output: Path) -> None:
    result = organseg("segment", "nowhere", "-o", output, "--model", tiny_model, "--json-events")
    assert result.exit_code == 3
    assert events(result)[-1]["event"] == "error"
    assert events(result)[-1]["error"]["code"] == "input.not_found"


@pytest.mark.parametrize(
    ("exception", "code", "exit_code"),
    [
        (KeyboardInterrupt(), "cancelled", 130),
        (ZeroDivisionError("Jane Doe"), "internal", 1),
        (MemoryError(), "resource.memory", 6),
    ],
)
def test_interruption_and_the_unexpected(
    study: Path,
    tiny_model: Path,
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
    exception: BaseException,
    code: str,
    exit_code: int,
) -> None:
    """The exception strikes at the worst moment: while the picture is drawn, the other files being ready."""

    def strike(*_: object, **__: object) -> None:
        raise exception

    monkeypatch.setattr("OrganSegLib.picture.draw_overview", strike)
    result = organseg("segment", study, "-o", output, "--model", tiny_model, "--no-surfaces")
    assert result.exit_code == exit_code
    assert f"Error [{code}]" in result.stderr
    assert "Traceback" not in result.output
    assert "Jane" not in result.output
    assert not output.parent.exists()


def test_a_bar_on_a_terminal(tiny_model: Path, output: Path) -> None:
    terminal = CliRunner(env={"FORCE_COLOR": "1", "COLUMNS": "120"})
    result = terminal.invoke(app, ["segment", "nowhere", "-o", str(output), "--model", str(tiny_model)])
    assert "Reading the study" in result.stderr
    assert "\x1b[" in result.stderr


def test_a_traceback_when_asked_for() -> None:
    result = organseg("--debug", "inspect", "nowhere")
    assert "Traceback" in result.stderr
    assert result.exit_code == 3


def test_demo_shows_true_volumes(tiny_model: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SPACING_MM", (12.0, 12.0, 12.0))
    result = organseg("demo", "-o", output, "--model", tiny_model)

    assert result.exit_code == 0, result.output
    assert (output / "overview.png").is_file()
    assert str(output / "overview.png") in result.stdout
    _, truth = make_phantom(demo.SEED, (12.0, 12.0, 12.0))
    (liver,) = (label for label, organ in truth.organs.items() if organ.name == "liver")
    true_ml = float((truth.voxels == liver).sum()) * truth.grid.voxel_ml
    row = re.search(r"^ *liver .*$", result.stdout, re.MULTILINE)
    assert row
    assert f" {true_ml:.1f} " in row.group()


def test_demo_with_the_public_ct(
    study: Path, tiny_model: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file lies in the cache already, under its own checksum."""
    folder = cache_dir() / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / demo.EXAMPLE_CT.name).write_bytes(study.read_bytes())
    digest = hashlib.sha256(study.read_bytes()).hexdigest()
    monkeypatch.setattr(demo, "EXAMPLE_CT", replace(demo.EXAMPLE_CT, sha256=digest))

    result = organseg("demo", "--download", "-o", output, "--model", tiny_model)

    assert result.exit_code == 0, result.output
    assert "True ml" not in result.stdout


def test_demo_offline_says_what_to_do(
    tiny_model: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = replace(demo.EXAMPLE_CT, url="https://127.0.0.1:9/other.nii.gz")
    monkeypatch.setattr(demo, "EXAMPLE_CT", nowhere)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert_refused(organseg("demo", "--download", "-o", output, "--model", tiny_model), "download.offline")
    assert not output.parent.exists()


def test_inspect_shows_what_ingest_sees(study: Path, tmp_path: Path) -> None:
    good = organseg("inspect", study)
    assert good.exit_code == 0
    assert "8 x 8 x 8 mm" in good.stdout
    assert_refused(organseg("inspect", tmp_path), "input.empty_folder")


def test_inspect_reports_what_it_refuses(tmp_path: Path) -> None:
    scan, _ = make_phantom(grid=Grid((32, 32, 3), (10.0, 10.0, 10.0), (-160.0, -160.0, 0.0)))
    result = organseg("inspect", write_dicom_series(scan, tmp_path / "series"))
    assert_refused(result, "input.too_few_slices")
    assert "3 x 32 x 32" in result.stdout


def test_models_lists_what_is_installed(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("OrganSegLib.model.installed_models", lambda problems: [load_model(tiny_model)])
    result = organseg("models")
    assert result.exit_code == 0
    for word in ("tiny", "19", "3 × 3 × 3", "CC0-1.0"):
        assert word in result.stdout


def test_info_tells_the_machine_and_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "jane"))
    monkeypatch.setenv("ORGANSEG_CACHE", str(tmp_path / "jane" / "cache"))
    result = organseg("info")
    assert result.exit_code == 0
    for word in (__version__, "torch", "openvino", "cpu", "GiB", str(Path("~") / "cache")):
        assert word in result.stdout
    assert "jane" not in result.stdout

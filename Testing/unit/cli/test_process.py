"""What only a process of its own can show."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from OrganSegLib.phantom import make_phantom, write_image

ENGINE = str(Path(sys.modules["OrganSegLib"].__path__[0]).parent)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_with_130_and_leaves_nothing(
    sent: signal.Signals, tiny_model: Path, tmp_path: Path
) -> None:
    scan, _ = make_phantom(seed=2, spacing_mm=(8.0, 8.0, 8.0), region="abdomen")
    study, output = write_image(scan, tmp_path / "scan.nii.gz"), tmp_path / "out"
    command = [sys.executable, "-m", "OrganSegLib", "segment", study, "-o", output, "--model", tiny_model]
    with subprocess.Popen(
        [*command, "--json-events"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ENGINE,
        text=True,
        # What a shell starts in the background is born deaf to SIGINT, and so are its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        first = process.stdout.readline()
        process.send_signal(sent)
        rest, complaint = process.communicate(timeout=120)

    assert json.loads(first)["event"] == "progress"
    assert json.loads(rest.splitlines()[-1])["error"]["code"] == "cancelled"
    assert process.returncode == 130
    assert complaint.startswith("Error [cancelled]")
    assert not output.exists()


def test_heavy_libraries_wait_until_they_are_needed() -> None:
    """Slicer's process imports the client, and help must come at once."""
    script = (
        "import sys, OrganSegLib.cli.all_commands, OrganSegLib.client, OrganSegLib.worker;"
        "print([name for name in sys.argv[1:] if name in sys.modules])"
    )
    heavy = ["torch", "monai", "openvino", "vtkmodules", "SimpleITK", "pydicom", "scipy", "matplotlib"]
    done = subprocess.run(
        [sys.executable, "-c", script, *heavy], cwd=ENGINE, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"

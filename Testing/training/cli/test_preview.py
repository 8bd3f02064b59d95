"""``organseg-train preview``."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image


@pytest.mark.parametrize(
    ("run", "config", "columns"), [("people_run", "people", 4), ("flat_run", "flat_people", 2)]
)
def test_preview_describes_the_machine_and_draws_the_first_batch(
    request, call, run, config, columns, tmp_path
):
    (tmp_path / "cases").symlink_to(request.getfixturevalue(run) / "cases")
    file = tmp_path / "some.yaml"
    request.getfixturevalue(config).save(file)
    shown = call("preview", file, "--run", tmp_path)
    assert shown.exit_code == 0, shown.output
    for fact in ("Memory", "Processors", "GPU", "torch", "preview.png"):
        assert fact in shown.output
    picture = np.asarray(Image.open(tmp_path / "preview.png").convert("RGB"))
    assert picture.shape[1] == columns * 300
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 100


def test_preview_without_prepared_cases_says_what_to_do(call, people, tmp_path):
    file = tmp_path / "some.yaml"
    people.save(file)
    refused = call("preview", file, "--run", tmp_path / "empty")
    assert refused.exit_code == 10
    assert "organseg-train prepare" in refused.output

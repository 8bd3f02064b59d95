"""``organseg-train preview``."""

from __future__ import annotations

import numpy as np
import pytest
from organseg_training.cli import main
from PIL import Image


@pytest.mark.parametrize(
    ("run", "config", "columns"), [("people_run", "people", 4), ("flat_run", "flat_people", 2)]
)
def test_preview_describes_the_machine_and_draws_the_first_batch(
    request, run, config, columns, tmp_path, capsys, monkeypatch
):
    (tmp_path / "cases").symlink_to(request.getfixturevalue(run) / "cases")
    file = tmp_path / "some.yaml"
    request.getfixturevalue(config).save(file)
    monkeypatch.setattr("sys.argv", ["organseg-train", "preview", str(file), "--run", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for fact in ("Memory", "Processors", "GPU", "torch", "preview.png"):
        assert fact in told
    picture = np.asarray(Image.open(tmp_path / "preview.png").convert("RGB"))
    assert picture.shape[1] == columns * 300
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 100


def test_preview_without_prepared_cases_says_what_to_do(people, tmp_path, capsys, monkeypatch):
    file = tmp_path / "some.yaml"
    people.save(file)
    monkeypatch.setattr(
        "sys.argv", ["organseg-train", "preview", str(file), "--run", str(tmp_path / "empty")]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 10
    assert "organseg-train prepare" in capsys.readouterr().err

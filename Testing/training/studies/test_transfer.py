"""From scratch against transfer, on shares of the patients."""

import json

import pytest
from organseg_training.errors import ConfigError
from organseg_training.fit import fit
from organseg_training.studies.transfer import transfer


def test_both_ways_learn_from_the_same_shares(config, run, tmp_path):
    source = tmp_path / "source"
    fit(config, run / "cases", source)

    result = transfer(config, run, source, shares=(0.5, 1.0))

    assert [(row["start"], row["share"]) for row in result.rows] == [
        ("scratch", 0.5),
        ("transfer", 0.5),
        ("scratch", 1.0),
        ("transfer", 1.0),
    ]
    jobs = {
        folder.name: json.loads((folder / "job.json").read_text()) for folder in (run / "transfer").iterdir()
    }
    train = {name: set(job["fold"]["train"]) for name, job in jobs.items()}
    assert train["scratch, 50 percent, batch 1"] == train["transfer, 50 percent, batch 1"]
    assert train["scratch, 50 percent, batch 1"] < train["scratch, 100 percent, batch 1"]
    assert len({tuple(job["judged"]) for job in jobs.values()}) == 1
    assert jobs["transfer, 50 percent, batch 1"]["config"]["fit"]["frozen"] == ["encoder"]
    for ending in ("csv", "json", "md", "png"):
        assert (run / f"transfer.{ending}").stat().st_size > 100


def test_shares_are_checked(config, tmp_path):
    with pytest.raises(ConfigError) as caught:
        transfer(config, tmp_path / "run", tmp_path, shares=(25,))
    assert caught.value.code == "config.bad_range"

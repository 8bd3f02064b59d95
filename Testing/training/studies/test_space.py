"""What a search may try: ranges, choices, ready sets, grids and refinements."""

import math

import optuna
import pytest
from organseg_training.config import Config
from organseg_training.errors import ConfigError
from organseg_training.studies.space import applied, grid, make_space, narrowed, parse_range, suggest

from Testing.training.generated import config_of


@pytest.fixture
def config() -> Config:
    window = {"low": -160, "high": 240, "centre": 40, "scale": 100}
    return config_of({"folder": "/data"}, windows=[window])


def searching(config: Config, **search: object) -> Config:
    return config.changed(tune__search={key.replace("__", "."): value for key, value in search.items()})


def test_ranges_are_optunas():
    assert parse_range("k", "log:1e-4..1e-2") == optuna.distributions.FloatDistribution(1e-4, 1e-2, log=True)
    assert parse_range("k", "int:-400..0") == optuna.distributions.IntDistribution(-400, 0)
    assert parse_range("k", "-1..1/0.5") == optuna.distributions.FloatDistribution(-1, 1, step=0.5)


@pytest.mark.parametrize("text", ["5..1", "log:0..1", "int:0.5..3", "low..high", "0..1/0", ""])
def test_a_wrong_range_names_its_key(text):
    with pytest.raises(ConfigError, match="weight_decay") as caught:
        parse_range("fit.weight_decay", text)
    assert caught.value.code == "config.bad_range"


def test_drawn_values_become_a_configuration(config):
    config = searching(
        config,
        fit__learning_rate="log:1e-4..1e-2",
        fit__batch_size="int:1..4",
        fit__schedule="cosine,poly",
        network__arguments__filters="[4, 8],[8, 16]",
        windows__0__low="int:-400..-200",
    )
    space = make_space(config)
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(0)).ask()
    chosen = applied(config, suggest(trial, space))
    assert 1e-4 <= chosen.fit.learning_rate <= 1e-2
    assert chosen.fit.batch_size in {1, 2, 3, 4}
    assert chosen.fit.schedule in {"cosine", "poly"}
    assert chosen.network.arguments["filters"] in ([4, 8], [8, 16])
    assert -400 <= chosen.windows[0].low <= -200


def test_unknown_keys_are_found_before_anything_runs(config):
    with pytest.raises(ConfigError) as caught:
        make_space(searching(config, fit__leraning_rate="log:1e-4..1e-2"))
    assert caught.value.code == "config.unknown_key"
    assert "learning_rate" in caught.value.next_step


def test_values_that_the_configuration_refuses_are_found_before_anything_runs(config):
    with pytest.raises(ConfigError) as caught:
        make_space(searching(config, fit__schedule="cosine,stairs"))
    assert caught.value.code == "config.bad_value"


def test_a_search_needs_a_range(config):
    with pytest.raises(ConfigError) as caught:
        make_space(config)
    assert caught.value.code == "config.no_search"


def test_the_classic_space_is_a_window_rate_and_decay(config):
    config = config.changed(tune__space="classic")
    space = make_space(config)
    drawn = dict.fromkeys(space, 0.001) | {
        "windows.0.a_min": -200,
        "windows.0.a_max": 250,
        "windows.0.b_min": 0.0,
        "windows.0.b_max": 1.0,
    }
    window = applied(config, drawn).windows[0]
    assert (window.low, window.high) == (-200, 250)
    assert (window.low - window.centre) / window.scale == pytest.approx(0)
    assert (window.high - window.centre) / window.scale == pytest.approx(1)


def test_one_end_of_a_window_leaves_the_others_as_they_are(config):
    window = applied(config, {"windows.0.a_min": -360}).windows[0]
    assert ((window.low - window.centre) / window.scale, (window.high - window.centre) / window.scale) == (
        pytest.approx(-2),
        pytest.approx(2),
    )


@pytest.mark.parametrize(
    ("search", "code"),
    [
        ({"windows__0__a_min": "int:0..400"}, "config.bad_range"),
        ({"windows__3__a_min": "int:0..400"}, "config.unknown_key"),
    ],
)
def test_windows_are_checked(config, search, code):
    with pytest.raises(ConfigError) as caught:
        make_space(searching(config, **search))
    assert caught.value.code == code


def test_a_grid_has_choices_steps_and_points():
    space = {
        "rate": parse_range("rate", "log:1e-4..1e-2"),
        "decay": parse_range("decay", "0..1/0.25"),
        "size": parse_range("size", "int:1..4"),
        "loss": parse_range("loss", "dice,iou"),
    }
    values = grid(space, 3)
    assert values["rate"] == pytest.approx([1e-4, 1e-3, 1e-2])
    assert values["decay"] == [0, 0.25, 0.5, 0.75, 1]
    assert values["size"] == [1, 2, 4]
    assert values["loss"] == ['"dice"', '"iou"']


def test_a_refined_range_is_a_third_around_the_best_and_stays_inside():
    space = {
        "rate": parse_range("rate", "log:1e-4..1e-1"),
        "low": parse_range("low", "int:-400..0/10"),
        "share": parse_range("share", "0..3"),
        "loss": parse_range("loss", "dice,iou"),
    }
    narrow = narrowed(space, {"rate": 1e-4, "low": -200, "share": 1.5, "loss": '"dice"'})
    assert (narrow["rate"].low, narrow["rate"].high) == (pytest.approx(1e-4), pytest.approx(10**-3.5))
    assert (narrow["low"].low, narrow["low"].high, narrow["low"].step) == (-270, -130, 10)
    assert (narrow["share"].low, narrow["share"].high) == (1.0, 2.0)
    assert narrow["loss"] == space["loss"]
    assert math.isclose(narrow["rate"].low, space["rate"].low)

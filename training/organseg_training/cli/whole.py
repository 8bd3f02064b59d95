"""The command from raw scans to a judged model folder."""

from __future__ import annotations

from .app import ConfigFile, RunFolder, Settings, app, opened
from .data import prepare, split
from .learn import fit
from .results import calibrate, evaluate, export


@app.command()
def run(config_file: ConfigFile, run: RunFolder = None, settings: Settings = None) -> None:
    """All in one: prepare, split, fit, self-training, export, evaluate, calibrate, export with the scores.

    What is done already is not done again, so an interrupted run goes on. Cases are divided only where the
    configuration has a section ``split``, uncertainty is calibrated only where it names scans for that; for
    more than one fold use crossval.
    """
    config, folder = opened(config_file, run, settings)
    prepare(config_file, run, settings)
    if "split" in config.model_fields_set:
        split(config_file, run, settings)
    fit(config_file, run, settings)
    if config.self_training.rounds:
        from ..selftraining import final_run, self_train

        self_train(config, folder, progress=True)
        run = final_run(config, folder)
    export(config_file, run, settings)
    evaluate(config_file, run, settings)
    if config.evaluation.calibrated_on:
        calibrate(config_file, run, settings)
    export(config_file, run, settings)

"""The cohort of a study: the same prepared cases and the same splits for all of its trainings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from ..config import Config
from ..errors import TrainingError
from ..manifest import Manifest
from ..prepare import prepare
from ..run_folder import CASES, SPLITS
from ..split import Fold, load_splits, make_splits, save_splits


@dataclass(frozen=True)
class Cohort:
    """Prepared cases, whose patients are divided once.

    Attributes:
        run: folder of the study; the trainings lie below it.
        manifest: what was prepared.
    """

    run: Path
    manifest: Manifest

    @classmethod
    def of(cls, config: Config, run: Path) -> Cohort:
        """Prepare what is not prepared yet; other workers wait, and find it done.

        Raises:
            DataError: as `prepare`.
            TrainingError: ``training.no_labelled_cases``.
        """
        run.mkdir(parents=True, exist_ok=True)
        with FileLock(run / ".prepare.lock"):
            manifest = prepare(config, run / CASES)
        cohort = cls(run, manifest)
        if not cohort.labelled([n for n, r in manifest.cases.items() if r.role == "train"], config):
            raise TrainingError(
                "training.no_labelled_cases",
                f"No scan to learn from has labels of {', '.join(config.organs)}.",
                "Check `labels` and `role` in the configuration's data.",
            )
        return cohort

    @property
    def cases(self) -> Path:
        return self.run / CASES

    def folds(self, config: Config) -> list[Fold]:
        """Those of ``splits.json``, which is made where there is none.

        Raises:
            DataError: as `make_splits` and `load_splits`.
        """
        path = self.run / SPLITS
        if not path.exists():
            save_splits(path, make_splits(self.manifest, config.split), config.split)
        return load_splits(path, self.manifest)

    def labelled(self, names: tuple[str, ...] | list[str], config: Config) -> tuple[str, ...]:
        """The cases whose labels tell of an organ that is to be found."""
        return tuple(n for n in names if set(self.manifest.cases[n].known) & set(config.organs))

    def judged(self, fold: Fold, config: Config) -> tuple[str, ...]:
        """The cases to judge trainings by: those of the test side, or of validation where it has none.

        Raises:
            TrainingError: ``training.nothing_to_judge``.
        """
        names = self.labelled(fold.test, config) or self.labelled(fold.validation, config)
        if not names:
            raise TrainingError(
                "training.nothing_to_judge",
                "No labelled scan is set apart to compare trainings by.",
                "Set split.test or split.validation in the configuration, e.g. --set split.test=0.2.",
            )
        return names

    def part(self, names: tuple[str, ...], share: float, seed: int) -> tuple[str, ...]:
        """The cases of a share of the patients; a larger share holds those of every smaller one."""
        patients = sorted({self.manifest.cases[name].patient for name in names})
        order = np.random.default_rng(seed).permutation(len(patients))
        chosen = {patients[n] for n in order[: max(1, round(share * len(patients)))]}
        return tuple(name for name in names if self.manifest.cases[name].patient in chosen)

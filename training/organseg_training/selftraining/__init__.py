"""Learning in rounds from the teacher's own confident predictions on scans that nobody labelled."""

from .rounds import final_run, self_train, train_round, with_pseudo_labels

__all__ = ["final_run", "self_train", "train_round", "with_pseudo_labels"]

"""An anthropomorphic CT with exact labels: the built-in study, and ground truth for tests and training."""

from .body import LABELS, PHASES
from .files import IMAGE_SUFFIXES, write_dicom_series, write_image
from .generate import REGIONS, make_phantom

__all__ = [
    "IMAGE_SUFFIXES",
    "LABELS",
    "PHASES",
    "REGIONS",
    "make_phantom",
    "write_dicom_series",
    "write_image",
]

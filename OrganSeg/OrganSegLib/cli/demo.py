"""The two scans of ``organseg demo``."""

from __future__ import annotations

from ..download import EXAMPLE_CT, fetch
from ..ingest import read_study
from ..measure import measure
from ..phantom import make_phantom
from ..progress import Progress
from ..volume import Scan

SEED = 1
SPACING_MM = (2.0, 2.0, 2.0)


def phantom(progress: Progress, truth: dict[str, float]) -> Scan:
    """The built-in CT; the true volumes of its organs, in ml, are added to ``truth``."""
    progress.report("Making the phantom")
    scan, labelmap = make_phantom(SEED, SPACING_MM)
    truth.update({organ.name: organ.volume_ml for organ in measure(scan, labelmap)})
    return scan


def public_ct(progress: Progress) -> Scan:
    """A public CT of a person, fetched once.

    Raises:
        DownloadError: see `download.fetch`.
    """
    return read_study(fetch(EXAMPLE_CT, progress=progress))

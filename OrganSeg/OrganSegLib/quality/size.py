"""Has an organ the size that it has in adults?"""

from __future__ import annotations

from ..organs import Organ
from .kinds import Flag

FAR = 1.5  # times the end of the normal range: beyond, an error is likelier than an unusual person


def unusual_volume(volume_ml: float, cut: bool, organ: Organ) -> list[Flag]:
    """``implausible_volume``: a note just outside of the published normal range, a warning far outside.

    Args:
        volume_ml: measured.
        cut: the field of view cuts the organ, so that it may be larger.
        organ: with the range and its source.
    """
    if not organ.volume_ml:
        return []
    low, high = organ.volume_ml
    if volume_ml > high:
        far = volume_ml > FAR * high
    elif volume_ml < low and not cut:
        far = volume_ml < low / FAR
    else:
        return []
    source = f" ({organ.volume_source})" if organ.volume_source else ""
    decimals = 0 if low >= 10 else 1
    sentence = f"{volume_ml:,.{decimals}f} ml is unusual: adults have {low:,g} to {high:,g} ml{source}."
    return [Flag("implausible_volume", "warning" if far else "note", sentence)]

"""What margins leave of the organ that the target lies in, in words."""

from slicer.i18n import tr as _

from ..segmentations import title_of


def remnants(facts: dict, segmentation_node) -> list[str]:
    """A sentence for the organ that holds most of the target, if one does and there are margins."""
    hosts = [organ for organ in facts["organs"] if organ["status"] == "overlapping" and organ["margins"]]
    if not hosts:
        return []
    host = max(hosts, key=lambda organ: organ["overlap_ml"])
    left = [
        _("{mm} mm leaves {ml} ml ({percent} %)").format(
            mm=f"{margin['mm']:g}",
            ml=f"{margin['remaining_ml']:.0f}",
            percent=f"{margin['remaining_percent']:.0f}",
        )
        for margin in host["margins"]
    ]
    told = _("{organ}, {ml} ml: a margin of {margins}.")
    organ = title_of(segmentation_node, host["name"])
    return [told.format(organ=organ, ml=f"{host['volume_ml']:.0f}", margins=", of ".join(left))]

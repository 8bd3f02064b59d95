"""Encasement: how much of a vessel's circumference the target touches, as radiologists grade tumours.

Source: Lu et al. 1997, AJR 168:1439; NCCN Guidelines, Pancreatic Adenocarcinoma: contact of at most 180
degrees is abutment, of more encasement.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ..triangles import Points
from ..volume import Labelmap
from .contact import Facets
from .vicinity import values_at

VESSEL_WORDS = {"aorta", "artery", "arteries", "trunk", "vein", "veins", "vena", "vessel", "vessels"}
WIDEST_MM = 80.0  # wider than any vessel, aneurysms included
PROBE_MM = 0.5
SEEDS = 400  # triangles in contact from which the vessel's middle is sought
SPACING_MM = 2.0  # between cross-sections
SECTIONS = 100  # at most


def is_vessel(name: str) -> bool:
    """Whether an organ's name is that of a blood vessel (``portal_vein_and_splenic_vein``)."""
    return not VESSEL_WORDS.isdisjoint(name.lower().split("_"))


def encasement_deg(labelmap: Labelmap, label: int, facets: Facets, touched: NDArray[np.bool_]) -> float:
    """The largest contact around a vessel, degrees: 360 times the share of a cross-section's outline.

    Cross-sections lie where there is contact, at right angles to the vessel's axis there. That is the
    direction which the normals of the wall around have least of: in a tube they are all perpendicular to it.

    Args:
        labelmap: with the vessel.
        label: of the vessel.
        facets: of the vessel's surface.
        touched: which of them are in contact with the target, see `contact.in_contact`.
    """
    seeds = np.flatnonzero(touched)
    if not len(seeds):
        return 0.0
    seeds = seeds[:: -(-len(seeds) // SEEDS)]
    inwards = -facets.normals[seeds]
    widths = _widths(labelmap, label, facets.centres[seeds], inwards)
    middles = facets.centres[seeds] + widths[:, None] / 2 * inwards
    tree = cKDTree(facets.centres)
    largest = 0.0
    for section in _spread(middles):
        wall = tree.query_ball_point(middles[section], widths[section])
        axis = _axis(facets.normals[wall], facets.areas_mm2[wall])
        largest = max(largest, _contact_deg(facets, touched, middles[section], axis))
    return largest


def _widths(labelmap: Labelmap, label: int, places: Points, inwards: Points) -> NDArray[np.float64]:
    """How wide the vessel is, seen from points on its wall; 0 where nothing of it lies inwards."""
    depths = np.arange(PROBE_MM, WIDEST_MM, PROBE_MM)
    probes = places[:, None] + depths[:, None] * inwards[:, None]
    within = values_at(labelmap.voxels, labelmap.grid, probes) == label
    # The first probe may still be in front of the wall, which smoothing has moved.
    entered = np.maximum.accumulate(within, axis=1)
    left = entered & ~within
    first = np.where(left.any(axis=1), left.argmax(axis=1), len(depths) - 1)
    return np.where(entered.any(axis=1), depths[first], 0.0)


def _spread(middles: Points) -> NDArray[np.intp]:
    """Some of the middles: one of those that lie close together."""
    _, first = np.unique(np.round(middles / SPACING_MM), axis=0, return_index=True)
    kept: NDArray[np.intp] = first[:: -(-len(first) // SECTIONS)]
    return kept


def _axis(normals: Points, areas: NDArray[np.float64]) -> Points:
    """The direction that the normals have least of."""
    _, directions = np.linalg.eigh((normals * areas[:, None]).T @ normals)
    axis: Points = directions[:, 0]
    return axis


def _contact_deg(facets: Facets, touched: NDArray[np.bool_], middle: Points, axis: Points) -> float:
    """Contact along the outline around ``middle`` in the plane across ``axis``."""
    height = (facets.corners - middle) @ axis
    first, second, third = (height > 0)[facets.faces.T]
    cut = np.flatnonzero((first != second) | (second != third))
    if not len(cut):
        return 0.0
    # A triangle that is cut has one corner alone on its side of the plane: both edges from there are cut.
    alone = np.where(second[cut] == third[cut], 0, np.where(first[cut] == third[cut], 1, 2))
    corner = [facets.faces[cut, (alone + turn) % 3] for turn in range(3)]
    ends = np.stack([_crossing(facets.corners, height, corner[0], corner[other]) for other in (1, 2)])
    lengths = np.linalg.norm(ends[1] - ends[0], axis=1)
    outline = _outlines(np.stack([corner[0], corner[1]]), np.stack([corner[0], corner[2]]))
    nearest = np.linalg.norm(ends.mean(axis=0) - middle, axis=1).argmin()
    own = outline == outline[nearest]
    return float(360 * lengths[own & touched[cut]].sum() / lengths[own].sum())


def _crossing(corners: Points, height: NDArray[Any], one: NDArray[Any], other: NDArray[Any]) -> Points:
    """Where the edges from ``one`` to ``other`` cross the plane."""
    share = (height[one] / (height[one] - height[other]))[:, None]
    crossing: Points = corners[one] + share * (corners[other] - corners[one])
    return crossing


def _outlines(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.int32]:
    """Number of the outline that each triangle belongs to; its cut edges are columns [2, m] of corners."""
    count = first.shape[1]
    low, high = np.sort(np.concatenate([first, second], axis=1), axis=0)
    _, edge = np.unique(low * (high.max() + 1) + high, return_inverse=True)
    ends = np.tile(np.arange(count), 2), count + edge
    graph = coo_array((np.ones(len(edge)), ends), shape=(2 * count + len(edge),) * 2)
    return np.asarray(connected_components(graph, directed=False)[1][:count])

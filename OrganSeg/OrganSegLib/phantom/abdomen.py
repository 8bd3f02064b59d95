"""Organs of the phantom's abdomen and pelvis."""

from __future__ import annotations

import numpy as np

from .body import LABELS, Body
from .canvas import Array, Canvas, common, ellipsoid, join, turned
from .frame import cavity, diaphragm


def paint_small_bowel(canvas: Canvas, body: Body) -> None:
    """Unlabelled loops that fill the middle of the abdomen."""
    rng, turns = body.rng("small bowel"), np.linspace(0, 1, 110)
    x = 74 * np.sin(2 * np.pi * (11.3 * turns + rng.random()))
    y = -36 + 36 * np.sin(2 * np.pi * (17.7 * turns + rng.random()))
    z = -52 - 150 * turns + 14 * np.sin(2 * np.pi * 9.1 * turns)
    course = body.course("loops", np.column_stack([x, y, z]), 5.0)
    view, distance = canvas.tube(course, np.full(len(course), 11.5))
    distance = common(distance, cavity(view) + 3.0)
    view.paint(distance, body.tissue["bowel wall"])
    gas = view.mottle(rng, 60.0) - 0.02 * view.height > 2.2
    view.paint(distance + 3.0, np.where(gas, -850.0, body.tissue["stomach content"]).astype(np.float32))


def paint_colon(canvas: Canvas, body: Body) -> None:
    """Caecum to rectum with haustra, stool and gas."""
    rng, label = body.rng("colon"), LABELS["colon"]
    path = [
        (-84, -22, -138), (-94, -8, -112), (-98, 4, -80), (-96, 6, -50),
        (-84, -24, -38), (-56, -62, -42), (-10, -74, -52),
        (40, -72, -40), (76, -50, -8), (98, -8, 22), (105, 22, 20),
        (106, 34, -20), (104, 28, -70), (98, 8, -120),
        (82, -8, -155), (46, -14, -180), (14, 2, -176), (-14, 22, -186),
        (-2, 40, -206), (0, 46, -236), (0, 40, -275),
    ]  # fmt: skip
    radii = np.array((26, 27, 25, 23, 22, 20, 19, 19, 19, 19, 18, 16, 16, 16, 15, 14, 14, 14, 16, 19, 15))
    view, distance = canvas.tube(body.course("colon", path), radii * body.size("colon", 0.1))
    haustra = 1.5 * view.mottle(rng, 26.0)
    distance = common(distance + haustra, cavity(view) + 4.0)
    view.paint(distance, body.tissue["bowel wall"], label)
    stool = view.mottle(rng, 14.0)
    content = np.where(stool > 1.0, -350.0, body.tissue["stool"] + 15.0 * stool)
    gas = common(-8.0 * (view.mottle(rng, 190.0) + 0.2), distance + 0.12 * (view.height + 60.0))
    view.paint(distance + 3.0, content.astype(np.float32), inside=label)
    view.paint(common(distance + 3.0, gas), -960.0, inside=label)


def paint_liver(canvas: Canvas, body: Body) -> None:
    """A right and a left lobe under the diaphragm, cut below by an oblique visceral face."""
    view, size, label = (
        canvas.view((-135, -100, -75), (80, 90, 132)),
        body.size("liver", 0.04),
        LABELS["liver"],
    )
    rng = body.rng("liver")
    right = ellipsoid(view, (-62, -6, 50), np.array((74, 76, 100)) * size)
    left = ellipsoid(view, (6, -44, 74), np.array((68, 38, 40)) * size, turned(y_deg=-12))
    tip, slope = rng.normal(-54, 7), rng.normal(0.62, 0.04)
    behind_face = tip + slope * (view.x + 120) + 0.3 * (view.y + 40) - 8.0 * view.mottle(rng, 150.0) - view.z
    distance = common(
        join(right, left, blend_mm=22.0), diaphragm(view) + 2.0, cavity(view) + 3.0, 0.8 * behind_face
    )
    view.paint(distance, body.tissue["liver"], label)
    hilum, confluence = np.array([-28.0, -8.0, 38.0]), np.array([-24.0, 12.0, 104.0])
    for end in ((-95, 20, 40), (-88, -35, 55), (-80, 30, 85), (-70, -45, 90), (20, -45, 70)):
        fork = hilum + (np.asarray(end) - hilum) * 0.5 + rng.normal(0, 5, 3)
        portal = ([hilum, fork, end], (6.0, 4.0, 1.2))
        hepatic = ([confluence, fork + (0, 0, 28), end], (4.5, 3.0, 1.0))
        for course, radii in (portal, hepatic):
            branch, around = canvas.tube(course, radii)
            branch.paint(around, body.tissue["portal vein"], inside=label)


def paint_spleen(canvas: Canvas, body: Body) -> None:
    """An ellipsoid against the ribs, hollowed towards the stomach."""
    view = canvas.view((45, -45, 0), (140, 100, 130))
    outer = ellipsoid(
        view, (91, 38, 66), np.array((34, 47, 63)) * body.size("spleen"), turned(x_deg=-18, z_deg=25)
    )
    hollow = ellipsoid(view, (52, 14, 62), (30, 42, 52))
    distance = common(outer, -hollow, diaphragm(view) + 2.0, cavity(view) + 3.0)
    view.paint(distance, body.tissue["spleen"], LABELS["spleen"])


def paint_kidneys(canvas: Canvas, body: Body) -> None:
    """Cortex, medullary pyramids and an unlabelled sinus with the renal pelvis, in perirenal fat."""
    for side, sign, level in (("left", 1.0, 4.0), ("right", -1.0, -14.0)):
        label, size = LABELS[f"kidney_{side}"], body.size(f"kidney {side}", 0.05)
        centre = body.course(f"kidney {side}", [(sign * 66, 40, level)])[0]
        axes = turned(x_deg=-14, y_deg=sign * 12, z_deg=sign * 28)
        view = canvas.view(centre - 75, centre + 75)
        capsule = ellipsoid(view, centre, np.array((29, 25, 56)) * size, axes)
        hilum = centre + axes @ (-sign * 22.0, -3.0, 0.0)
        sinus = ellipsoid(view, hilum, np.array((15, 9, 24)) * size, axes)
        view.paint(common(capsule - 5.0, cavity(view) + 2.0), body.tissue["fat"], 0)
        view.paint(common(capsule, -sinus), body.tissue["cortex"], label)
        around = np.arctan2(view.z - centre[2], sign * (view.x - hilum[0]))
        pyramids = common(capsule + 6.5, 3.0 - sinus, -2.0 - 4.0 * np.cos(11 * around))
        view.paint(pyramids, body.tissue["medulla"], inside=label)
        pelvis = ellipsoid(view, hilum - axes @ (sign * 3.0, 0.0, 0.0), np.array((8, 5, 13)) * size, axes)
        view.paint(pelvis, body.tissue["excreted"], 0)
        start = hilum - axes @ (sign * 8.0, 0.0, 8.0)
        ureter = [start, (sign * 36, 22, -90), (sign * 42, 20, -170), (sign * 22, 5, -238)]
        view, distance = canvas.tube(ureter, (2.5, 2.0, 2.0, 2.0))
        view.paint(distance, body.tissue["excreted"])


def paint_stomach(canvas: Canvas, body: Body) -> None:
    """A J that holds fluid below gas; the level lies flat in the scanner."""
    path = [
        (56, 12, 84),
        (62, -8, 62),
        (60, -32, 30),
        (44, -48, 4),
        (20, -50, -6),
        (-6, -42, 0),
        (-22, -34, 6),
    ]
    radii = np.array((29, 30, 25, 21, 17, 14, 10)) * body.size("stomach", 0.09)
    view, distance = canvas.tube(body.course("stomach", path, 2.5), radii)
    rugae = 1.2 * view.mottle(body.rng("rugae"), 22.0)
    distance = common(distance + 0.5 * rugae, diaphragm(view) + 2.0, cavity(view) + 3.0)
    view.paint(distance, body.tissue["bowel wall"], LABELS["stomach"])
    content, lumen = body.tissue["stomach content"], distance + 4.0 + rugae
    view.paint(lumen, content, inside=LABELS["stomach"])
    level = body.rng("stomach level").uniform(-55, -25)
    view.paint(common(lumen, view.height - level), -980.0, inside=LABELS["stomach"])


def paint_pancreas(canvas: Canvas, body: Body) -> None:
    """Head in the duodenum's bend, body over the spine, tail at the spleen; lobulated."""
    path = [
        (-28, -16, -34),
        (-27, -20, -16),
        (-14, -31, -2),
        (10, -30, 10),
        (38, -14, 22),
        (62, 8, 34),
        (76, 20, 42),
    ]
    radii = np.array((13, 15, 10, 10.5, 11, 10.5, 8.5)) * body.size("pancreas", 0.08)
    view, distance = canvas.tube(body.course("pancreas", path, 2.0), radii)
    lobules = 0.8 * view.mottle(body.rng("lobules"), 10.0)
    view.paint(distance + lobules, body.tissue["pancreas"], LABELS["pancreas"])


def paint_duodenum(canvas: Canvas, body: Body) -> None:
    """A C from the pylorus around the pancreatic head, then to the left in front of the great vessels."""
    path = [
        (-24, -33, 7), (-40, -26, 8), (-48, -10, -8), (-48, -4, -32),
        (-40, -4, -52), (-18, -18, -60), (8, -24, -58),
        (28, -22, -44), (34, -26, -26),
    ]  # fmt: skip
    radii = np.full(len(path), 11.5 * body.size("duodenum", 0.07))
    view, distance = canvas.tube(body.course("duodenum", path, 2.0), radii)
    view.paint(distance, body.tissue["bowel wall"], LABELS["duodenum"])
    gas = view.mottle(body.rng("duodenal gas"), 45.0) > 1.1
    content = np.where(gas, -700.0, body.tissue["stomach content"]).astype(np.float32)
    view.paint(distance + 4.0, content, inside=LABELS["duodenum"])


def paint_gallbladder(canvas: Canvas, body: Body) -> None:
    """A pear under the liver, fundus forward and down."""
    path = body.course("gallbladder", [(-34, -30, 18), (-44, -46, 2), (-52, -56, -14)], 2.5)
    view, distance = canvas.tube(path, np.array((6, 13, 15)) * body.size("gallbladder", 0.1))
    view.paint(distance, body.tissue["bowel wall"], LABELS["gallbladder"])
    view.paint(distance + 2.0, body.tissue["bile"], inside=LABELS["gallbladder"])


def paint_adrenals(canvas: Canvas, body: Body) -> None:
    """A Y of two thin limbs behind a short body, above and medial to each kidney."""
    for side, sign, apex in (("left", 1.0, (36, 22, 44)), ("right", -1.0, (-38, 26, 46))):
        middle = body.course(f"adrenal {side}", [apex], 1.5)[0]
        for limb in ((sign * 2, 20, -14), (sign * 15, 17, -14)):
            view, distance = canvas.tube([middle + (0, -5, 14), middle, middle + limb], (3.4, 4.4, 3.4))
            view.paint(distance, body.tissue["adrenal"], LABELS[f"adrenal_gland_{side}"])


def paint_bladder(canvas: Canvas, body: Body) -> None:
    """Bladder on the pelvic floor, more or less full."""
    fill = body.rng("bladder").uniform(0.85, 1.15)
    centre = np.array((0.0, -34.0, -243.0 + 12 * fill))
    view = canvas.view(centre - 62, centre + 62)
    neck: Array = ellipsoid(view, (0, -22, -276), (24, 20, 18))
    view.paint(neck, body.tissue["muscle"])
    distance = ellipsoid(view, centre, np.array((44, 35, 33)) * fill, turned(x_deg=15))
    view.paint(distance, body.tissue["bowel wall"], LABELS["urinary_bladder"])
    view.paint(distance + 3.0, body.tissue["urine"], inside=LABELS["urinary_bladder"])

"""The folder of a MONAI bundle: what its files say, and how OrganSeg's plan says the same.

Source of the format: https://docs.monai.io/en/stable/bundle.html, and the bundles of MONAI's model zoo.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..bounds import arguments, read_json, shown
from ..ingest.archive import escapes
from ..plan import Label, Plan
from .bundle_config import CONFIGURATION, Component, Config
from .bundle_metadata import facts_of, names_of
from .bundle_network import KINDS, Kind, described, turned
from .bundle_transforms import KNOWN, check_afterwards, preparation
from .checkpoint import read_weights
from .choice import Choice
from .imported import UNNAMED, Imported
from .labels import organs_of
from .refusals import damaged, missing, unsafe, unsupported
from .weights import fitted, held_bytes

if TYPE_CHECKING:
    from torch import Tensor

CONFIGS, INFERENCE, METADATA, LICENCE = "configs", "inference.json", "metadata.json", "LICENSE"
YAML = ("inference.yaml", "inference.yml")
WEIGHTS = "models/model.pt"
WANTED = (INFERENCE, *YAML, METADATA, LICENCE, "*.pt")  # what of an archive is unpacked
DEEPEST = 3  # folders between the one that is given and a bundle
RESOLUTION = "displayable_configs#highres"  # the entry that chooses between two networks
VARIANTS = {"highres": True, "lowres": False}
MOVED = re.compile(r"\$?@(\w+)(?:\.to\(@device\))?")  # an entry, maybe as a network on a device


def bundle_in(folder: Path) -> Path | None:
    """The bundle in ``folder`` or below it; None where there is none.

    Raises:
        ModelError: ``model.import_unsupported`` where there are several.
    """
    files = (INFERENCE, METADATA, *YAML)
    patterns = ("*/" * depth + f"{CONFIGS}/{name}" for depth in range(DEEPEST) for name in files)
    homes = sorted({path.parent.parent for pattern in patterns for path in folder.glob(pattern)})
    if len(homes) > 1:
        names = ", ".join(str(home.relative_to(folder)) for home in homes)
        raise unsupported(f"{folder.name} holds several bundles ({names}): import one of these folders")
    return homes[0] if homes else None


def read_bundle(home: Path, choice: Choice) -> Imported:
    """Read the bundle in ``home``.

    Args:
        home: holds ``configs/inference.json``, ``configs/metadata.json`` and the weights.
        choice: of the user; its configuration is ``highres`` or ``lowres`` where there are both.

    Raises:
        ModelError: ``model.import_missing``, ``model.import_damaged``, ``model.import_unsafe``,
            ``model.import_unsupported``, ``model.missing_package``; ``model.bad_plan`` where no plan can say
            what the bundle does.
    """
    config, metadata = Config(_inference(home)), _json(home / CONFIGS / METADATA)
    try:
        config.vet(KNOWN | KINDS.keys())
        Config(metadata).vet(set())
        config.replaced = {"bundle_root": ".", **_chosen(config, choice.configuration, home)}
        return _imported(home, config, metadata, choice)
    except OSError as error:
        raise damaged("The bundle", f"it cannot be read ({error.strerror or error})") from error
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        reason = f"an entry is missing or makes no sense ({type(error).__name__}: {error})"
        raise damaged(f"{INFERENCE} or {METADATA} of the bundle", reason) from error


def _inference(home: Path) -> dict[str, Any]:
    if not (home / CONFIGS / INFERENCE).exists() and any((home / CONFIGS / name).exists() for name in YAML):
        raise unsupported(f"its configuration is written in YAML; {CONFIGURATION} is needed")
    return _json(home / CONFIGS / INFERENCE)


def _json(path: Path) -> dict[str, Any]:
    called = f"{CONFIGS}/{path.name}"
    try:
        content = read_json(path)
    except FileNotFoundError as error:
        raise missing(called, path.parent.parent.name) from error
    except (OSError, ValueError) as error:
        raise damaged(called, f"it cannot be read ({error})") from error
    if not isinstance(content, dict):
        raise damaged(called, "it is not an object of JSON")
    return content


def _chosen(config: Config, variant: str | None, home: Path) -> dict[str, bool]:
    """The entry that a variant changes."""
    if variant is None:
        return {}
    if variant not in VARIANTS or "highres" not in config.content.get("displayable_configs", {}):
        raise missing(f"the configuration {shown(variant)}", home.name)
    return {RESOLUTION: VARIANTS[variant]}


def _imported(home: Path, config: Config, metadata: Mapping[str, Any], choice: Choice) -> Imported:
    if choice.folds:
        raise unsupported("a MONAI bundle has no folds")
    component = _network(config)
    network, kind = described(component, config.plain(component.arguments))
    arguments(network["arguments"])
    if choice.whole and not kind.whole:
        raise unsupported(f"a {component.name} sees tiles only: import it without --whole")
    check_afterwards(config)
    seen = preparation(config, choice.orientation)
    multiple = kind.multiple(network["arguments"])
    if any(n % multiple for n in seen.patch):
        raise unsupported(f"its tiles of {seen.patch} voxels are no multiples of {multiple}")
    names = names_of(metadata, int(network["arguments"]["out_channels"]))
    facts = facts_of(metadata, choice.configuration or "", home / LICENCE)
    plan = Plan(
        name=UNNAMED,
        version=shown(metadata.get("version", "1")),
        description=shown(f"Imported from the MONAI bundle {metadata['name']}"),
        spacing_mm=seen.spacing_mm,
        windows=(seen.window,),
        patch=seen.patch,
        multiple=multiple,
        network=network,
        channels=len(names) + 1,
        labels=tuple(Label(value, value, organ) for value, organ in organs_of(names).items()),
        licence=facts["licence"],
        training={"imported": [facts]},
        field_of_view="whole" if choice.whole else "patch",
        tidy=False,
        bundle=seen.way,
    )
    title = f"{metadata['name']} {choice.configuration or ''}".strip()
    return Imported(title, plan, _weights(home, config, kind, plan))


def _network(config: Config) -> Component:
    entry = config.content["network"]
    if isinstance(entry, str) and (moved := MOVED.fullmatch(entry)):
        entry = f"@{moved[1]}"
    component = config.component(entry)
    if component is None or component.name not in KINDS:
        raise unsupported(f"its network is none of {', '.join(KINDS)}")
    return component


def _weights(home: Path, config: Config, kind: Kind, plan: Plan) -> dict[str, Tensor]:
    """The weights that the bundle's CheckpointLoader would read, for the plan's network."""
    from ..networks import build
    from ..networks.budget import at_most

    loader = next(iter(config.entries_of("CheckpointLoader")), {})
    name = config.plain(loader.get("load_path", WEIGHTS))
    key = next(iter(loader.get("load_dict", ("model",))))
    if not isinstance(name, str) or escapes(name):
        raise unsafe(CONFIGURATION, f"it wants to read weights outside of the bundle, {name!r}")
    called = shown(Path(name).as_posix())
    if not (home / name).is_file():
        raise missing(called, home.name)
    found = turned(read_weights(home / name, called, key), kind)
    too_few = damaged(called, f"its weights are fewer than those of the network in {CONFIGURATION}")
    with at_most(held_bytes(found), too_few):
        ours = build(plan.network).state_dict()
    return fitted(found, ours, called, CONFIGURATION)

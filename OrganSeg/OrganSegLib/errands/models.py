"""Models listed, installed, imported, checked and removed, while nobody waits; torch stays in the child."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ModelError
from ..model import card_of, load_model, model_folders, remove_model
from ..progress import Progress
from ..protocol import Message
from ..resources import models_dir

if TYPE_CHECKING:
    from ..importers.catalogue import PublicModel

INSTALLED, DAMAGED, AVAILABLE = "installed", "damaged", "available"
LIST, INSTALL, IMPORT, VERIFY, REMOVE = "list", "install", "import", "verify", "remove"


@dataclass(frozen=True)
class ModelOrder:
    """What shall be done with models.

    Attributes:
        action: ``list``, ``install``, ``import``, ``verify`` or ``remove``.
        name: of the public model to install, or of the installed one to verify or remove; what an imported
            one shall be named, where that is not left to its makers.
        accepted: whether the user accepts the licences of the public model.
        sources: folders and files: what is imported, or what somebody carried in of the public model.
        configuration: which of several is imported; ``""`` where there is one.
        folds: which of nnU-Net's are imported; empty for all.
        orientation: where the axes of the images it learnt from run to; ``""`` for what it tells.
        whole: let it see the whole body at once.
    """

    action: str = LIST
    name: str = ""
    accepted: bool = False
    sources: tuple[str, ...] = ()
    configuration: str = ""
    folds: tuple[str, ...] = ()
    orientation: str = ""
    whole: bool = False


@dataclass(frozen=True)
class ListedModel:
    """A model that is installed or can be, for people who choose.

    Attributes:
        name: of its folder, now or once it is installed.
        title: its name for people.
        finds: what it segments.
        state: ``installed``, ``damaged`` or ``available``.
        removable: whether it was imported, and did not come with OrganSeg.
        voxels_mm: along x, y, z; empty where a damaged one does not tell.
        structures: how many it finds.
        size: bytes on the disk, or to download; 0 where nobody tells.
        exact: whether that is no estimate.
        licence: of the weights.
        data_licence: of what it learnt from; ``""`` where it is not known.
        commercial: whether both allow commercial use; None where it is not known.
        citation: whom to cite.
        home: page of its makers.
        hosts: where it is downloaded from.
        checksums: its files, and what each is checked against.
        seconds: expected for a CT; None where it is not known.
        memory_gb: expected.
        estimate: where these two come from.
        card: text of its card.
        problem: what is wrong with a damaged one.
    """

    name: str
    title: str
    finds: str = ""
    state: str = INSTALLED
    removable: bool = False
    voxels_mm: tuple[float, ...] = ()
    structures: int = 0
    size: int = 0
    exact: bool = True
    licence: str = ""
    data_licence: str = ""
    commercial: bool | None = None
    citation: str = ""
    home: str = ""
    hosts: tuple[str, ...] = ()
    checksums: tuple[str, ...] = ()
    seconds: float | None = None
    memory_gb: float | None = None
    estimate: str = ""
    card: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Models:
    """What came out of an order: the model that it was about, and what there is now."""

    name: str
    listed: tuple[ListedModel, ...]


def models_request(run: int, order: ModelOrder) -> Message:
    """Ask for an order to be carried out."""
    return {"id": run, "op": "models", **asdict(order)}


def get_models(facts: Message) -> Models:
    """What `manage` answered."""
    listed = ({key: _frozen(value) for key, value in model.items()} for model in facts["listed"])
    return Models(facts["name"], tuple(ListedModel(**model) for model in listed))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def manage(request: Message, progress: Progress) -> Message:
    """Do what `models_request` asked for.

    Returns:
        ``name`` of the model that it was about, and ``listed``: what there is afterwards.

    Raises:
        ModelError: as `load_model`, `torch_network`, `remove_model`, `import_models` and `install_public`.
        DownloadError: as `install_public`.
        Cancelled: when the user asked to stop.
    """
    order = ModelOrder(**{field.name: _frozen(request[field.name]) for field in fields(ModelOrder)})
    name = _ACTIONS[order.action](order, progress)
    return {"name": name, "listed": [asdict(model) for model in listed_models()]}


def _list(order: ModelOrder, _progress: Progress) -> str:
    return order.name


def _install(order: ModelOrder, progress: Progress) -> str:
    from ..importers.public import install_public

    sources = [Path(source) for source in order.sources]
    return install_public(order.name, order.accepted, sources, progress).plan.name


def _import(order: ModelOrder, progress: Progress) -> str:
    from ..importers import Choice, import_models

    named = order.name or None, order.configuration or None, order.folds or None, order.orientation or None
    choice = Choice(*named, order.whole)
    return import_models([Path(source) for source in order.sources], choice, progress).plan.name


def _verify(order: ModelOrder, progress: Progress) -> str:
    from ..model import torch_network

    progress.report("Checking the model")
    torch_network(load_model(order.name))
    return order.name


def _remove(order: ModelOrder, _progress: Progress) -> str:
    remove_model(order.name)
    return order.name


_ACTIONS: dict[str, Callable[[ModelOrder, Progress], str]] = {
    LIST: _list,
    INSTALL: _install,
    IMPORT: _import,
    VERIFY: _verify,
    REMOVE: _remove,
}


def listed_models() -> list[ListedModel]:
    """What is installed, by name, and then what can be, as in the catalogue.

    Raises:
        ModelError: ``model.no_resources``, ``model.checksum_record``.
    """
    from ..importers.catalogue import public_models

    public, there = public_models(), model_folders()
    installed = [_installed(folder, public.get(name)) for name, folder in there.items()]
    return installed + [_available(model) for name, model in public.items() if name not in there]


def _available(public: PublicModel) -> ListedModel:
    from ..importers.known_files import checksum_words

    return ListedModel(
        name=public.name,
        title=public.title,
        finds=public.finds,
        state=AVAILABLE,
        voxels_mm=(public.spacing_mm,) * 3,
        structures=public.structures,
        size=public.size,
        exact=public.exact,
        licence=public.weights_licence,
        data_licence=public.data_licence,
        commercial=public.commercial,
        citation=public.citation,
        home=public.home,
        hosts=public.hosts,
        checksums=tuple(f"{file.names[0]}: {checksum_words(file)}" for file in public.files),
        seconds=public.seconds,
        memory_gb=public.memory_gb,
        estimate=public.estimate,
    )


def _installed(folder: Path, public: PublicModel | None) -> ListedModel:
    known = _available(public) if public else ListedModel(folder.name, folder.name)
    known = replace(known, removable=folder.parent == models_dir())
    try:
        model = load_model(folder)
    except ModelError as error:
        return replace(known, state=DAMAGED, problem=str(error))
    plan = model.plan
    return replace(
        known,
        state=INSTALLED,
        finds=known.finds or plan.description,
        voxels_mm=plan.spacing_mm,
        structures=len(plan.labels),
        size=sum(file.stat().st_size for file in folder.iterdir()),
        exact=True,
        licence=plan.licence,
        card=card_of(model),
    )

"""The list of public models, ``Resources/models.json``: what each finds, on which terms, where it lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from .. import bounds
from ..errors import ModelError
from ..resources import resources_dir

BUILT_IN, NNUNET, BUNDLE = "built-in", "nnunet", "bundle"
MOST_BYTES, MOST_SECONDS, MOST_GB, MOST_MM, MOST_STRUCTURES = 2**34, 86400, 1024, 20, 1000
SHA256, MD5 = re.compile(r"[0-9a-f]{64}|"), re.compile(r"[0-9a-f]{32}|")


@dataclass(frozen=True)
class PublicFile:
    """A file of a public model.

    Attributes:
        url: where its publisher keeps it.
        path: where it lies in the foreign folder (``configs/inference.json``), or the archive's name.
        size: bytes, or None where nobody vouches for a number.
        sha256: of its content, or empty.
        md5: of its content, or empty; publishers that state no SHA-256 may state this.
        about: bytes, roughly, where ``size`` is None; 0 where nothing is known.
    """

    url: str
    path: str
    size: int | None
    sha256: str = ""
    md5: str = ""
    about: int = 0

    @property
    def names(self) -> tuple[str, str]:
        """What somebody who carries the file in may call it: as its publisher or as its folder does."""
        return PurePosixPath(urlsplit(self.url).path).name, PurePosixPath(self.path).name

    @property
    def pinned(self) -> bool:
        """Whether its content is known in advance."""
        return bool(self.sha256 or self.md5)

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> PublicFile:
        """Read a file's entry.

        Raises:
            KeyError, TypeError, ValueError: when it is incomplete or cannot be right.
        """
        size = facts["size"]
        return cls(
            url=_https(facts["url"]),
            path="/".join(bounds.name(part) for part in facts["path"].split("/")),
            size=None if size is None else int(bounds.within(1, size, MOST_BYTES)),
            sha256=_matching(SHA256, facts.get("sha256", "")),
            md5=_matching(MD5, facts.get("md5", "")),
            about=int(bounds.within(0, facts.get("about", 0), MOST_BYTES)),
        )


@dataclass(frozen=True)
class PublicModel:
    """A model that came with OrganSeg, or that its makers let everybody download.

    Attributes:
        name: of the installed model and its folder.
        title: for people.
        finds: what it segments.
        kind: ``"built-in"``, ``"nnunet"`` or ``"bundle"``: what its files are.
        configuration: which of several networks in them, or None.
        spacing_mm: of its voxels.
        structures: how many it finds.
        files: what is downloaded; none for the built-in one.
        weights_licence: SPDX identifier, where there is one.
        data_licence: of what it learnt from.
        commercial: whether the licences let it be used for money.
        citation: what to cite, with DOIs.
        home: address of its makers' page.
        seconds: expected for one CT, by ``estimate``.
        memory_gb: expected, by ``estimate``.
        estimate: where these two numbers come from.
    """

    name: str
    title: str
    finds: str
    kind: str
    configuration: str | None
    spacing_mm: float
    structures: int
    files: tuple[PublicFile, ...]
    weights_licence: str
    data_licence: str
    commercial: bool
    citation: str
    home: str
    seconds: float
    memory_gb: float
    estimate: str

    @property
    def size(self) -> int:
        """Bytes to download; rough where `exact` is False."""
        return sum(file.size or file.about for file in self.files)

    @property
    def exact(self) -> bool:
        """Whether the size of every file is known."""
        return all(file.size for file in self.files)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Servers that the files come from."""
        return tuple(dict.fromkeys(urlsplit(file.url).netloc for file in self.files))

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> PublicModel:
        """Read an entry of ``models.json``.

        Raises:
            KeyError, TypeError, ValueError: when it is incomplete or cannot be right.
        """
        if facts["kind"] not in (BUILT_IN, NNUNET, BUNDLE):
            raise ValueError(f"{facts['kind']!r} is no kind of model")
        if not isinstance(facts["commercial"], bool):
            raise TypeError("commercial is neither true nor false")
        texts = ("title", "finds", "weights_licence", "data_licence", "citation", "estimate")
        configuration = facts.get("configuration")
        return cls(
            **{key: bounds.line(facts[key]) for key in texts},
            name=bounds.name(facts["name"]),
            kind=facts["kind"],
            configuration=None if configuration is None else bounds.name(configuration),
            spacing_mm=float(bounds.within(0.1, facts["spacing_mm"], MOST_MM)),
            structures=int(bounds.within(1, facts["structures"], MOST_STRUCTURES)),
            files=tuple(PublicFile.from_dict(file) for file in facts["files"]),
            commercial=facts["commercial"],
            home=_https(facts["home"]),
            seconds=float(bounds.within(0.1, facts["seconds"], MOST_SECONDS)),
            memory_gb=float(bounds.within(0.1, facts["memory_gb"], MOST_GB)),
        )


@cache
def _entries() -> dict[str, PublicModel]:
    models = map(PublicModel.from_dict, bounds.read_json(resources_dir() / "models.json")["models"])
    return {model.name: model for model in models}


def public_models() -> dict[str, PublicModel]:
    """Name -> model, the built-in one first."""
    return dict(_entries())


def public_model(name: str) -> PublicModel:
    """The model of that name.

    Raises:
        ModelError: ``model.not_public``.
    """
    if name not in _entries():
        raise ModelError(
            "model.not_public",
            f"There is no public model named {bounds.shown(repr(name))}.",
            f"Choose one of: {', '.join(model.name for model in _entries().values() if model.files)}.",
        )
    return _entries()[name]


def _https(address: Any) -> str:
    if not bounds.line(address).startswith("https://"):
        raise ValueError(f"{bounds.shown(address)} is no https address")
    return str(address)


def _matching(pattern: re.Pattern[str], digest: Any) -> str:
    if not pattern.fullmatch(digest):
        raise ValueError(f"{bounds.shown(repr(digest))} is no checksum")
    return str(digest)

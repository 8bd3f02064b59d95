"""What the worker does with models; no node of the scene is part of it."""

from dataclasses import dataclass

from OrganSegLib.errands.models import ModelOrder, Models, get_models, models_request
from OrganSegLib.protocol import Message
from OrganSegLib.resources import models_dir
from OrganSegLib.sealed import remove_unfinished

from .job import Job


@dataclass(frozen=True)
class Managing(Job):
    """An order on its way through the worker."""

    order: ModelOrder

    @property
    def nodes(self):
        return []

    def ask(self) -> Message:
        return models_request(1, self.order)

    def finish(self, facts: Message) -> Models:
        return get_models(facts)

    def abandon(self) -> None:
        remove_unfinished(models_dir())

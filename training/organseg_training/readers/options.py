"""The options of a layout, as strict about their keys as the rest of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from ..config.base import Section
from ..errors import ConfigError

if TYPE_CHECKING:
    from ..config.data import Data

Options = TypeVar("Options", bound=Section)


def read_options(data: Data, kind: type[Options]) -> Options:
    """``data.options`` as the section that the layout asks for.

    Raises:
        ConfigError: ``config.bad_value`` names the option that is missing, unknown or of the wrong kind.
    """
    try:
        return kind.model_validate(data.options)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(["options", *map(str, first["loc"])])
        raise ConfigError(
            "config.bad_value",
            f"data ({data.layout}): {key}: {first['msg']}.",
            f"The options are {', '.join(kind.model_fields)}.",
        ) from error

"""What a button does, with whatever goes wrong as an error that can be shown."""

import logging

import slicer
from OrganSegLib.errors import OrganSegError, named, whereabouts


def attempt(call, *arguments, wait_cursor=True) -> OrganSegError | None:
    """What went wrong in the call, None when nothing did."""
    try:
        with slicer.util.tryWithErrorDisplay(show=False, waitCursor=wait_cursor):
            call(*arguments)
    except OrganSegError as error:
        return error
    except Exception as error:  # noqa: BLE001 (Qt calls this: nobody else would hear of it)
        logging.error("OrganSeg met an unexpected error\n%s", whereabouts(error))
        return named(error)
    return None

"""``python -m OrganSegLib`` is ``organseg``."""

from .cli import main

main()

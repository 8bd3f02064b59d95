"""Fetches public files over HTTPS, goes on where a connection broke off, keeps only what is as expected."""

from .receive import downloads_dir, fetch, require_space
from .remote import EXAMPLE_CT, RemoteFile

__all__ = ["EXAMPLE_CT", "RemoteFile", "downloads_dir", "fetch", "require_space"]

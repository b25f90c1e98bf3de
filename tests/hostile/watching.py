"""Watching what Python opens and whom it calls while a hostile package is read."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

EVENTS = {"open", "socket.connect", "socket.getaddrinfo", "os.rename", "os.remove", "subprocess.Popen"}
_listeners: list[list[tuple[str, str]]] = []


def _hear(event: str, arguments: tuple) -> None:
    if _listeners and event in EVENTS:
        for heard in _listeners:
            heard.append(
                (event, os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes) else str(arguments))
            )


sys.addaudithook(_hear)  # for good: a hook cannot be taken off again


@contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """Every file opened and every address called, as (event, argument), while the block runs."""
    heard: list[tuple[str, str]] = []
    _listeners.append(heard)
    try:
        yield heard
    finally:
        _listeners.remove(heard)

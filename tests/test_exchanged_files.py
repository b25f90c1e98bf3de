"""A file of a package that is exchanged while it is read: what was opened is checked, and nothing else is read."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from copies import copy_lamps

import policycase
from policycase.coding.render import changed
from policycase.errors import PolicyCaseError

pytestmark = pytest.mark.slow

HIDDEN = "not for your eyes"
MOMENTS = (1, 2, 3, 5, 9, 20)  # of the times that a file is opened, the ones before which it is exchanged
_heard: list[Callable[[str], None]] = []


def _hear(event: str, arguments: tuple) -> None:
    for act in _heard if event == "open" and isinstance(arguments[0], str) else ():
        act(arguments[0])


sys.addaudithook(_hear)  # for good: a hook cannot be taken off again


@contextmanager
def exchanged(place: Path, new: Path, moment: int) -> Iterator[list[str]]:
    """Exchange a file or folder right before it is opened for the nth time; what was opened under its name so far."""
    seen: list[str] = []

    def act(path: str) -> None:
        if Path(path).name == place.name:
            seen.append(path)
            if len(seen) == moment:
                place.rename(new.with_name("former"))
                new.rename(place)

    _heard.append(act)
    try:
        yield seen
    finally:
        _heard.remove(act)


def link_to_file(folder: Path) -> Path:
    (folder / "secret.csv").write_text(f"goal_id\n{HIDDEN}\n")
    (folder / "new").symlink_to(folder / "secret.csv")
    return folder / "new"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "new")
    return folder / "new"


def huge(folder: Path) -> Path:
    with (folder / "new").open("wb") as file:
        file.truncate(2**40)
    return folder / "new"


def link_to_folder(folder: Path) -> Path:
    (folder / "secrets").mkdir()
    for name in ("goals.csv", "goals.schema.json"):
        (folder / "secrets" / name).write_text(f"goal_id\n{HIDDEN}\n")
    (folder / "new").symlink_to(folder / "secrets")
    return folder / "new"


READERS: dict[str, Callable[[Path, Path], object]] = {
    "load": lambda package, _room: policycase.load(package).goals.to_csv(),
    "validate": lambda package, _room: policycase.validate(package).findings.to_csv(),
    "validate_many": lambda package, _room: policycase.validate_many([package, "vnm-pmlsa"])[
        str(package)
    ].findings.to_csv(),
    "stack": lambda package, _room: policycase.stack([package, "vnm-pmlsa"]).goals.to_csv(),
    "render": lambda package, _room: changed(package),
    "pack": lambda package, room: policycase.load(policycase.pack(package, room / "case.zip")).goals.to_csv(),
}
EXCHANGES = {
    "a table by a link": ("data/goals.csv", link_to_file),
    "a table by a pipe": ("data/goals.csv", pipe),
    "a table by a huge file": ("data/goals.csv", huge),
    "a schema by a link": ("schemas/goals.schema.json", link_to_file),
    "the descriptor by a link": ("datapackage.json", link_to_file),
    "the descriptor by a pipe": ("datapackage.json", pipe),
    "the data folder by a link": ("data", link_to_folder),
    "the schemas folder by a link": ("schemas", link_to_folder),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_what_is_exchanged_while_it_is_read_is_not_followed(exchange: str, reader: str, tmp_path: Path):
    name, make = EXCHANGES[exchange]
    reached = []

    for moment in MOMENTS:
        room = tmp_path / str(moment)
        room.mkdir()
        package = copy_lamps(room / "package")
        with exchanged(package / name, make(room), moment) as seen:
            try:
                shown = str(READERS[reader](package, room))
            except (PolicyCaseError, OSError) as error:
                shown = str(error)
        reached += [moment] if len(seen) >= moment else []
        assert HIDDEN not in shown

    assert reached[:1] == [1]

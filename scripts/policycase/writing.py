"""Writing: a file or a folder whole or not at all, whoever writes beside it and whenever it is killed."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from policycase.errors import UnreadableError
from policycase.paths import DESCRIPTOR, inside


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: beside its place first, then moved there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_folder(target: Path, files: dict[str, bytes], *, force: bool = False) -> None:
    """Write a folder of files whole or not at all.

    Raises
    ------
    UnreadableError
        Something is there and `force` is not set; or it is no package, holds files of its own, or is
        the folder you are in: such a place is never replaced.
    """
    target = target.resolve()
    try:
        if target.exists():
            _refuse_replacing(target, files, force=force)
    except FileNotFoundError as error:
        raise _written_meanwhile(target) from error
    with staged(target, force=force) as folder:
        folder.mkdir()
        for relative, content in files.items():
            write_whole(inside(folder, relative), content)


@contextmanager
def staged(target: Path, *, force: bool) -> Iterator[Path]:
    """A free place for a file or folder, which takes the target's place once it is whole.

    What stands at the target is replaced only then, and stays where anything fails.

    Raises
    ------
    UnreadableError
        Another run has put something there meanwhile; it stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    private = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    place, aside = private / target.name, private / f"{target.name}.old"
    try:
        yield place
        _move(place, target, aside, force=force)
    finally:
        if aside.is_dir() and not target.exists():
            with suppress(OSError):  # another run was quicker, and its folder is whole
                aside.rename(target)
        shutil.rmtree(private, ignore_errors=True)


def _move(place: Path, target: Path, aside: Path, *, force: bool) -> None:
    try:
        if force and target.is_dir():  # a folder is never replaced in one step
            target.rename(aside)
        if not force and target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        place.replace(target)
    except OSError as error:
        if not place.exists() or error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOENT}:
            raise
        raise _written_meanwhile(target) from error


def _written_meanwhile(target: Path) -> UnreadableError:
    return UnreadableError(f"{target}: another run has written it meanwhile, and that stays · choose another name")


def _refuse_replacing(target: Path, files: dict[str, bytes], *, force: bool) -> None:
    if not force:
        msg = f"{target} exists · choose another name, or say --force to replace it"
        raise UnreadableError(msg)
    held = [] if target.is_file() else list(target.iterdir())  # an error if it is gone meanwhile
    own = not target.is_file() and (target / DESCRIPTOR in held or not held)
    strange = [path for path in target.rglob("*") if path.is_file() and str(path.relative_to(target)) not in files]
    if not own or strange or Path.cwd().is_relative_to(target):
        why = f"it also holds {strange[0].name}" if own and strange else "it is no package that can be replaced"
        msg = f"{target} is not replaced: {why} · choose another name"
        raise UnreadableError(msg)

"""Writing: a file or a folder whole or not at all, even if another process writes it too or this one is killed."""

import errno
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from policycase.errors import UnreadableError
from policycase.storage.locations import DESCRIPTOR, inside

FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
OF_PLACE = (
    errno.ENOENT,
    errno.EEXIST,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENAMETOOLONG,
)


def refuse_taken(target: Path, beginning: bytes, *, force: bool) -> None:
    """Raise unless a file may be written: it does not exist, or `force` is set and it begins as its kind does.

    Raises
    ------
    UnreadableError
        The target exists and `force` is not set; or it is of another kind, which is never overwritten.
    """
    if not (target.exists() or target.is_symlink()):
        return
    if not force:
        msg = f"{target} exists · choose another name, or use --force (Python: force=True) to overwrite"
        raise UnreadableError(msg)
    if not target.is_file() or not _begins(target, beginning):
        msg = f"{target} is not replaced: policycase did not write it · choose another name"
        raise UnreadableError(msg)


def _begins(file: Path, beginning: bytes) -> bool:
    with file.open("rb") as content:
        return content.read(len(beginning)) == beginning


def write_file(target: Path, content: bytes, *, force: bool) -> None:
    """Write a file whole or not at all; see `staged`."""
    with staged(target, force=force) as place:
        place.write_bytes(content)


def write_files(root: Path, files: dict[str, bytes]) -> None:
    """Write files into a folder that stays, each whole: all are made aside, then moved to their places one by one.

    A run that is killed between two moves leaves some files new and some old; the same run again does the rest.

    Raises
    ------
    UnsafePathError
        A path leaves the folder; nothing is written.
    """
    places = [inside(root, relative) for relative in files]
    if not places:
        return
    with _named(root), tempfile.TemporaryDirectory(dir=root, prefix=".policycase-") as private:
        made = [Path(private) / str(number) for number in range(len(places))]
        for file, content in zip(made, files.values(), strict=True):
            file.write_bytes(content)
        for file, place in zip(made, places, strict=True):
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)


def write_folder(target: Path, files: dict[str, bytes], *, force: bool = False) -> None:
    """Write a folder of files whole or not at all.

    Raises
    ------
    UnreadableError
        The target exists and `force` is not set; or it is not a package, holds files of its own, or is
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
            place = inside(folder, relative)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


@contextmanager
def staged(target: Path, *, force: bool) -> Iterator[Path]:
    """A free place for a file or folder, which takes the target's place once it is whole.

    An existing target is replaced only then, and kept if anything fails.

    Raises
    ------
    UnreadableError
        The disk is full or the place cannot be written; or another process has created the
        target meanwhile, which is left unchanged.
    """
    with _named(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        private = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    place, aside = private / target.name, private / f"{target.name}.old"
    try:
        with _named(target):
            yield place
            _move(place, target, aside, force=force)
    finally:
        if aside.is_dir() and not target.exists():
            with suppress(OSError):  # another run was quicker, and its folder is whole
                aside.rename(target)
        shutil.rmtree(private, ignore_errors=True)


@contextmanager
def _named(target: Path) -> Iterator[None]:
    """What fails on the disk is an error that names the target: the private place beside it is gone afterwards."""
    try:
        yield
    except OSError as error:
        raise unwritable(target, os.strerror(error.errno) if error.errno else str(error)) from error


def is_full(reason: str) -> bool:
    """Whether a text of the system says that there is no room."""
    return any(os.strerror(number) in reason for number in FULL)


def unwritable(target: Path, reason: str) -> UnreadableError:
    """The error of an output that could not be written; a library's own reason may mean that there is no room."""
    is_of_place = any(os.strerror(number) in reason for number in OF_PLACE)
    hint = "choose another place" if is_of_place else "make room, or choose another place"
    return UnreadableError(f"{target}: cannot be written: {reason} · {hint}")


def put_back(target: Path) -> None:
    """Move back what a killed run of `staged` left aside, if the target does not exist."""
    left = sorted(target.parent.glob(f".{glob.escape(target.name)}.*/{glob.escape(target.name)}.old"))
    if left and not target.exists():
        left[-1].rename(target)


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
    return UnreadableError(f"{target}: another process created it meanwhile; left unchanged · choose another name")


def _refuse_replacing(target: Path, files: dict[str, bytes], *, force: bool) -> None:
    if not force:
        msg = f"{target} exists · choose another name, or use --force (Python: force=True) to overwrite"
        raise UnreadableError(msg)
    held = [] if target.is_file() else list(target.iterdir())  # an error if it has been removed meanwhile
    own = not target.is_file() and (target / DESCRIPTOR in held or not held)
    strange = [path for path in target.rglob("*") if path.is_file() and str(path.relative_to(target)) not in files]
    if not own or strange or Path.cwd().is_relative_to(target):
        why = f"it also holds {strange[0].name}" if own and strange else "it is not a package that can be replaced"
        msg = f"{target} is not replaced: {why} · choose another name"
        raise UnreadableError(msg)

"""Where packages are: the shipped one, folders, descriptors and zips; nothing outside them is read."""

import errno
import os
import re
import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from policycase.errors import PolicyCaseError, TooLargeError, UnreadableError, UnsafePathError
from policycase.storage.downloads import downloaded, is_address
from policycase.storage.limits import Name, how_to_raise, limit

DESCRIPTOR = "datapackage.json"
SHIPPED = "kgz-leph"
UNPACKING = (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, NotImplementedError, ValueError)
PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # what else there is can fill the memory from a few bytes
BESIDE_FOLDERS = ("__MACOSX", ".", "Thumbs.db", "desktop.ini")  # what file managers put beside a folder in a zip
DEEPEST = 20  # folders in folders; a package needs three
SHOWN = 80  # characters of an untrusted name in a message
DEVICES = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\..*)?", re.IGNORECASE
)  # of Windows, whatever the ending
READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
FOLDER, NO_LINK = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0), getattr(os, "O_NOFOLLOW", 0)
LINKED = {errno.ELOOP, errno.ENOTDIR, errno.EMLINK}  # what systems say of a link that is not to be followed


def shipped_root() -> Path:
    """The folder of the package that came with the library: in the wheel, else the checkout."""
    for root in (Path(__file__).resolve().parents[1] / "_package", Path(__file__).resolve().parents[3]):
        if (root / DESCRIPTOR).is_file():
            return root
    msg = f"no {DESCRIPTOR} came with this installation of policycase · install it again"
    raise UnreadableError(msg)


def shipped_cases() -> dict[str, Path]:
    """The folders of the cases that came with the library, by case id."""
    examples = sorted((shipped_root() / "examples").glob(f"*/{DESCRIPTOR}"))
    return {SHIPPED: shipped_root()} | {path.parent.name: path.parent for path in examples}


def is_here() -> bool:
    """Whether the working directory is a package, which is the one that is meant where no path is given."""
    return Path(DESCRIPTOR).is_file()


def origin(path: str | Path | None) -> str:
    """In words, where the package of a path is read from."""
    if path is None:
        return "this folder" if is_here() else f"{SHIPPED}, which came with policycase"
    return str(path)


@contextmanager
def opened(path: str | Path | None = None) -> Iterator[Path]:
    """The folder of a package; a zip is unpacked into a private folder for as long as it is open.

    Parameters
    ----------
    path
        A folder, its datapackage.json, a .zip, the https address of one (`policycase.storage.downloads`), or the id of
        a case that came with the library. None is the package in this folder, else the first of these cases.

    Raises
    ------
    UnreadableError
        The path does not exist, it is none of these, or the folder has no datapackage.json.
    UnsafePathError
        The address is not to be trusted; or the zip would write outside its folder, or unpacks to
        more than `policycase.storage.limits` allows.
    """
    if path is None:
        path = Path() if is_here() else shipped_root()
    place = downloaded(path) if is_address(path) else Path(path)
    place = place if place.exists() else shipped_cases().get(str(path), place)
    if place.is_dir() and not (place / DESCRIPTOR).is_file():
        above = " · did you mean the folder above?" if (place.resolve().parent / DESCRIPTOR).is_file() else ""
        raise _no_descriptor(place, "in this folder", above or _did_you_mean_below(place))
    if place.is_dir():
        yield place
    elif place.name == DESCRIPTOR and place.is_file():
        yield place.parent
    elif place.exists():
        with tempfile.TemporaryDirectory(prefix="policycase-") as folder, _named(folder, place):
            _unpack(place, Path(folder))
            yield _top(Path(folder))
    else:
        msg = f"{place}: no such file or folder"
        raise UnreadableError(msg)


def _top(folder: Path) -> Path:
    """The folder of the package in what was unpacked: itself, or the one folder that GitHub and Finder put around it.

    Raises
    ------
    UnreadableError
        It is in neither.
    """
    place = folder
    while not (place / DESCRIPTOR).is_file():
        below = [path for path in place.iterdir() if not path.name.startswith(BESIDE_FOLDERS)]
        if len(below) != 1 or not below[0].is_dir():
            raise _no_descriptor(folder, "at the top of this zip", _did_you_mean_below(folder))
        (place,) = below
    return place


def _did_you_mean_below(folder: Path) -> str:
    """The end of a message that names a package in one of the folders of a folder."""
    below = sorted(path.parent.relative_to(folder).as_posix() for path in folder.glob(f"*/{DESCRIPTOR}"))
    shown = ascii(below[0])[1:-1][:SHOWN] if below else ""
    return f" · did you mean its folder {shown}/?" if below else ""


def _no_descriptor(place: Path, where: str, hint: str) -> UnreadableError:
    return UnreadableError(f"{place}: no {DESCRIPTOR} is {where}{hint}")


@contextmanager
def _named(folder: str, archive: Path) -> Iterator[None]:
    """An error about the private folder, worded as one about the zip that was unpacked there."""
    try:
        yield
    except PolicyCaseError as error:
        error.args = tuple(str(text).replace(folder, str(archive)) for text in error.args)
        raise


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with open_given(archive, "LARGEST_ARCHIVE") as content:  # its list of files alone could fill the memory
            if not zipfile.is_zipfile(content):
                raise _no_package(archive)
            with zipfile.ZipFile(content) as package:
                refuse_unsafe(archive, package.infolist())
                package.extractall(folder)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise _no_package(archive) from error
        msg = f"{archive}: cannot be unpacked: {error.strerror or error}"
        raise UnreadableError(msg) from error
    except UNPACKING as error:
        msg = f"{archive}: cannot be unpacked: {error} · get it again"
        raise UnreadableError(msg) from error


def _no_package(place: Path) -> UnreadableError:
    return UnreadableError(f"{place}: neither a folder, a {DESCRIPTOR} nor a readable zip")


def refuse_unsafe(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Raise UnsafePathError where a zip would leave its folder, or unpacks to too much."""
    if len(entries) > limit("MOST_ENTRIES"):
        msg = f"{archive}: holds {len(entries)} files · {how_to_raise('MOST_ENTRIES')}"
        raise UnsafePathError(msg)
    names = Counter(_on_disk(entry) for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    unpacked = sum(entry.file_size for entry in entries)
    most: dict[Name, int] = {
        "LARGEST_ARCHIVE": limit("LARGEST_ARCHIVE"),
        "LARGEST_RATIO": limit("LARGEST_RATIO") * packed + 2**20,
    }
    for name, largest in most.items():
        if unpacked > largest:
            msg = f"{archive}: unpacks to {unpacked} bytes from {packed}, as a zip bomb does · {how_to_raise(name)}"
            raise UnsafePathError(msg)
    for entry in entries:
        why = _why_refused(entry, names)
        if why:
            msg = f'{archive}: entry "{ascii(entry.filename)[1:-1][:SHOWN]}" {why}'
            raise UnsafePathError(msg)


def _why_refused(entry: zipfile.ZipInfo, names: Mapping[str, int]) -> str:
    """What is wrong with one entry of a zip, and what to do; empty if nothing."""
    is_alias = PurePosixPath(entry.filename).as_posix() != entry.filename.removesuffix("/")  # such as ./x and x//y
    again = "zip the folder again with another program"
    reasons = {
        f'has backslashes where folders have "/"; refused · {again}': "\\" in entry.filename,
        "leaves the package, or has a name that some systems take for another place; refused": is_unsafe(
            entry.filename
        ),
        "is a link; refused · put the file itself there": stat.S_ISLNK(entry.external_attr >> 16),
        f"appears more than once, but for case, accents, dots and slashes; refused · {again}": is_alias
        or names[_on_disk(entry)] > 1,
        f"is not packed by deflate; refused · {again}": entry.compress_type not in PACKED,
        "lies too deep in folders; refused": entry.filename.count("/") > DEEPEST,
    }
    return next((reason for reason, is_so in reasons.items() if is_so), "")


def _on_disk(entry: zipfile.ZipInfo) -> str:
    """The name by which many disks know a file: to them Goals.csv is goals.csv, and é is e with an accent."""
    return unicodedata.normalize("NFC", entry.filename.removesuffix("/")).casefold()


@lru_cache(maxsize=4096)  # ten thousand packages have the same paths
def is_unsafe(relative: str) -> bool:
    """Whether a path of a descriptor or archive could lead out of its folder.

    Examples
    --------
    >>> is_unsafe("data/events.csv"), is_unsafe("../secrets"), is_unsafe("https://example.org/x.csv")
    (False, True, True)
    """
    pure = PurePosixPath(relative)
    return bool(
        not relative
        or pure.is_absolute()
        or ".." in pure.parts
        or "\\" in relative
        or ":" in relative
        or "\0" in relative
        or relative.startswith("~")
        or any(DEVICES.fullmatch(part) or part.endswith((" ", ".")) for part in pure.parts)  # Windows drops such ends
    )


def inside(root: Path, relative: str) -> Path:
    """The file of a package at a relative path.

    Raises
    ------
    UnsafePathError
        The path leaves the package, by itself or through a symlink.
    """
    if is_unsafe(relative):
        raise _leaving(relative)
    target = root / relative
    try:
        steps = (target, *target.parents[: len(PurePosixPath(relative).parts) - 1])
        linked = any(step.is_symlink() for step in steps)  # without a link it stays; resolving takes much longer
        stays = not linked or target.resolve().is_relative_to(root.resolve())
        target.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # a name too long, a circle of links, no valid Unicode
        raise _leaving(relative) from error
    if not stays:
        raise _leaving(relative)
    return target


def _leaving(relative: str) -> UnsafePathError:
    shown = ascii(relative)[1:-1][:SHOWN]
    return UnsafePathError(f'path "{shown}" leaves the package · use a path below the folder of {DESCRIPTOR}')


def regular_files(root: Path, folder: str) -> dict[str, int]:
    """The bytes of each file that lies in a folder of a package, by its path there; no link and nothing behind one."""
    if (root / folder).is_symlink() or not (root / folder).is_dir():
        return {}
    with os.scandir(root / folder) as entries:
        return {
            f"{folder}/{entry.name}": entry.stat(follow_symlinks=False).st_size
            for entry in entries
            if entry.is_file(follow_symlinks=False)
        }


def read_bytes(root: Path, path: str) -> bytes:
    """The bytes of a file of a package. Every read of one goes through here: opened once, and what is open is checked.

    Raises
    ------
    UnsafePathError
        The path leaves the package, by itself or through a link.
    TooLargeError
        The file is larger than the limit.
    OSError
        The file does not exist, or is not a regular file, such as a pipe that would never end.
    """
    if is_unsafe(path):
        raise _leaving(path)
    try:
        handle = _open_below(root, path)
    except ValueError as error:  # no valid Unicode
        raise _leaving(path) from error
    except OSError as error:
        if error.errno not in LINKED:
            raise
        handle = _open_behind_links(root, path)
    with _checked(handle, path, "LARGEST_FILE") as file:
        return _read(file, path, "LARGEST_FILE")


def _open_below(root: Path, path: str) -> int:
    """A handle on a file; no link on the way from the package to it is followed, even if it is exchanged meanwhile."""
    if os.open not in os.supports_dir_fd:  # Windows
        handle = os.open(root / path, READING)
        if not os.path.samestat(os.fstat(handle), os.lstat(inside(root, path))):
            os.close(handle)
            raise _leaving(path)
        return handle
    *folders, name = path.split("/")
    here = os.open(root, FOLDER)  # this one may be a link: it is what the user gave
    try:
        for folder in folders:
            above, here = here, os.open(folder, FOLDER | NO_LINK, dir_fd=here)
            os.close(above)
        return os.open(name, READING | NO_LINK, dir_fd=here)
    finally:
        os.close(here)


def _open_behind_links(root: Path, path: str) -> int:
    """A handle on a file that a link within the package leads to."""
    try:
        target = inside(root, path).resolve().relative_to(root.resolve()).as_posix()
        return _open_below(root, target)
    except ValueError as error:  # exchanged since it was looked at
        raise _leaving(path) from error


@contextmanager
def open_given(file: Path, most: Name) -> Iterator[BinaryIO]:
    """A file that the user named, open to be read; it may be a link, but neither a pipe, a device nor too large.

    Raises
    ------
    TooLargeError
        It is larger than the limit.
    OSError
        The file does not exist.
    """
    with _checked(os.open(file, READING), str(file), most) as content:
        yield content


def read_given(file: Path, most: Name) -> bytes:
    """The bytes of a file that the user named; see `open_given`."""
    with open_given(file, most) as content:
        return _read(content, str(file), most)


@contextmanager
def _checked(handle: int, name: str, most: Name) -> Iterator[BinaryIO]:
    """What was opened, if it is a file and small enough."""
    try:
        _refuse_opened(os.fstat(handle), name, most)
        file = os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise
    with file:
        yield file


def _refuse_opened(state: os.stat_result, name: str, most: Name) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "a folder, a pipe or a device, not a file", name)
    refuse_bytes(name, state.st_size, most)


def _read(file: BinaryIO, name: str, most: Name) -> bytes:
    """All bytes of a file, which may have grown since it was checked."""
    size = os.fstat(file.fileno()).st_size
    content = file.read(size + 1)  # as many as the limit would take a buffer of that size for each file
    if len(content) > size:
        content += file.read(max(0, limit(most) + 1 - len(content)))
    if len(content) > size or size == 0:
        refuse_bytes(name, len(content), most)
    return content


def read_folder(root: Path, folder: str, wanted: Callable[[str], bool] = bool) -> dict[str, bytes]:
    """The bytes of every wanted file in a folder of a package, by its path; none where there is no such folder.

    Raises
    ------
    UnsafePathError
        A link leads out of the package, or the files are larger than the limit, one or together.
    """
    files: dict[str, bytes] = {}
    together = 0
    for name in sorted(os.listdir(root / folder) if (root / folder).is_dir() else ()):  # noqa: PTH208 - names
        path = f"{folder}/{name}"
        if not wanted(path):
            continue
        try:
            files[path] = read_bytes(root, path)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.ENOENT}:  # a folder or a pipe, or removed meanwhile
                raise
            continue
        together += len(files[path])
        refuse_bytes(folder, together)
    return files


def refuse_bytes(name: str, size: int, most: Name = "LARGEST_FILE") -> None:
    """Raise unless so many bytes are few enough to be read.

    Raises
    ------
    TooLargeError
        They are more than the limit.
    """
    if size > limit(most):
        msg = f"{name}: {size} bytes are too many to read · {how_to_raise(most)}"
        raise TooLargeError(msg)

"""Downloading a package: https alone, bounded in size and time, checked against its SHA-256, kept in a cache."""

import re
import threading
import time
import warnings
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import urljoin, urlsplit

from policycase.errors import UnreadableError, UnsafePathError
from policycase.storage.limits import how_to_raise, limit

WAIT = (10, 30)  # seconds to connect, and for the next bytes
REDIRECTS = 5
CHUNK = 2**16
SHA256 = re.compile(r"[0-9a-f]{64}")


class UnverifiedWarning(UserWarning):
    """A download whose content was not checked, since no SHA-256 was given."""


def is_address(path: object) -> TypeGuard[str]:
    """Whether a path is a web address, and not a place on this machine.

    Examples
    --------
    >>> is_address("https://example.org/case.zip"), is_address("data/case.zip")
    (True, False)
    """
    return isinstance(path, str) and "://" in path


def _shown(address: str) -> str:
    """An address as a message has it: without a user's name and password."""
    return re.sub(r"//[^/?#]*@", "//…@", address)


def pinned(path: str | Path | None, sha256: str | None) -> str | Path | None:
    """The path, or the address with its SHA-256 as `downloaded` takes it.

    Raises
    ------
    UnreadableError
        A SHA-256 is given for a path that is not an address.
    """
    if sha256 is None:
        return path
    if not is_address(path):
        msg = f"{path}: sha256 goes with an https address · leave it out, or check the file with sha256sum"
        raise UnreadableError(msg)
    return f"{path}#sha256={sha256}"


def downloaded(address: str) -> Path:
    """The file behind a web address, from the cache where it was downloaded before with the same SHA-256.

    Parameters
    ----------
    address
        An https address, followed by `#sha256=` and the hash in hexadecimal. Without a hash the file is downloaded
        anew each time, and a warning says that nothing was checked.

    Raises
    ------
    UnsafePathError
        The address, or one that it redirects to, is not https; the file is larger or takes longer than
        `policycase.storage.limits` allows; or it is not the one of the SHA-256.
    UnreadableError
        The address does not answer, or answers with an error.
    """
    import pooch  # noqa: PLC0415 - heavy, and only needed for an address

    plain, _, fragment = address.partition("#")
    known = fragment.removeprefix("sha256=").lower()
    if known and not SHA256.fullmatch(known):
        msg = f'"{known}" is not a SHA-256 · expected 64 hexadecimal digits, as sha256sum prints them'
        raise UnreadableError(msg)
    _refuse_scheme(plain)
    folder = pooch.os_cache("policycase")
    name = pooch.utils.unique_file_name(plain)
    if not known:
        (folder / name).unlink(missing_ok=True)
        msg = f"{_shown(plain)}: not verified, since no SHA-256 was given · add #sha256=… to the address"
        warnings.warn(msg, UnverifiedWarning, stacklevel=3)
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        return Path(pooch.retrieve(plain, f"sha256:{known}" if known else None, name, folder, downloader=_download))
    except ValueError as error:  # what pooch raises for another hash
        hint = "compare the hash with its publisher's"
        msg = f"{_shown(plain)}: is not the file of SHA-256 {known}; nothing was kept · {hint}"
        raise UnsafePathError(msg) from error
    finally:
        logger.setLevel(level)


def _refuse_scheme(address: str) -> None:
    try:
        parts = urlsplit(address)
        scheme, is_whole = parts.scheme, bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # such as https://[
        scheme, is_whole = "", False
    if not is_whole and address.startswith("https:"):
        msg = f"{_shown(address)}: not a whole web address · expected one such as https://example.org/case.zip"
        raise UnsafePathError(msg)
    if not is_whole or scheme != "https":
        msg = f"{_shown(address)}: only https addresses are downloaded · download it yourself, and give the file"
        raise UnsafePathError(msg)


def _download(address: str, output: str, _pooch: object) -> None:
    """Fetch an address into a file within the limit of time, however slowly a server sends its head or body."""
    failed: list[BaseException] = []
    seconds = limit("LONGEST_DOWNLOAD")
    end = time.monotonic() + seconds

    def fetch() -> None:
        try:
            _fetch(address, Path(output), end)
        except BaseException as error:
            failed.append(error)

    worker = threading.Thread(target=fetch, daemon=True)  # a read cannot be ended from outside, only left
    worker.start()
    worker.join(seconds)
    if worker.is_alive():
        raise _late(address)
    if failed:
        raise failed[0]


def _late(address: str) -> UnsafePathError:
    seconds, hint = limit("LONGEST_DOWNLOAD"), how_to_raise("LONGEST_DOWNLOAD")
    return UnsafePathError(f"{_shown(address)}: not whole after {seconds} seconds · {hint}")


def _fetch(address: str, output: Path, end: float) -> None:
    """Fetch an address into a file, following a few redirects to other https addresses."""
    import requests  # noqa: PLC0415 - comes with pooch

    with requests.Session() as session:  # a body shorter than its stated length is an error of requests
        for _ in range(REDIRECTS + 1):
            _refuse_scheme(address)
            try:
                with session.get(address, stream=True, timeout=WAIT, allow_redirects=False) as answer:
                    if answer.is_redirect:
                        address = _joined(address, answer.headers["location"])
                        continue
                    answer.raise_for_status()
                    _write(answer, output, end)
                    return
            except (requests.RequestException, OSError, ValueError) as error:  # such as a name that no host has
                msg = f"{_shown(address)}: cannot be downloaded: {error}"
                raise UnreadableError(msg) from error
    msg = f"{_shown(address)}: redirects more than {REDIRECTS} times"
    raise UnsafePathError(msg)


def _joined(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError as error:
        msg = f"{_shown(address)}: redirects to {location!r}, which is not a web address"
        raise UnsafePathError(msg) from error


def _write(answer: Any, output: Path, end: float) -> None:
    stated, size, largest = answer.headers.get("content-length", ""), 0, limit("LARGEST_DOWNLOAD")
    if stated.isdecimal() and int(stated) > largest:
        msg = f"{_shown(answer.url)}: {stated} bytes are too many to download · {how_to_raise('LARGEST_DOWNLOAD')}"
        raise UnsafePathError(msg)
    with output.open("wb") as file:
        for chunk in answer.iter_content(CHUNK):
            size += len(chunk)
            if size > largest:
                msg = f"{_shown(answer.url)}: goes on after {largest} bytes · {how_to_raise('LARGEST_DOWNLOAD')}"
                raise UnsafePathError(msg)
            if time.monotonic() > end:
                raise _late(answer.url)
            file.write(chunk)

"""Sources and their passages: the text of a copy, and fingerprints that are found in it."""

import hashlib
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pandas as pd

from policycase.errors import UnknownNameError, UnreadableError
from policycase.storage.locations import read_given

SHARED_RUN = 45  # letters and digits in a row that no line may share with a source


def skeleton(text: str) -> str:
    r"""The letters and digits of a text: NFKC, casefolded, Unicode categories L and N only.

    White space, hyphenation, quotes and ligatures leave no trace in it.

    Examples
    --------
    >>> skeleton("The “ofﬁce” opened in 20-\n20.")
    'theofficeopenedin2020'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN")


def fingerprint(bones: str) -> str:
    """SHA-256 of a skeleton's UTF-8, in hexadecimal."""
    return hashlib.sha256(bones.encode()).hexdigest()


def locate(bones: str, wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Where passages are in the skeleton of a source.

    Parameters
    ----------
    bones
        Skeleton of the whole source.
    wanted
        Length and fingerprint of each passage.

    Returns
    -------
    dict
        The first position of each passage that was found; those not found are left out.
    """
    by_length: dict[int, set[str]] = {}
    for length, print_ in wanted:
        by_length.setdefault(length, set()).add(print_)
    found: dict[tuple[int, str], int] = {}
    for length, prints in by_length.items():
        left = set(prints)
        for position in range(len(bones) - length + 1):
            here = fingerprint(bones[position : position + length])
            if here in left:
                found[length, here] = position
                left.remove(here)
                if not left:
                    break
    return found


def shared_runs(bones: str, spans: Iterable[tuple[int, int]], length: int = SHARED_RUN) -> frozenset[str]:
    """Every run of `length` characters inside the given spans (start, end) of a source's skeleton."""
    joined: list[list[int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(end, joined[-1][1])
        else:
            joined.append([start, end])
    return frozenset(
        bones[position : position + length] for start, end in joined for position in range(start, end - length + 1)
    )


def shared_starts(bones: str, runs: frozenset[str], length: int = SHARED_RUN) -> list[int]:
    """Where shared text begins in a skeleton: the first position of each stretch of windows that are in `runs`."""
    shared = [bones[position : position + length] in runs for position in range(len(bones) - length + 1)]
    return [position for position, here in enumerate(shared) if here and not (position and shared[position - 1])]


BESIDE = (
    *("README.md", "README.txt", "CODING.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
    *("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENSE-DATA", "CITATION.cff", ".zenodo.json", "croissant.json"),
)  # files at the top of a package that are its own


def coded_source(sources: pd.DataFrame, name: str) -> str:
    """The id of a coded source; an empty name is the only one there is.

    Raises
    ------
    UnknownNameError
        No coded source has the id, or the name is empty and there are several.
    """
    coded = sources.loc[sources["source_use"].eq("coded"), "source_id"].tolist()
    if not name and len(coded) == 1:
        return coded[0]
    if name not in coded:
        kind = "coded source" if name else "coded source named; there are several, so write ID=FILE, not"
        raise UnknownNameError(kind, name, coded)
    return name


def found_passages(passages: pd.DataFrame, text: str) -> pd.Series:
    """The position of each passage in a source's skeleton; missing where it is not there.

    Parameters
    ----------
    passages
        Rows of the table passages, as text or typed.
    text
        The source.
    """
    lengths = pd.to_numeric(passages["length"], errors="coerce").fillna(0).astype("int64")
    wanted = list(zip(lengths, passages["fingerprint"], strict=True))
    found = locate(skeleton(text), [key for key in wanted if key[0] > 0])
    return pd.Series([found.get(key) for key in wanted], index=passages.index, dtype="Int64")


def _lines(files: Iterable[tuple[str, bytes]]) -> dict[str, list[str]]:
    """The skeletons of the lines of each file that is text."""
    texts = {}
    for path, content in files:
        with suppress(UnicodeDecodeError):  # no text file, so it holds no sentence
            texts[path] = [skeleton(line) for line in content.decode("utf-8").splitlines()]
    return texts


def _given(file: Path) -> bytes:
    try:
        return read_given(file, "LARGEST_SOURCE")
    except OSError as error:
        msg = f"{file}: cannot be read: {error.strerror} · give the files that are to be searched"
        raise UnreadableError(msg) from error

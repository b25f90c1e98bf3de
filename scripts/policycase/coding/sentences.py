"""The passages of a source: its blocks, what is body and what furniture, its sentences and their locators."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import pandas as pd
import sentencex

from policycase.errors import UnreadableError
from policycase.model.passages import fingerprint, skeleton
from policycase.model.profile import shipped_profile
from policycase.storage.csv_files import TEXT
from policycase.storage.locations import read_given

KINDS = ("body", "continues", "footnote", "furniture")
MARKS = ".!?…:;。！？｡．।॥։؟۔።፧။។៕།༎᠃᠉܀܁܂߹‼⁇⁈⁉"  # that end a sentence, in whatever script
END = re.compile(rf"[{MARKS}][\"”’»」』)\]\s\d⁰¹²³⁴-⁹*]*$")
WHATEVER = "。！？｡።፧။។៕"  # those that end one whatever follows, with a space or without
FULL = re.compile(rf"(?<=[{WHATEVER}])(?![{WHATEVER}」』）)\]”’»〉》】\s])|(?<=[{WHATEVER}]\s)(?=\S)")
FOOTNOTE = re.compile(r"[⁰¹²³⁴-⁹]+\s?\w|\[\^?\d+\]:?\s*\w")
FURNITURE = re.compile(
    r"©|copyright\b|correspondence\b|(?:how )?to cite\b|received:|accepted:|published:|doi\b|https?:|e-?mail\b"
    r"|key\s?words?\b|fig(?:ure|\.)? ?\d|table \d|(?:page )?\d+(?: of \d+)?$"
    r"|.{0,150}(?:published by|all rights reserved|creative commons|\bissn\b).{0,100}$",
    re.IGNORECASE | re.DOTALL,
)
BACK = re.compile(
    r"[\d.\s]*(?:references|bibliography|works cited|literature cited|acknowledge?ments?|funding|conflicts? of interest"
    r"|(?:author )?disclosures?|competing interests|author (?:affiliations|contributions)|data availability)\b.{0,40}$",
    re.IGNORECASE,
)
ABSTRACT = re.compile(r"(?:abstract|summary|r[ée]sum[ée])\b[.:]?", re.IGNORECASE)
MARK_ONLY = re.compile(r"[(\[]?(?:[0-9]{1,3}|[A-Za-z]|[ivxlc]{1,6})[.)\]]")
CHOICE = re.compile(
    rf"(?P<first>[0-9]{{1,6}})(?:-(?P<last>[0-9]{{1,6}}))?\s+(?P<kind>{'|'.join(KINDS)})(?:\s+(?P<page>\S+))?"
)
ITEM = re.compile(r"[-–—•▪◦·*]\s|\(?(?:[0-9]{1,3}|[a-z])[.)]\s")
LONGEST_HEADING = 150  # characters
TITLE_WORDS = 12  # of a title that ends like a sentence
FIRST_WORDS = 8  # of one that comes first and ends with a full stop
SHORT_LINE = 0.85  # of the usual width: the last line of a paragraph


@dataclass(frozen=True, slots=True)
class Block:
    """A run of a source between empty lines or page ends, and what it is taken for."""

    number: int
    text: str
    kind: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence of a source, or a run of one that is cut, for the coder's eyes."""

    paragraph: str
    sentence: int
    text: str
    fragment: str = ""
    page: str = ""

    @property
    def locator(self) -> str:
        """Such as p3s2, fn1s1 or p6s2a."""
        return f"{self.paragraph}s{self.sentence}{self.fragment}"


def blocks(text: str, choices: Mapping[int, tuple[str, str]] | None = None) -> list[Block]:
    """The blocks of a source in order, each with the coder's choice of its kind, or else what its form suggests.

    Parameters
    ----------
    text
        The source; blocks are separated by empty lines, pages by a form feed.
    choices
        Kind and page by number of the block; a page holds from its block on. See `read_choices`.

    Raises
    ------
    UnreadableError
        A choice is of a block that is not there.
    """
    given = dict(choices or {})
    parts = [part for part in _parts(text) if skeleton(part[0])]
    beyond = [number for number in given if number > len(parts)]
    if beyond:
        msg = f"a choice is for block {min(beyond)}; the source has {len(parts)} · look at them with --blocks"
        raise UnreadableError(msg)
    found: list[Block] = []
    is_back, is_abstract, page_from_choice, last = False, False, "", ""
    after = _following(parts)
    for number, (part, page, is_running) in enumerate(parts, start=1):
        is_back = is_back or bool(BACK.fullmatch(part))
        before = found[-1].text if found else ""
        kind = "furniture" if is_back or is_running or is_abstract else _kind(part, after[number - 1], last, before)
        if FOOTNOTE.match(part) and not is_back:
            kind = "footnote"
        is_abstract = bool(ABSTRACT.fullmatch(part))
        kind, said_page = given.get(number, (kind, ""))
        page_from_choice = said_page or page_from_choice
        last = part if kind in {"body", "continues"} else last
        found.append(Block(number, part, kind, page_from_choice or page))
    return found


def _following(parts: list[tuple[str, str, bool]]) -> list[str]:
    """The text after each block that goes on with the body, as far as its form says; empty where none is."""
    found, following = [], ""
    for text, _, runs in reversed(parts):
        found.append(following)
        following = following if runs or FOOTNOTE.match(text) or FURNITURE.match(text) else text
    return found[::-1]


def _kind(text: str, following: str, last: str, before: str) -> str:
    """What a block is by its form, what follows, the last of the body, and what is before it."""
    if last and not END.search(last) and (_goes_on(text) or (text[0].isdigit() and not FURNITURE.match(text))):
        return "continues"
    if FURNITURE.match(text) or ABSTRACT.match(text):
        return "furniture"
    is_heading = len(text) <= LONGEST_HEADING and not END.search(text) and not _goes_on(following)
    is_item = before.rstrip().endswith((":", ";", ","))
    return "furniture" if is_heading and not is_item else "body"


def title_like(found: list[Block]) -> list[Block]:
    """The blocks taken for body that look like titles: a coder has to say what they are.

    Either no sentence ends in them, or they are one short line before a longer block that asks, is capitalized like a
    title, or comes first of all.
    """
    like = []
    bodies = [block for block in found if block.kind in {"body", "continues"}]
    for number, block in enumerate(bodies):
        following = bodies[number + 1] if number + 1 < len(bodies) else None
        is_cut = block.kind == "continues" or (following and following.kind == "continues")
        is_item = ITEM.match(block.text) or (number and bodies[number - 1].text.rstrip().endswith((":", ";", ",")))
        if is_cut or is_item:
            continue
        words = block.text.split()
        is_open = not END.search(block.text) and len(block.text) <= 2 * LONGEST_HEADING
        is_short = following and len(words) <= TITLE_WORDS and len(following.text) > 2 * len(block.text)
        asks = block.text.rstrip("\"'”’») ").endswith(("?", "!"))
        long_words = [word for word in words if len(word) > len("with")]
        is_capital = len(long_words) > 1 and all(word[0].isupper() for word in long_words)
        if is_open or (is_short and (asks or is_capital or (number == 0 and len(words) <= FIRST_WORDS))):
            like.append(block)
    return like


def _goes_on(text: str) -> bool:
    """Whether a text begins in the middle of a sentence: its first letter is small, in a script that has capitals."""
    letter = next((character for character in text if character.isalnum()), "")
    return letter.islower() and not "ა" <= letter <= "ჿ"  # Georgian has no capitals in running text


def _parts(text: str) -> Iterator[tuple[str, str, bool]]:
    """Each block on one line, its page, and whether it is a line that runs along the edge of every page."""
    pages = text.split("\f")
    edges = Counter(_edge(line) for page in pages for line in {*_lines(page)[:1], *_lines(page)[-1:]})
    for number, page in enumerate(pages, start=1):
        label = str(number) if len(pages) > 1 else ""
        for block in re.split(r"\n\s*\n", page.strip("\n")):
            lines = _lines(block)
            running = [len(pages) > 1 and edges[_edge(line)] > 1 for line in lines]
            ends = _title_lines(lines) | (_paragraph_ends(lines) if len(pages) > 1 else set())
            run: list[str] = []
            for place, line in enumerate(lines):
                if running[place]:
                    yield from [(" ".join(run), label, False)] if run else []
                    yield line, label, True
                    run = []
                    continue
                run.append(line)
                if place in ends:
                    yield " ".join(run), label, False
                    run = []
            yield from [(" ".join(run), label, False)] if run else []


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


def _edge(line: str) -> str:
    return re.sub(r"[0-9]+", "#", line)


def _title_lines(lines: list[str]) -> set[int]:
    """The lines at the head of a block that are titles: they end before they are full, and no sentence ends there."""
    width = max(map(len, lines), default=0)
    titles: set[int] = set()
    for number, (line, following) in enumerate(pairwise(lines)):
        is_early = len(line) + 1 + len(following.split()[0]) <= width
        is_list = ITEM.match(line) and ITEM.match(following)
        if len(line) > LONGEST_HEADING or END.search(line) or _goes_on(following) or is_list or not is_early:
            break
        titles.add(number)
    return titles if any(END.search(line) for line in lines[len(titles) :]) else set()


def _paragraph_ends(lines: list[str]) -> set[int]:
    """The lines of a page that end a paragraph: shorter than is usual, and at the end of a sentence."""
    usual = sorted(map(len, lines))[len(lines) * 3 // 4] if lines else 0
    return {number for number, line in enumerate(lines) if len(line) < SHORT_LINE * usual and END.search(line)}


def read_choices(file: Path) -> dict[int, tuple[str, str]]:
    """The kind and the page of blocks by their number, as a coder says them, a line for each or for several.

    `12 furniture`, `20-23 furniture`, `15 continues S35`: the page is that of the block and of those after it.

    Raises
    ------
    UnreadableError
        The file or a line of it cannot be read.
    """
    try:
        lines = read_given(file, "LARGEST_SOURCE").decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{file}: cannot be read: {error} · make it with: policycase passages SOURCE --case ID --blocks"
        raise UnreadableError(msg) from error
    choices: dict[int, tuple[str, str]] = {}
    for number, line in enumerate(lines, start=1):
        stated = line.partition("#")[0].strip()
        match = CHOICE.fullmatch(stated)
        numbers = range(int(match["first"]), int(match["last"] or match["first"]) + 1) if match else range(0)
        if match and numbers and numbers[0] > 0:
            choices |= dict.fromkeys(numbers, (match["kind"], match["page"] or ""))
        elif stated:
            form = f"expected a number and one of {', '.join(KINDS)}, such as: 12 furniture"
            msg = f'{file}:{number}: "{stated}" is not a choice · {form}'
            raise UnreadableError(msg)
    return choices


def sentences(
    text: str, language: str = "en", choices: Mapping[int, tuple[str, str]] | None = None
) -> Iterator[Passage]:
    """The sentences of a source, each with its locator: body by paragraph, then footnotes; furniture is left out.

    Parameters
    ----------
    text
        The source; blocks are separated by empty lines, pages by a form feed.
    language
        BCP 47 tag of its language, by which sentencex splits it.
    choices
        What blocks are; see `blocks`.
    """
    body: list[list[Block]] = []
    notes: list[Block] = []
    for block in blocks(text, choices):
        if block.kind == "body" or (block.kind == "continues" and not body):
            body.append([block])
        elif block.kind == "continues":
            body[-1].append(block)
        elif block.kind == "footnote":
            notes.append(block)
    for number, runs in enumerate(body, start=1):
        yield from _numbered(f"p{number}", runs, language)
    for number, note in enumerate(notes, start=1):
        yield from _numbered(f"fn{number}", [note], language)


def _numbered(paragraph: str, runs: list[Block], language: str) -> Iterator[Passage]:
    """The sentences of a paragraph; one that goes on behind other words is cut there, into a and b."""
    whole = " ".join(run.text for run in runs)
    begins = list(accumulate([0, *(len(run.text) + 1 for run in runs)]))[:-1]
    at, count = 0, 0
    for sentence in split(whole, language):
        start, at = at, at + len(sentence)
        if not skeleton(sentence):
            continue
        count += 1
        pieces: list[list[str]] = []
        for place, (run, begin) in enumerate(zip(runs, begins, strict=True)):
            piece = whole[max(start, begin) : min(at, begin + len(run.text))].strip()
            if not piece:
                continue
            is_next = place and run.number == runs[place - 1].number + 1
            if pieces and is_next:
                pieces[-1][0] += f" {piece}"
            else:
                pieces.append([piece, run.page])
        for letter, (piece, page) in zip("abcdefghijklmnopqrstuvwxyz", pieces, strict=False):
            yield Passage(paragraph, count, piece, letter if len(pieces) > 1 else "", page)


def split(text: str, language: str) -> list[str]:
    """The sentences of a paragraph; together they are the text.

    Notes
    -----
    sentencex splits, by rules and abbreviations of the language. What begins with a small letter goes on with the
    sentence before, in whatever script has capitals, and a number of a list with what it numbers.
    """
    found: list[str] = []
    segments = sentencex.segment(language.partition("-")[0].lower(), text)
    for part in (piece for segment in segments for piece in FULL.split(segment)):
        if found and (_goes_on(part) or MARK_ONLY.fullmatch(found[-1].strip()) or not skeleton(part)):
            found[-1] += part
        else:
            found.append(part)
    return found


def passage_rows(
    text: str,
    case_id: str,
    source_id: str,
    language: str = "en",
    choices: Mapping[int, tuple[str, str]] | None = None,
    *,
    several: bool = False,
) -> pd.DataFrame:
    """The rows of the table passages for a source: every sentence, coded, as length and fingerprint.

    With `several`, the case has other coded sources, so that the source's short name is before each locator.
    """
    table = shipped_profile().tables["passages"]
    lines = []
    for passage, passage_id in named(sentences(text, language, choices), case_id, source_id, several=several):
        bones = skeleton(passage.text)
        lines.append(
            {
                "passage_id": passage_id,
                "case_id": case_id,
                "source_id": source_id,
                "page": passage.page or None,
                "paragraph": passage.paragraph,
                "sentence": str(passage.sentence),
                "fragment": passage.fragment or None,
                "length": str(len(bones)),
                "fingerprint": fingerprint(bones),
                "coding": "coded",
            }
        )
    return pd.DataFrame(lines, columns=list(table.fields), dtype=TEXT)


def named(
    passages: Iterable[Passage], case_id: str, source_id: str, *, several: bool = False
) -> Iterator[tuple[Passage, str]]:
    """Each passage with its id, such as kgz-leph:p3s2, or kgz-leph:clinic-p3s2 where a case has several sources."""
    before = f"{source_id.rpartition(':')[2]}-" if several else ""
    for passage in passages:
        yield passage, f"{case_id}:{before}{passage.locator}"

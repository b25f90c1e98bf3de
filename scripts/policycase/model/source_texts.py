"""The text of a reader's copy of a source, whatever kind of file it is."""

import io
import re
import warnings
from html.parser import HTMLParser
from pathlib import Path, PurePath

from policycase.errors import MissingExtraError, UnreadableError
from policycase.model.passages import skeleton
from policycase.storage.locations import read_given

PLAIN, MARKDOWN, WEB = {"", ".txt", ".text"}, {".md", ".markdown"}, {".html", ".htm", ".xhtml"}
KINDS = "give a .txt, .md, .html, .docx or .pdf of the source"
BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
PUNCTUATION = re.compile(rb"[\x85\x91-\x97\xa0\xab\xbb]")  # the same in every Windows code page of an alphabet
DECLARED = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
OTHER_KINDS = {
    b"PK\x03\x04": "a Word document or another zip",
    b"\xd0\xcf\x11\xe0": "an old Office document, or one with a password",
    b"{\\rtf": "rich text (RTF)",
}
FEW_SIGNS = 200  # characters, before which a page says what it is
FEW = 20  # pages that a warning names
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def read_source(file: Path) -> str:
    """The text of a reader's copy: .txt, .md, .html, .docx with the extra `docx`, or .pdf with the extra `pdf`.

    Raises
    ------
    UnreadableError
        The file is missing, is of another kind, or holds no text.
    MissingExtraError
        The library that reads its kind is not installed.
    """
    try:
        content = read_given(file, "LARGEST_SOURCE")
    except OSError as error:
        msg = f"{file}: cannot be read: {error.strerror} · {KINDS}"
        raise UnreadableError(msg) from error
    return text_of(content, str(file))


def text_of(content: bytes, name: str) -> str:
    """The words of a source in a file of some name; blocks are separated by empty lines, pages by a form feed.

    A PDF of which some pages hold no text gives a warning that names them.

    Raises
    ------
    UnreadableError
        It is of another kind, cannot be read, or holds no letter and no digit, as a scan does.
    MissingExtraError
        The library that reads its kind is not installed.
    """
    kind = PurePath(name).suffix.lower()
    if kind == ".pdf" or content.startswith(b"%PDF-"):
        pages = _of_pdf(content, name)
        text = "\f".join(pages)
        if skeleton(text):
            _warn_of_scans([str(number) for number, page in enumerate(pages, start=1) if not skeleton(page)], name)
        empty = "it is a scan, or an empty page · recognize its text (OCR), and give the result"
    else:
        text, empty = _of_other(content, name, kind), KINDS
    if not skeleton(text):
        msg = f"{name}: holds no text · {empty}"
        raise UnreadableError(msg)
    return text


def _of_other(content: bytes, name: str, kind: str) -> str:
    if kind == ".docx":
        return _of_html(_of_docx(content, name))
    if kind in MARKDOWN:
        from markdown_it import MarkdownIt  # noqa: PLC0415 - heavy, and only needed for Markdown

        text = FRONT_MATTER.sub("", _decoded(content, name).replace("\r\n", "\n"))
        return _of_html(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))
    if kind in WEB:
        return _of_html(_decoded(content, name))
    if kind in PLAIN:
        _refuse_other_kind(content, name)
        text = _decoded(content, name)
        is_page = text[:FEW_SIGNS].lstrip().lower().startswith(("<!doctype html", "<html"))
        return _of_html(text) if is_page else text.replace("\r\n", "\n").replace("\r", "\n")
    msg = f"{name}: {kind} files cannot be read · {KINDS}"
    raise UnreadableError(msg)


def _refuse_other_kind(content: bytes, name: str) -> None:
    """Raise where a file of another program has the ending of a text, or none."""
    for sign, what in OTHER_KINDS.items():
        if content.startswith(sign):
            msg = f"{name}: is {what}, despite its ending · {KINDS}, with the ending of its kind"
            raise UnreadableError(msg)


def _decoded(content: bytes, name: str) -> str:
    """The text, in the encoding that the file itself proves or declares."""
    proven = [encoding for mark, encoding in BYTE_ORDER_MARKS if content.startswith(mark)]
    declared = [match[1].decode() for match in [DECLARED.search(content[:4096])] if match]
    try:
        text = content.decode((proven or ["utf-8"])[0])
    except UnicodeDecodeError as error:
        if not PUNCTUATION.sub(b"", content).isascii() and not declared:
            raise _not_decoded(name, str(error)) from error
        try:
            text = content.decode((declared or ["cp1252"])[0])
        except (LookupError, ValueError) as wrong:
            raise _not_decoded(name, str(wrong)) from error
    if "\0" in text:
        msg = f"{name}: cannot be read as text: it holds NUL characters · save it as text in UTF-8, or {KINDS}"
        raise UnreadableError(msg)
    return text


def _not_decoded(name: str, why: str) -> UnreadableError:
    return UnreadableError(f"{name}: cannot be read as text in UTF-8: {why} · save it as text in UTF-8, or {KINDS}")


def _warn_of_scans(numbers: list[str], name: str) -> None:
    if not numbers:
        return
    shown = ", ".join(numbers[:FEW]) + (f" and {len(numbers) - FEW} more" if len(numbers) > FEW else "")
    what = f"page {shown} holds" if len(numbers) == 1 else f"pages {shown} hold"
    fix = "a scan, or empty; nothing on it is found · recognize its text (OCR), and give the result"
    msg = f"{name}: {what} no text: {fix}"
    warnings.warn(msg, stacklevel=4)


def _of_pdf(content: bytes, name: str) -> list[str]:
    """The text of each page."""
    try:
        import pypdf  # noqa: PLC0415 - an extra
    except ImportError as error:
        package, extra = "pypdf", "pdf"
        raise MissingExtraError(package, extra) from error
    try:
        return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    except pypdf.errors.FileNotDecryptedError as error:
        msg = (
            f"{name}: cannot be read: it is encrypted with a password · save or print a copy without one, and give that"
        )
        raise UnreadableError(msg) from error
    except pypdf.errors.DependencyError as error:
        package, extra = "cryptography (the PDF is encrypted)", "pdf"
        raise MissingExtraError(package, extra) from error
    except Exception as error:  # a damaged PDF fails in any of pypdf's ways
        msg = f"{name}: cannot be read as PDF: {error or type(error).__name__} · print it to a new PDF, or {KINDS}"
        raise UnreadableError(msg) from error


def _of_docx(content: bytes, name: str) -> str:
    """A Word document as HTML, footnotes and endnotes at its end."""
    try:
        import mammoth  # noqa: PLC0415 - an extra
    except ImportError as error:
        package, extra = "mammoth", "docx"
        raise MissingExtraError(package, extra) from error
    try:
        no_picture = mammoth.images.img_element(lambda _: {"src": ""})
        return mammoth.convert_to_html(io.BytesIO(content), convert_image=no_picture).value
    except Exception as error:  # no zip, another zip, a password: each fails in its own way
        why = str(error) or type(error).__name__
        msg = f"{name}: cannot be read as .docx: {why} · save it again as .docx, without a password"
        raise UnreadableError(msg) from error


def _of_html(markup: str) -> str:
    reader = _Words()
    reader.feed(markup)
    reader.close()
    return re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(reader.parts))


class _Words(HTMLParser):
    """What a browser shows of a page, as far as it is words; each block between empty lines."""

    HIDDEN = frozenset({"head", "script", "style", "template", "noscript", "svg", "math", "nav"})
    INLINE = frozenset({
        "a", "abbr", "b", "bdi", "bdo", "button", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
        "input", "ins", "kbd", "label", "mark", "q", "ruby", "rb", "rt", "rp", "s", "samp", "small", "span", "strike",
        "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
    })  # fmt: skip

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.HIDDEN:
            self.hidden.append(tag)
        elif tag == "br":
            self.parts.append("\n")
        elif tag not in self.INLINE:
            self.parts.append("\n\n")
            note = re.fullmatch(r"(?:footnote|endnote|fn)-?([0-9]+)", dict(attrs).get("id") or "")
            if note:  # its number, which a page prints before it
                self.parts.append(note[1].translate(SUPERSCRIPTS))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.hidden:
            while self.hidden.pop() != tag:
                pass
        elif tag not in self.INLINE and tag != "br":
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)

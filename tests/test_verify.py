"""A reader's own copy of the source."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from copies import LAMPS_SOURCE, edit

import policycase
from policycase.errors import UnknownNameError, UnreadableError
from policycase.model.passages import skeleton
from policycase.model.source_texts import text_of


@pytest.fixture
def copy_of_source(tmp_path: Path) -> Path:
    target = tmp_path / "copy.txt"
    target.write_bytes(LAMPS_SOURCE.read_bytes())
    return target


def test_verify_finds_every_passage(lamps: Path):
    result = policycase.verify(policycase.load(lamps), {"": LAMPS_SOURCE})

    assert result.is_complete
    assert len(result.passages) == 16
    assert result.affected.empty


def test_verify_names_the_changed_passage_and_what_rests_on_it(lamps: Path, copy_of_source: Path):
    edit(copy_of_source, "On 1 March 2001", "On 2 March 2001")

    result = policycase.verify(policycase.load(lamps), {"bvt-lamps:study": copy_of_source})

    assert not result.is_complete
    assert result.passages.loc[~result.passages["found"], "passage_id"].tolist() == ["bvt-lamps:p2s1"]
    assert set(result.affected["passage_id"]) == {"bvt-lamps:p2s1"}
    assert ("bvt-lamps:night-watch", "start") in set(
        zip(result.affected["record_id"], result.affected["field"], strict=True)
    )


def test_verify_does_not_mind_space_case_and_quotes(lamps: Path, copy_of_source: Path):
    text = copy_of_source.read_text(encoding="utf-8").upper().replace("\n", "  \n ").replace("“", '"')
    copy_of_source.write_text(text, encoding="utf-8")

    assert policycase.verify(policycase.load(lamps), {"": copy_of_source}).is_complete


def test_verify_reads_pdf(lamps: Path, tmp_path: Path):
    pdf = tmp_path / "copy.pdf"
    pdf.write_bytes(pdf_of("We thank the seals of the western beach, who listened to two drafts of this study and slept through"
                           " the third without complaint."))  # fmt: skip

    found = policycase.verify(policycase.load(lamps), {"": pdf}).passages

    assert found.loc[found["found"], "passage_id"].tolist() == ["bvt-lamps:p3s6"]


def test_verify_asks_which_source_by_the_nearest_name(lamps: Path):
    with pytest.raises(UnknownNameError, match='did you mean "bvt-lamps:study"'):
        policycase.verify(policycase.load(lamps), {"bvt-lamps:studi": LAMPS_SOURCE})


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"%PDF-nonsense"])
def test_verify_says_what_cannot_be_read(lamps: Path, tmp_path: Path, content: bytes | None):
    file = tmp_path / ("copy.pdf" if content and content.startswith(b"%PDF") else "copy.txt")
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UnreadableError, match="cannot be read"):
        policycase.verify(policycase.load(lamps), {"": file})


def docx_of(*paragraphs: str) -> bytes:
    """The smallest Word document of some paragraphs."""
    words = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{packages}/content-types"><Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{packages}/relationships"><Relationship Id="a" Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        )
        package.writestr("word/document.xml", f'<w:document xmlns:w="{words}"><w:body>{body}</w:body></w:document>')
    return target.getvalue()


def pdf_with_password(password: str, algorithm: str) -> bytes:
    pypdf = pytest.importorskip("pypdf")
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_of(THANKS)))
    writer.encrypt(password, "owner", algorithm=algorithm)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


THANKS = "We thank the seals of the western beach, who listened to two drafts of this study and slept through the third without complaint."


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_source_is_read_from_an_encrypted_pdf_that_any_viewer_opens(algorithm: str):
    assert skeleton(text_of(pdf_with_password("", algorithm), "copy.pdf")) == skeleton(THANKS)


def linked(text: str, form: str) -> str:
    return re.sub(r"\b([Ll]amps?)\b", form, text)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("copy.md", lambda text: linked(text, r"[\1](https://example.org/wiki/Lamp)").encode()),
        ("copy.md", lambda text: b"---\ntitle: x\n---\n" + linked(text, r"**\1**").encode()),
        ("copy.html", lambda text: linked(text, r'<a href="/wiki/Lamp">\1</a>').replace("\n\n", "<p>").encode()),
        ("copy.htm", lambda text: b"<meta charset=iso-8859-1><script>lamp</script>" + text.encode("cp1252", "xmlcharrefreplace")),
        ("copy.docx", lambda text: docx_of(*text.split("\n\n"))),
        ("copy.txt", lambda text: text.encode("utf-16")),
        ("copy.txt", lambda text: text.encode().replace(b"\n", b"\r")),
        ("copy.txt", lambda text: b"<!DOCTYPE html>" + text.replace("\n\n", "<p class=lamp>").encode()),
        ("copy.TXT", lambda text: text.encode("utf-8-sig").replace(b"\n", b"\r\n")),
    ],
)  # fmt: skip
def test_verify_finds_every_passage_in_any_kind_of_copy(lamps: Path, tmp_path: Path, name: str, write: Callable):
    file = tmp_path / name
    file.write_bytes(write(LAMPS_SOURCE.read_text(encoding="utf-8")))

    result = policycase.verify(policycase.load(lamps), {"": file})

    assert (len(result.passages), result.is_complete) == (16, True)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("copy.pdf", lambda: pdf_with_password("secret", "AES-256"), "encrypted with a password"),
        ("copy.pdf", lambda: pdf_of(""), "holds no text · it is a scan"),
        ("copy.txt", lambda: b"", "holds no text"),
        ("copy.txt", lambda: b"{\\rtf1 Words.}", "is rich text"),
        ("copy", lambda: b"PK\x03\x04", "is a Word document or another zip, despite its ending"),
        ("copy.html", lambda: b"<script>var a = 1</script><p>", "holds no text"),
        ("copy.odt", lambda: b"PK", r"\.odt files cannot be read · give a \.txt"),
        ("copy.docx", lambda: b"PK", "cannot be read as .docx"),
        ("copy.txt", lambda: "Это".encode("cp1251"), "cannot be read as text in UTF-8"),
        ("copy.txt", lambda: "Words".encode("utf-16-le"), "holds NUL"),
    ],
)
def test_source_that_cannot_be_read_says_why(name: str, content: Callable, message: str):
    with pytest.raises(UnreadableError, match=message):
        text_of(content(), name)


def test_source_in_a_windows_code_page_is_read_where_only_its_punctuation_differs():
    assert text_of(b"Pages S34\x96S35", "copy.txt") == "Pages S34–S35"


def test_validate_with_a_source_reports_copied_words_in_any_text_file(lamps: Path):
    (lamps / "notes.md").write_text(
        "As they say:\nwe thank the seals of the western beach, who listened to two drafts\n"
    )

    report = policycase.validate(lamps, {"": LAMPS_SOURCE}, also=[lamps / "notes.md"])

    assert [(found.rule, Path(found.path).name, found.line) for found in report.found] == [
        ("no-words-of-the-source", "notes.md", 2)
    ]


WORDS = "Thank the seals of the western beach, who listened to two drafts"
SENTENCE = "Without the volunteers of Fyrvåg, who carried lanterns through the dark lanes when lamp oil ran short, in 2006 as it seems, the town would have lost its evenings"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "rules"), [(WORDS, set()), (SENTENCE, {"no-words-of-the-source"})])
def test_validate_with_a_source_lets_a_long_name_stand_but_no_sentence(lamps: Path, name: str, rules: set[str]):
    edit(lamps / "data/agencies.csv", ",Board of Light,", f',"{name}",')

    report = policycase.validate(lamps, {"": LAMPS_SOURCE})

    assert set(report.findings["rule"]) == rules


def test_pdf_with_pages_that_are_scans_is_read_with_a_warning_that_names_them():
    pypdf = pytest.importorskip("pypdf")
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_of(THANKS)))
    for _ in range(2):
        writer.insert_blank_page(index=0)
    content = io.BytesIO()
    writer.write(content)

    with pytest.warns(UserWarning, match=r"copy\.pdf: pages 1, 2 hold no text: a scan, or empty"):
        text = text_of(content.getvalue(), "copy.pdf")

    assert skeleton(text) == skeleton(THANKS)


def pdf_of(sentence: str) -> bytes:
    """The smallest PDF that shows a sentence."""
    stream = f"BT /F1 12 Tf 20 100 Td ({sentence}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 900 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer

"""Highlights of Taguette and Hypothesis: each finds its passage and becomes the beginning of a record."""

import json
from pathlib import Path

import pytest
import yaml
from copies import LAMPS_SOURCE

import policycase
from policycase.cli.main import main
from policycase.model.passages import skeleton

TAGUETTE = """\
id,document,tag,content\r
1,lamps.txt,events:launch,"the Night Watch, a force of the council, began its rounds"\r
1,lamps.txt,agencies,"the Night Watch, a force of the council, began its rounds"\r
2,lamps.txt,event_type:termination,"stopped for good on 31
December 2008.

In 2009 the Lamp Office was dissolved"\r
3,lamps.txt,,a Board of Light\r
4,lamps.txt,other,a Board of Light\r
5,lamps.txt,lanch,a Board of Light\r
6,lamps.txt,lead,a Board of Light\r
7,lamps.txt,events,nobody ever wrote this\r
8,lamps.txt,events,the\r
9,lamps.txt,events," – "\r
"""


def run(file: Path, kind: str, output: Path, *more: str) -> int:
    """The exit code of an import of highlights in the made-up source."""
    given = ["--source", str(LAMPS_SOURCE), "--case", "bvt-lamps", "-o", str(output)]
    return main(["import", str(file), "--from", kind, *given, *more])


def reported(capsys: pytest.CaptureFixture[str], file: Path) -> list[str]:
    """The lines on stderr that are about a file of highlights."""
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith(str(file))]


@pytest.fixture
def taguette(tmp_path: Path) -> Path:
    """Highlights as Taguette exports them."""
    file = tmp_path / "highlights.csv"
    file.write_bytes(TAGUETTE.encode())
    return file


@pytest.fixture
def hypothesis(tmp_path: Path) -> Path:
    """Annotations as the API of Hypothesis returns them."""
    quote = {"type": "TextQuoteSelector", "exact": "Fyrvåg", "prefix": "30 of them in ", "suffix": " and 18 along"}
    rows = [
        {"tags": ["places:city"], "text": "A town,\nby its size.", "target": [{"selector": [{"type": "X"}, quote]}]},
        {"tags": ["places"], "text": "A reply without a quote.", "target": [{"source": "x"}]},
        {"tags": ["events"], "text": "", "target": [{"selector": [quote | {"prefix": "", "suffix": ""}]}]},
        "no annotation",
    ]
    file = tmp_path / "annotations.json"
    file.write_text(json.dumps({"total": 4, "rows": rows}, indent=1, ensure_ascii=False), encoding="utf-8")
    return file


def test_tagged_highlight_becomes_a_record_under_its_passage(taguette: Path, tmp_path: Path):
    code = run(taguette, "taguette", tmp_path / "draft.yaml")

    passages = yaml.safe_load((tmp_path / "draft.yaml").read_text(encoding="utf-8"))["passages"]
    assert code == 1
    assert passages["p2s1"] == {"events": {"launch-1": {"event_type": "launch"}}, "agencies": {"agencies-1": {}}}
    assert passages["p3s2"] == {"events": {"termination-1": {"event_type": "termination"}}}
    assert passages["p4s1"] == {"supports": ["termination-1"]}
    assert [name for name, content in passages.items() if content] == ["p2s1", "p3s2", "p4s1"]


def test_highlight_that_is_no_record_is_named_with_its_line(
    taguette: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    run(taguette, "taguette", tmp_path / "draft.yaml")

    lines = [line.removeprefix(f"{taguette}:") for line in reported(capsys, taguette)]
    assert [line.partition(" · ")[0] for line in lines] == [
        "8: the highlight has no tag",
        '9: the tag "other" is a code of agencies and events and goals and programs',
        '10: the tag "lanch" is neither a table nor a code',
        '11: the tag "lead" is of program_agencies, which links records',
        "12: the highlight is in no passage",
        "13: the highlight may be in p1s1 or p1s2 or p1s3 …",
        "14: the highlight has no text",
    ]
    comments = [line for line in (tmp_path / "draft.yaml").read_text(encoding="utf-8").splitlines() if "csv:" in line]
    assert '    # highlights.csv:10: tag "lanch"' in comments


def test_annotation_is_the_note_and_its_context_finds_the_passage(
    hypothesis: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    code = run(hypothesis, "hypothesis", tmp_path / "draft.yaml")

    passages = yaml.safe_load((tmp_path / "draft.yaml").read_text(encoding="utf-8"))["passages"]
    assert code == 1
    assert {name: content for name, content in passages.items() if content} == {
        "p1s3": {"places": {"city-1": {"place_type": "city", "note": "A town, by its size."}}}
    }
    lines = reported(capsys, hypothesis)
    assert [line.removeprefix(f"{hypothesis}:").partition(" · ")[0] for line in lines[:1]] == [
        "25: the highlight has no text"
    ]
    assert "the highlight may be in p1s2 or p1s3" in lines[1]


def test_words_of_a_highlight_stand_in_comments_alone(taguette: Path, tmp_path: Path):
    run(taguette, "taguette", tmp_path / "draft.yaml")

    lines = (tmp_path / "draft.yaml").read_text(encoding="utf-8").splitlines()
    kept = skeleton("\n".join(line for line in lines if not line.strip().startswith("#")))
    assert skeleton("a force of the council, began its rounds") not in kept
    assert skeleton("Lamp Office was dissolved") not in kept


def test_draft_can_be_imported(tmp_path: Path):
    file = tmp_path / "highlights.csv"
    lines = [
        "id,document,tag,content",
        "1,x,events:launch,began its rounds",
        "2,x,a\x1b[31m\u2028: *b,a Board of Light",
    ]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")

    code = run(file, "taguette", tmp_path / "draft.yaml")

    folder = policycase.import_case(tmp_path / "draft.yaml", tmp_path / "bvt-lamps")
    assert code == 1
    assert policycase.load(folder).events["event_type"].tolist() == ["launch"]
    assert set(policycase.load(folder).evidence["passage_id"]) == {"bvt-lamps:p2s1"}


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("taguette", "document,tag\nx,events\n", "1: no column id · expected highlights as Taguette exports them"),
        ("taguette", "", ": the file is empty"),
        ("hypothesis", "{", ": not readable as JSON"),
        ("hypothesis", '{"total": 0}', ": no list of annotations"),
    ],
)
def test_other_files_are_refused(
    kind: str, content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "given"
    file.write_text(content, encoding="utf-8")

    code = run(file, kind, tmp_path / "draft.yaml")

    assert code == 3
    assert message in capsys.readouterr().err
    assert not (tmp_path / "draft.yaml").exists()


def test_draft_does_not_replace_what_a_coder_wrote(taguette: Path, tmp_path: Path):
    (tmp_path / "draft.yaml").write_text("mine", encoding="utf-8")

    codes = [run(taguette, "taguette", tmp_path / "draft.yaml", *more) for more in ([], ["--force"])]

    assert codes == [3, 3]
    assert (tmp_path / "draft.yaml").read_text(encoding="utf-8") == "mine"


def test_source_and_case_must_be_named(taguette: Path, capsys: pytest.CaptureFixture[str]):
    code = main(["import", str(taguette), "--from", "taguette"])

    assert code == 3
    assert "use --source FILE --case CASE-ID" in capsys.readouterr().err

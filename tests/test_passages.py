"""The passages of a source: what is body, where sentences end, and how they are numbered."""

import csv
import io
from pathlib import Path

import pytest
from copies import FIXTURES, LAMPS_SOURCE, ROOT

import policycase
from policycase.cli.main import main
from policycase.coding.sentences import blocks, passage_rows, read_choices, sentences, split, title_like
from policycase.errors import UnreadableError
from policycase.model.passages import fingerprint, skeleton

ARTICLE = FIXTURES / "article.txt"
SHARED = ROOT.parent / "shared/source"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["The office opened. ", "2009 saw it close."]),
        ("en", ["It was led by Eric T. Doe. ", "He left the U.S. in 2004."]),
        ("en", ["Prof. Lee et al. agreed (see Fig. 2). ", "It cost 3.5 million. ", "“It works.” ", "He left."]),
        ("en", ["He asked: “Why? Who knows?” ", "Then he left."]),
        ("en", ["1. First point. ", "2. Second point."]),
        ("ru", ["В 2004 г. в городе открылось бюро, т. е. пункт обмена. ", "Он работал до 2009 г. и закрылся."]),
        ("ky", ["Кеңсе 2004-жылы ачылган. ", "Ал 2009-жылы жабылган."]),
        ("pl", ["Biuro otwarto w 2004 r. ścisłe centrum, np. łódzkie. ", "Zamknięto je w 2009 r."]),
        ("vi", ["Văn phòng TP. đã mở năm 2004. ", "Nó đóng cửa năm 2009."]),
        ("zh-Hans", ["办公室于2004年成立。", "它于2009年关闭。"]),
        ("hi", ["कार्यालय 2004 में खुला। ", "यह 2009 में बंद हुआ।"]),
        ("hy", ["Գրասենյակը բացվեց 2004 թվականին։ ", "Այն փակվեց 2009 թվականին։"]),
        ("ka", ["ოფისი გაიხსნა. ", "ის დაიხურა."]),
        ("ja", ["事務所は2004年に開いた。", "2009年に閉じた。"]),
        ("am", ["ቢሮው በ2004 ተከፈተ። ", "በ2009 ተዘጋ።"]),
        ("my", ["ရုံးသည် ၂၀၀၄ တွင်ဖွင့်သည်။ ", "၂၀၀၉ တွင်ပိတ်သည်။"]),
        ("km", ["ការិយាល័យបានបើក។ ", "វាបានបិទ។"]),
        ("ur", ["دفتر 2004 میں کھلا۔ ", "یہ 2009 میں بند ہوا۔"]),
    ],
)
def test_sentences_end_as_their_language_ends_them(language: str, expected: list[str]):
    assert split("".join(expected), language) == expected


@pytest.mark.parametrize("text", ["ቢሮው በ2004 ተከፈተ።", "ရုံးသည် ၂၀၀၄ တွင်ဖွင့်သည်။", "វាបានបិទ។", "ཡིག་ཚང་བཙུགས་སོ།", "वह बंद हुआ॥"])
def test_short_paragraph_is_body_by_the_mark_of_its_script(text: str):
    assert [block.kind for block in blocks(text)] == ["body"]


def test_sentences_are_numbered_by_paragraph():
    text = "One, e.g. this one. Is it two? “Yes.” Three\nruns over lines.\n\n\nAnother paragraph!"

    found = [(one.locator, one.text) for one in sentences(text)]

    assert found == [
        ("p1s1", "One, e.g. this one."),
        ("p1s2", "Is it two?"),
        ("p1s3", "“Yes.”"),
        ("p1s4", "Three runs over lines."),
        ("p2s1", "Another paragraph!"),
    ]


def test_article_gives_body_and_footnotes_and_cuts_a_sentence_only_at_words_between():
    found = {one.locator: one.text for one in sentences(ARTICLE.read_text(encoding="utf-8"))}

    assert list(found) == ["p1s1", "p1s2", "p1s3", "p2s1", "p3s1a", "p3s1b", "p3s2", "p4s1", "fn1s1"]
    assert found["p2s1"].endswith("and among the islands¹ to the north of the bay.")
    assert found["p3s1b"] == "with rope of the old kind."
    assert found["fn1s1"] == "¹Without the two rocks."


def test_choices_of_a_coder_decide_what_a_block_is_and_its_page(tmp_path: Path):
    choices = tmp_path / "choices.txt"
    choices.write_text("1 furniture S1  # the title\n4 body\n\n13 continues S2\n", encoding="utf-8")

    found = list(sentences(ARTICLE.read_text(encoding="utf-8"), "en", read_choices(choices)))

    assert found[0].text == "We looked at the buoys of the bay for three winters and counted them."
    assert [(one.locator, one.page) for one in found if one.fragment] == [("p4s1a", "S1"), ("p4s1b", "S2")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("12 fotnote", 'choices.txt:1: "12 fotnote" is not a choice'),
        ("9-1 body", "is not a choice"),
        ("0 body", "is not a choice"),
        ("1-9999999999 body", "is not a choice"),
        ("99 body", "has"),
    ],
)
def test_choices_that_cannot_be_meant_are_refused(line: str, message: str, tmp_path: Path):
    choices = tmp_path / "choices.txt"
    choices.write_text(line, encoding="utf-8")

    with pytest.raises(UnreadableError, match=message):
        blocks("One sentence.", read_choices(choices))


def test_pages_lose_their_running_lines_and_keep_their_numbers():
    line = "Here is a line of the usual width that fills the column up."
    pages = [f"Journal of Bays {number}\n{line}\n{line}\nShort end.\n{line}\nAnd one that goes" for number in (1, 2)]

    found = list(sentences("\f".join([*pages, "Journal of Bays 3\non to the end."])))

    assert next(block.kind for block in blocks("\f".join(pages))) == "furniture"
    assert all("Journal" not in one.text for one in found)
    assert {one.page for one in found} == {"1", "2", "3"}


WALKS = "The guards of the harbor began their rounds in 2004. They went on for years, and nobody counted them."
LINES = (
    "The guards of the harbor began their rounds in the year 2004 with the\nClinic of the town. They went on for years."
)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        (f"Rounds in the harbor\n{WALKS}", ["Rounds in the harbor"]),
        (f"ROUNDS\nA study of the harbor\nN. Nobody\n{LINES}", ["ROUNDS", "A study of the harbor", "N. Nobody"]),
        (LINES, []),
        ("The aims were:\nTo keep the peace.\nTo help.", []),
        ("- Guards walk\n- Nurses treat\n- All of them meet once a week.", []),
        ("Guards\nNurses\nSailors", ["Guards Nurses Sailors"]),
    ],
)
def test_title_above_a_text_without_an_empty_line_is_no_sentence(text: str, titles: list[str]):
    found = blocks(text)

    assert [block.text for block in found if block.kind == "furniture"] == titles


@pytest.mark.parametrize(
    ("title", "is_like"),
    [
        ("Who walks at night?", True),
        ("Rounds in the harbor.", True),  # the first block of all
        ("1. The Guards of the Harbor.", False),  # an item of a list
        ("The guards of the harbor walked from the first night of 2004 to the last.", False),
    ],
)
def test_block_that_may_be_a_title_is_named(title: str, *, is_like: bool, capsys, tmp_path: Path):
    source = tmp_path / "source.txt"
    source.write_text(f"{title}\n\n{WALKS}", encoding="utf-8")

    assert main(["passages", str(source), "--case", "bvt-bay", "--language", "en"]) == 0

    said = f"looks like a title, but is taken for body: block 1 “{title}” · if it is one, write 1 furniture"
    assert (said in capsys.readouterr().err) == is_like


def test_no_title_is_seen_in_a_text_of_plain_paragraphs():
    assert title_like(blocks(LAMPS_SOURCE.read_text(encoding="utf-8"))) == []


def test_passages_of_a_text_have_the_columns_of_the_table():
    rows = passage_rows(LAMPS_SOURCE.read_text(encoding="utf-8"), "bvt-lamps", "bvt-lamps:study")

    assert list(rows) == list(policycase.load().passages)
    assert rows["passage_id"].is_unique
    assert rows["fingerprint"].str.len().eq(64).all()


def test_passages_of_a_second_source_do_not_collide(lamps: Path, capsys, tmp_path: Path):
    source = tmp_path / "clinic.txt"
    source.write_text("First words here. Second words there.", encoding="utf-8")

    main(["passages", str(source), "--case", "bvt-lamps", "--source-id", "bvt-lamps:clinic", "--package", str(lamps)])

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["passage_id"] for row in rows] == ["bvt-lamps:clinic-p1s1", "bvt-lamps:clinic-p1s2"]


def test_passages_command_says_what_it_leaves_out_and_takes_its_blocks_back(capsys, tmp_path: Path):
    command = ["passages", str(ARTICLE), "--case", "bvt-bay", "--language", "en", "--text"]

    assert main(command) == 0
    printed = capsys.readouterr()
    assert main([*command, "--blocks"]) == 0
    choices = tmp_path / "choices.txt"
    choices.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main([*command, "--choices", str(choices)]) == 0

    assert (
        "taken for furniture: block 1, 2, 3, 4, 5, 11, 12, 14, 16, 17, 18 · look with policycase passages --blocks"
        in printed.err
    )
    assert capsys.readouterr() == (printed.out, "")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the article is not beside this checkout")
def test_article_of_the_case_gives_its_own_passages():
    rows = passage_rows((SHARED / "article.txt").read_text(encoding="utf-8"), "kgz-leph", "kgz-leph:article")
    with (SHARED / "passages.csv").open(encoding="utf-8", newline="") as lines:
        texts = {row["passage"]: skeleton(row["text"]) for row in csv.DictReader(lines)}

    keys = ["passage_id", "fingerprint"]
    assert {*rows[keys].itertuples(index=False, name=None)} == {
        *policycase.load().text["passages"][keys].itertuples(index=False, name=None)
    }
    assert {*rows["fingerprint"]} == {fingerprint(text) for text in texts.values()}

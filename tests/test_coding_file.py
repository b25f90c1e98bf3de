"""The coding file: a case out and in again, byte for byte; what is derived; what is refused, and where."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from copies import LAMPS_SOURCE, ROOT, copy_lamps, edit
from corpora import write_corpus

import policycase
from policycase.cli.main import main
from policycase.coding.coding_file import ENDINGS, coded_tables, coding_text, composed, read_coding
from policycase.coding.import_case import check_coding, import_tables, of_file
from policycase.coding.new_case import skeleton
from policycase.coding.sentences import passage_rows
from policycase.errors import UnreadableError
from policycase.findings import Finding
from policycase.model.profile import shipped_profile
from policycase.model.source_texts import read_source
from policycase.validation.cell_checks import to_fill

SIX = [ROOT, *sorted(path.parent for path in ROOT.glob("examples/*/datapackage.json"))]
SMALL = """\
case: {case_id: bvt-lamps, title: Lamps, country: BVT, policy_domain: drug-policy, source_extent: whole, summary: Lamps.}
sources:
  paper: {source_type: report, title: Lamps of the island}
passages:
  p1s1:
    programs:
      lamps: {name: Lamps, program_type: other, start: 1999, status: {inferred: ongoing}, is_pilot: no, summary: 007}
    program_populations:
      - {program_id: lamps, population: women}
  p1s2:
    programs:
      lamps: {end: 2001-05}
    supports: [lamps, "lamps:start?"]
fingerprints:
  p1s1: {page: 3, length: 12, fingerprint: abc}
  p1s2: {length: 14, fingerprint: def}
"""


NOT_CODED = ("package", "reliability")  # what no table holds, and what `agreement --save` writes: on neither side


def tables_of(folder: Path) -> dict[str, bytes]:
    """Every table, and the descriptor, of a package."""
    return {path.name: path.read_bytes() for path in [*folder.glob("data/*.csv"), folder / "datapackage.json"]}


def cells_of(content: object) -> int:
    """How many texts a part of a coding file has."""
    if isinstance(content, dict | list):
        return sum(map(cells_of, content.values() if isinstance(content, dict) else content))
    return 1


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A small coding file."""
    file = tmp_path / "small.yaml"
    file.write_text(SMALL, encoding="utf-8")
    return file


@pytest.mark.parametrize("folder", SIX, ids=lambda path: path.name)
def test_case_comes_back_from_its_coding_file_byte_for_byte(folder: Path, tmp_path: Path):
    file = policycase.export(folder, "coding", tmp_path / "case.yaml")

    back = policycase.import_case(file, tmp_path / "back")

    assert tables_of(back) == tables_of(folder)


@pytest.mark.slow
def test_case_with_every_kind_of_row_comes_back(tmp_path: Path):
    lamps = copy_lamps(tmp_path / "lamps")
    policycase_render(lamps)
    file = policycase.export(lamps, "coding", tmp_path / "case.yaml")

    back = policycase.import_case(file, tmp_path / "back")

    assert tables_of(back) == tables_of(lamps)


@pytest.mark.slow
def test_six_coding_files_have_at_most_a_third_of_the_cells():
    values = ids = left_out = filled = measured = 0
    for folder in SIX:
        case = policycase.load(folder)
        content = yaml.safe_load(coding_text(case))
        left_out += sum(cells_of(content.pop(part, [])) for part in NOT_CODED)
        values += cells_of(content)
        ids += ids_of(content)
        for name in case.profile.case_tables:
            cells = int(case.text[name].notna().sum().sum())
            filled, measured = (filled, measured + cells) if name in NOT_CODED else (filled + cells, measured)

    assert values <= filled / 3
    shares = [values / filled, (values + ids) / filled, (values + left_out) / (filled + measured)]
    assert shares == pytest.approx([0.32, 0.37, 0.36], abs=0.01)  # as docs/how-to/coding-file.md says


def ids_of(content: dict) -> int:
    """How many names of records, sources, coders and passages a coding file has: keys, which hold no value."""
    places = [
        *content["passages"].values(),
        *content.get("other_sources", {}).values(),
        content.get("without_passage", {}),
    ]
    tables = [table.name for table in coded_tables(shipped_profile()) if not table.id_parts]
    named = sum(len(place.get(name, {})) for place in places for name in tables)
    return named + sum(len(content.get(name, {})) for name in ("sources", "other_sources", "coders", "passages"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_synthetic_cases_come_back_cell_for_cell(seed: int, tmp_path: Path):
    for number, folder in enumerate(write_corpus(tmp_path / "corpus", 6, seed)):
        policycase_render(folder)
        file = policycase.export(folder, "coding", tmp_path / f"{number}.yaml")

        back = policycase.import_case(file, tmp_path / f"back{number}")

        assert tables_of(back) == tables_of(folder)


def policycase_render(folder: Path) -> None:
    """Put the rows of a package into the order of its source."""
    assert main(["render", str(folder)]) == 0


def test_every_scalar_is_text_to_any_reader_of_yaml():
    content = yaml.safe_load(coding_text(policycase.load(ROOT)))

    def leaves(part: object) -> list[object]:
        if isinstance(part, dict | list):
            return [leaf for one in (part.values() if isinstance(part, dict) else part) for leaf in leaves(one)]
        return [part]

    assert {type(leaf) for leaf in leaves(content)} == {str}


def test_link_with_an_inferred_part_is_inferred_as_a_whole(small: Path):
    edit(small, "is_pilot: no, ", "")
    edit(small, "{program_id: lamps, population: women}", "{program_id: lamps, population: {inferred: women}}")

    evidence = read_coding(small, policycase.load(ROOT).profile).tables["evidence"]

    link = evidence[evidence["record_id"].eq("bvt-lamps:lamps--women")]
    assert link[["field", "basis"]].to_numpy().tolist() == [["record", "inferred"]]


def test_scope_may_be_a_code_alone(small: Path):
    edit(small, "is_pilot: no, ", "")
    edit(small, "fingerprints:", "scope: {programs: complete, claims: {extent: none}}\nfingerprints:")

    scope = read_coding(small, policycase.load(ROOT).profile).tables["scope"]

    assert scope[["table_name", "extent"]].to_numpy().tolist() == [["programs", "complete"], ["claims", "none"]]


def test_json_is_a_coding_file(tmp_path: Path):
    case = policycase.load(ROOT / "examples/vnm-pmlsa")
    file = tmp_path / "case.json"
    file.write_text(json.dumps(yaml.safe_load(coding_text(case))), encoding="utf-8")

    back = policycase.import_case(file, tmp_path / "back")

    assert tables_of(back) == tables_of(ROOT / "examples/vnm-pmlsa")


def test_scalars_are_texts_and_what_is_derivable_is_made(small: Path):
    small.write_text(SMALL.replace("is_pilot: no, ", ""), encoding="utf-8")

    tables = read_coding(small, policycase.load(ROOT).profile).tables

    program = tables["programs"].iloc[0].dropna().to_dict()
    assert program == {
        "program_id": "bvt-lamps:lamps",
        "case_id": "bvt-lamps",
        "name": "Lamps",
        "program_type": "other",
        "start": "1999",
        "end": "2001-05",
        "status": "ongoing",
        "summary": "007",
    }
    assert tables["program_populations"]["program_population_id"].tolist() == ["bvt-lamps:lamps--women"]
    assert tables["passages"]["page"].tolist() == ["3", "3"]
    assert tables["passages"]["source_id"].tolist() == ["bvt-lamps:paper"] * 2
    assert tables["passages"]["coding"].tolist() == ["coded", "coded"]


def test_value_rests_on_the_passage_that_it_stands_under(small: Path):
    small.write_text(SMALL.replace("is_pilot: no, ", ""), encoding="utf-8")

    evidence = read_coding(small, policycase.load(ROOT).profile).tables["evidence"]

    rows = evidence[["record_id", "field", "passage_id", "basis"]].itertuples(index=False, name=None)
    assert sorted(tuple(cell.removeprefix("bvt-lamps:") for cell in row) for row in rows) == [
        ("lamps", "end", "p1s2", "stated"),
        ("lamps", "record", "p1s1", "stated"),
        ("lamps", "record", "p1s2", "stated"),
        ("lamps", "start", "p1s1", "stated"),
        ("lamps", "start", "p1s2", "inferred"),
        ("lamps", "status", "p1s1", "inferred"),
        ("lamps--women", "record", "p1s1", "stated"),
    ]


WRONG = {
    "a yes or no of another tongue": ("is_pilot: no", 'small.yaml:7: programs lamps: is_pilot is "no"; expected true'),
    "a code": ("program_type: othr", 'small.yaml:7: programs lamps: program_type is "othr"; expected a code'),
    "a date": ("start: 1999-13", 'small.yaml:7: programs lamps: start: "1999-13" is not an allowed date'),
    "a field": ("strat: 1999", 'small.yaml:7: no "strat" in programs lamps · did you mean "start"?'),
    "a repeated name": ("start: 1999, start: 2000", 'small.yaml:7: "start" appears more than once in programs lamps'),
    "two marks": ("status: {inferred: ended, stated: ended}", "small.yaml:7: programs lamps: status must be a text"),
    "a list": ("summary: [a, b]", "small.yaml:7: programs lamps: summary must be one text"),
    "another value": (
        "end: 2003",
        'small.yaml:12: end is "2001-05" here and "2003" in line 7 · write it in one of the two places',
    ),
    "a field alone": ("supports: [lamps, start]", 'small.yaml:13: supports: no record "start" · join a field to its'),
    "an unknown record": ("supports: [lmps]", 'small.yaml:13: supports: no record "lmps" · did you mean "lamps"?'),
    "an unknown field": ('supports: ["lamps:sart"]', 'small.yaml:13: supports: no field "sart" in programs'),
    "a token": ("supports: [a b]", 'small.yaml:13: supports: "a b" is not a record'),
    "a missing part": ("- {program_id: lamps}", "small.yaml:9: program_populations: population is missing"),
    "a link to nothing": ("- {program_population_id: x}", 'small.yaml:9: no program_population_id "x" appears above'),
    "a passage": ("p1s3: {}", 'small.yaml:14: no passage "p1s3" has a fingerprint'),
    "a section": (
        "other_source: {}",
        'small.yaml:14: no "other_source" in a coding file · did you mean "other_sources"?',
    ),
}
OLD = {
    **dict.fromkeys(["a yes or no of another tongue"], "is_pilot: no"),
    "a code": "program_type: other",
    **dict.fromkeys(["a date", "a field", "a repeated name"], "start: 1999"),
    "two marks": "status: {inferred: ongoing}",
    "a list": "summary: 007",
    "another value": "is_pilot: no",
    **dict.fromkeys(
        ["an unknown record", "an unknown field", "a token", "a field alone"], 'supports: [lamps, "lamps:start?"]'
    ),
    **dict.fromkeys(["a missing part", "a link to nothing"], "- {program_id: lamps, population: women}"),
    "a passage": "fingerprints:",
    "a section": "fingerprints:",
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_taken_is_named_with_its_line(kind: str, small: Path, tmp_path: Path):
    new, message = WRONG[kind]
    new = f"  {new}\nfingerprints:" if kind == "a passage" else f"{new}\nfingerprints:" if kind == "a section" else new
    edit(small, OLD[kind], new)

    with pytest.raises(UnreadableError) as error:
        policycase.import_case(small, tmp_path / "out")

    assert message in str(error.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [1\nb: 2", "case.yaml:2: not YAML"),
        ("case: &c {case_id: x}\nsources: *c", "case.yaml:2: an alias"),
        ("[" * 100_000, "case.yaml:1: nested too deeply"),
        ("", "case.yaml: empty"),
        ("- a\n- b\n", "case.yaml:1: a coding file must be names with values"),
        ("case: {case_id: Nowhere}\n", 'case_id is "Nowhere"; expected an id'),
        (
            "case: {case_id: “kgz-x”}\npassages:\n  p1s1:\n    case: {title: x}\n",
            'case_id is "“kgz-x”"; expected an id',
        ),
        ("case:\n<<<<<<< HEAD\n  case_id: kgz-x\n=======\n", "case.yaml:2: a mark of a merge conflict in Git"),
        (b"case: \xff\xfe", "case.yaml: not UTF-8"),
    ],
)
def test_what_is_no_coding_file_is_refused(content: str | bytes, message: str, tmp_path: Path):
    file = tmp_path / "case.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(UnreadableError) as error:
        policycase.import_case(file, tmp_path / "out")

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n\tb: 1", ":2: not YAML: .* · the line begins with a tab; indent by spaces"),
        ("a:\n  b: 1\n\tc: 2", ":3: not YAML: .* · the line begins with a tab; indent by spaces"),
        ("a:\n  b: c: d", ":2: not YAML: .* · quote a text that holds a colon$"),
        ("a: x\n  b: 2", ":2: not YAML: .* · indent by spaces, as far as the other names beside it"),
        ("a: {b: 1,\n  c: d: e}", ":2: not YAML: .* · close the bracket that line 1 opens"),
        ("a:\nb: 'x", ":2: not YAML: .* · close the quote that line 2 opens"),
        ("a: @x", ':1: not YAML: .* · quote a text that begins with "@"'),
        ("a: x\u2028b: @x", ':2: not YAML: .* · quote a text that begins with "@"'),
    ],
)
def test_what_is_not_yaml_is_named_by_its_cause(text: str, message: str, tmp_path: Path):
    file = tmp_path / "case.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(UnreadableError, match=message):
        composed(file)


HINTED = [
    ("sentence-is-accounted-for", "say why in the note", "write below it what it says", "column passage of a row"),
    (
        "foreign-key-stays-in-case",
        "add it to sources.csv, or correct the id",
        "to sources, or",
        "to the sheet sources,",
    ),
    ("claim-points-to-a-record", "add the row, or correct the id", "named by its parts", "named by its parts"),
    ("end-is-after-start", "correct one of them", "correct one of them", "correct one of them"),
]


@pytest.mark.parametrize(("rule", "hint", "in_file", "in_cells"), HINTED)
def test_hint_on_a_file_speaks_of_the_file_and_not_of_tables(rule: str, hint: str, in_file: str, in_cells: str):
    finding = Finding(rule, "wrong", hint, path="data/claims.csv", line=2, field="note")

    of_line = of_file(finding, Path("lamps.yaml"), {("claims", 0, "note"): 7})
    of_cell = of_file(finding, Path("lamps.xlsx"), {("claims", 0, ""): "claims!A2"})

    assert (of_line.path, of_line.line, of_cell.path) == ("lamps.yaml", 7, "lamps.xlsx claims!A2")
    assert in_file in of_line.hint
    assert in_cells in of_cell.hint
    assert ".csv" not in of_line.hint + of_cell.hint


def test_skeleton_asks_for_what_a_case_and_its_source_have_and_fills_in_what_is_known():
    text = skeleton("nor-lamps", "The council lit its lamps.", "nor-lamps", "nor-lamps.yaml", "nb")

    content = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - every scalar as text
    assert content["case"] | {"case_id": "nor-lamps", "country": "NOR"} == content["case"]
    assert "case: {start: 1999}" in text
    source = content["sources"]["source"]
    assert [name for name, value in source.items() if value] == ["language"]
    assert source["language"] == "nb"
    assert {"container", "license", "accessed_on", "note"} <= source.keys()
    assert set(content["scope"]) == {table.name for table in coded_tables(shipped_profile())}
    assert set(content["scope"].values()) == {""}


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("title", "fill it in"),
        ("source_extent", "fill it in: whole, opening, excerpt"),
        ("country_of_nowhere", "fill it in"),
    ],
)
def test_empty_cell_is_answered_by_its_codes_if_they_are_few(field: str, hint: str):
    assert to_fill("cases", field) == hint


def test_empty_cell_with_many_codes_says_where_they_are():
    assert to_fill("agencies", "sector") == "fill it in; policycase codebook sector lists its codes"


def test_rows_that_the_file_lacks_are_removed_and_counted(tmp_path: Path):
    folder = copy_lamps(tmp_path / "lamps")
    file = policycase.export(folder, "coding", tmp_path / "lamps.yaml")
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    gone = sum(len(passage.pop("claims", {})) for passage in content["passages"].values())
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    names = set(policycase.load(folder).claims["claim_id"].str.partition(":")[2])
    for passage in content["passages"].values():
        kept = [one for one in passage.get("supports", []) if next(iter(one), "") and _record(one) not in names]
        passage["supports"] = kept
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    done = import_tables(file, folder, force=True)

    assert gone > 0
    assert done.changes.set_index("table").loc["claims", "removed"] == gone


def _record(token: str | dict[str, str]) -> str:
    text = token if isinstance(token, str) else next(iter(token))
    return text.rstrip("?").partition(":")[0]


def test_finding_names_the_line_of_the_coding_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = copy_lamps(tmp_path / "lamps")
    file = policycase.export(folder, "coding", tmp_path / "lamps.yaml")
    text = file.read_text(encoding="utf-8")
    line = next(number for number, one in enumerate(text.splitlines(), 1) if one.strip().startswith("country:"))
    file.write_text(text.replace("country: BVT", "country: XQX"), encoding="utf-8")

    code = main(["validate", str(file)])

    assert code == 1
    assert f"lamps.yaml:{line}: " in capsys.readouterr().out
    assert check_coding(file).found[0].line == line


@pytest.mark.parametrize("ending", ["yaml", pytest.param("xlsx", marks=pytest.mark.slow)])
def test_copy_of_the_source_is_looked_at_for_a_file_as_for_a_folder(tmp_path: Path, capsys, ending: str):
    folder = copy_lamps(tmp_path / "lamps")
    sentence = "The office said that its posts were there to cut the number of broken ankles"
    edit(folder / "data/programs.csv", "The part of the guard that had its post by the water.", sentence)
    form = "coding" if ending == "yaml" else "workbook"
    file = policycase.export(folder, form, tmp_path / f"lamps.{ending}")

    codes = [main(["validate", str(file), "--source", str(source)]) for source in (LAMPS_SOURCE, tmp_path / "none.txt")]

    assert codes == [1, 3]
    printed = capsys.readouterr()
    assert printed.out.count("[no-words-of-the-source]") == 1
    assert f"lamps.{ending}{':' if ending == 'yaml' else ' programs!'}" in printed.out
    assert "none.txt: cannot be read" in printed.err


def test_skeleton_holds_each_sentence_and_no_word_of_it_survives_the_import(tmp_path: Path):
    assert main(["new", "bvt-lamps", "--from", str(LAMPS_SOURCE), "-o", str(tmp_path / "bvt-lamps")]) == 0
    file = tmp_path / "bvt-lamps.yaml"

    assert main(["import", str(file), "-o", str(tmp_path / "bvt-lamps"), "--force"]) == 0

    assert "Lamp Office" in file.read_text(encoding="utf-8")
    assert b"Lamp Office" not in b"".join(tables_of(tmp_path / "bvt-lamps").values())
    passages = policycase.load(tmp_path / "bvt-lamps").passages
    wanted = passage_rows(read_source(LAMPS_SOURCE), "bvt-lamps", "bvt-lamps:source")
    assert passages["fingerprint"].tolist() == wanted["fingerprint"].tolist()
    assert passages["coding"].eq("uncoded").all()


def test_skeleton_of_a_coder_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "bvt-lamps.yaml"
    file.write_text("mine", encoding="utf-8")

    code = main(["new", "bvt-lamps", "--from", str(LAMPS_SOURCE), "-o", str(tmp_path / "bvt-lamps")])

    assert code == 3
    assert "bvt-lamps.yaml exists" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "bvt-lamps").exists()


@pytest.mark.slow
@pytest.mark.parametrize("folder", SIX, ids=lambda path: path.name)
def test_coding_files_are_valid_by_their_schema(folder: Path):
    schema = json.loads((ROOT / "schemas/coding.schema.json").read_text(encoding="utf-8"))
    content = yaml.safe_load(coding_text(policycase.load(folder)))

    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(content))

    assert errors == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("program_type: other", "program_type: othr"), ("start: 1999", "start: '1999-13'"), ("name: Lamps", "nam: Lamps")],
)
def test_schema_finds_what_an_import_refuses(old: str, new: str, small: Path):
    schema = json.loads((ROOT / "schemas/coding.schema.json").read_text(encoding="utf-8"))
    small.write_text(SMALL.replace("is_pilot: no, ", "").replace("end: 2001-05", "end: '2001-05'"), encoding="utf-8")
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(yaml.safe_load(small.read_text(encoding="utf-8")))

    edit(small, old, new)

    assert not validator.is_valid(yaml.safe_load(small.read_text(encoding="utf-8")))


def test_several_cases_make_no_coding_file(tmp_path: Path):
    both = policycase.stack([ROOT, ROOT / "examples/vnm-pmlsa"])

    with pytest.raises(UnreadableError, match="a coding file is of one case"):
        policycase.export(both, "coding", tmp_path / f"both{ENDINGS[0]}")

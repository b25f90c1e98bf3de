"""Many packages at once: each gets the verdict that it gets alone."""

import json
import re
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import distributed
import pandas as pd
import pytest
from copies import copy_lamps, copy_package, edit
from corpora import write_case, write_corpus
from damage import damage
from test_rules import damaged

import policycase
from policycase.cli.main import main
from policycase.errors import UnreadableError
from policycase.model import tables as tables_module
from policycase.model.package import Folder, Package
from policycase.model.tables import read_tables
from policycase.storage import csv_files
from policycase.validation import report
from policycase.validation import report as validation
from policycase.validation.cell_checks import Screened, screened

pytestmark = pytest.mark.slow

WRONG_IN_RULES = ["id-has-case-prefix", "foreign-key-stays-in-case", "parent-chain-has-no-cycle", "figure-parts-add-up"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> list[Path]:
    """Sound packages, damaged ones, the same case twice, a zip, and what is no package."""
    folder = tmp_path_factory.mktemp("corpus")
    paths = write_corpus(folder / "sound", 3)
    for seed in range(6):
        damage(folder / f"damaged-{seed}", seed)
        paths.append(folder / f"damaged-{seed}")
    paths += [damaged(rule, folder / rule) for rule in WRONG_IN_RULES]
    paths += [copy_lamps(folder / "lamps"), policycase.pack(copy_package(folder / "case"), folder / "case.zip")]
    return [*paths, folder / "nothing", folder]


def test_validate_many_finds_what_validate_finds_in_each(corpus: list[Path]):
    reports = policycase.validate_many(corpus)

    assert list(reports) == [str(path) for path in corpus]
    for path in corpus[:-2]:
        assert reports[str(path)] == policycase.validate(path), path.name
    assert [str(found) for found in reports[str(corpus[-2])].found] == [
        f"{corpus[-2]}: no such file or folder  [package-can-be-read]"
    ]


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_validate_many_takes_any_executor(corpus: list[Path], kind, monkeypatch):
    monkeypatch.setattr(report.validate_in_parts, "__defaults__", (None, 2))
    some = corpus[:5]

    with kind(2) as executor:
        assert policycase.validate_many(some, executor) == policycase.validate_many(some)


def test_validate_many_takes_the_executor_of_dask(corpus: list[Path]):
    with distributed.Client(processes=False, n_workers=1, dashboard_address=None) as client:
        found = policycase.validate_many(corpus[:3], client.get_executor())

    assert found == policycase.validate_many(corpus[:3])


def test_screen_lets_every_sound_package_through(tmp_path: Path):
    roots = {str(number): Folder(path) for number, path in enumerate(write_corpus(tmp_path, 6))}

    found = screened(roots)

    assert list(found.packages) == list(roots)
    assert found.suspects == {}


def test_report_is_the_same_without_the_screen(corpus: list[Path], monkeypatch):
    reports = policycase.validate_many(corpus)
    monkeypatch.setattr(validation, "screened", lambda _roots: Screened({}, {}, None, {}))

    assert policycase.validate_many(corpus) == reports


def test_hints_are_the_same_beside_many_wrong_rows_of_others(tmp_path: Path):
    paths = [copy_package(tmp_path / "case"), write_case(tmp_path / "other", 1), write_case(tmp_path / "third", 2)]
    for path in paths:
        evidence = path / "data/evidence.csv"
        evidence.write_bytes(re.sub(rb"(?m)^([a-z]{3}-[a-z0-9:-]+)", rb"\1-x", evidence.read_bytes()))

    reports = policycase.validate_many(paths)

    assert reports == {str(path): policycase.validate(path) for path in paths}
    hints = [
        found.hint for found in reports[str(paths[1])].found if found.rule == "evidence-points-to-a-record-and-field"
    ]
    assert 0 < sum("did you mean" in hint for hint in hints) <= 50


def test_package_with_one_fault_is_checked_in_that_table_alone(tmp_path: Path):
    case = copy_package(tmp_path / "case")
    edit(case / "data/goals.csv", ",3,reduce-crime,", ",3,reduce-crimes,")

    assert screened({"case": Folder(case)}).suspects == {"case": {"goals"}}


def test_read_many_gives_what_reading_each_gives(corpus: list[Path]):
    packages = {f"{path.name}/": Package.read(path) for path in corpus[:3]}

    found = tables_module.read_many(packages)

    each = {prefix: read_tables(package) for prefix, package in packages.items()}
    for name in found.profile.case_tables:
        rows = [(prefix, tables, row) for prefix, tables in each.items() for row in tables[name].itertuples()]
        assert [found.place(name, number) for number in found[name].index] == [
            (prefix + path, line) for prefix, tables, row in rows for path, line in [tables.place(name, row[0])]
        ]
        assert found[name].equals(pd.concat([tables[name] for tables in each.values()]).set_axis(found[name].index))


def test_package_that_names_another_ones_record_is_judged_alone(tmp_path: Path):
    one, other, third = (write_case(tmp_path / str(number), number) for number in (0, 1, 2))
    packages = {f"{path.name}/": Package.read(path) for path in (one, other, third)}
    sound = report.entangled(tables_module.read_many(packages))
    stranger = first_agency(other)

    point_first_claim_to(one / "data/claims.csv", stranger)

    assert sound == set()
    assert report.entangled(tables_module.read_many(packages)) == {0}
    assert policycase.validate_many([one, other])[str(one)] == policycase.validate(one)


def first_agency(path: Path) -> str:
    """The id of a case's first agency."""
    return (path / "data/agencies.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]


def point_first_claim_to(claims: Path, record_id: str) -> None:
    """Let the first claim be about another record."""
    rows = pd.read_csv(claims, dtype=str, keep_default_na=False)
    rows.loc[0, "record_id"] = record_id
    rows.to_csv(claims, index=False, lineterminator="\n")


def test_stack_of_paths_is_the_stack_of_loaded_cases(corpus: list[Path]):
    paths = [corpus[2], corpus[0], corpus[1]]

    found = policycase.stack(paths)

    one_by_one = policycase.stack(policycase.load(path) for path in paths)
    assert found == one_by_one
    assert found.descriptor == one_by_one.descriptor


def test_stack_names_the_file_and_line_that_cannot_be_read(corpus: list[Path], tmp_path: Path):
    case = copy_package(tmp_path / "case")
    edit(case / "data/goals.csv", ",3,reduce-crime,", ",x,reduce-crime,")

    with pytest.raises(UnreadableError, match=rf'{case}/data/goals.csv:6: position is "x"; expected a whole number'):
        policycase.stack([corpus[0], case])


def test_stack_reads_a_file_that_fails_the_gate_by_itself(corpus: list[Path], tmp_path: Path):
    case = copy_package(tmp_path / "case")
    goals = case / "data/goals.csv"
    goals.write_bytes(goals.read_bytes().removesuffix(b"\n"))

    found = policycase.stack([case, corpus[0]])

    assert found == policycase.stack([policycase.load(case), corpus[0]])


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        ('a,b\n"a, b",""\n"say ""so""",x\n', True),
        ("", True),
        ("a\nb,c,d\n", False),
        ("a,b,c\nd\n", False),
        ('"a\nb",c\n', False),
        ('a"b,c\n', False),
        ('"a"b,c\n', False),
        ('"a,b\n', False),
        ('a,b\n"c\n",d\n', False),
        ("a,b", False),
        ("a,b\r\n", False),
        ("a,\0\n", False),
        ("a,\ud800\n", False),
    ],
)
def test_gate_lets_through_only_rows_that_stay_where_they_are(body: str, passes: bool):
    others = [b"x,y\n", b'"x",y\n']

    found = csv_files.gate([others[0], body.encode("utf-8", "surrogatepass"), others[1], None], 2)

    assert found == [True, passes, True, False]


def test_validate_of_many_prints_a_table_and_exits_with_one(capsys, corpus: list[Path]):
    code = main(["validate", *map(str, [corpus[0], corpus[-2]])])

    out, err = capsys.readouterr()
    assert code == 1
    assert f"{corpus[-2]}: no such file or folder  [package-can-be-read]" in out
    assert out.splitlines()[-1] == "1 of 2 packages valid; the tables of 1 could not be judged"
    assert err == ""


def test_validate_of_many_writes_json_lines(capsys, corpus: list[Path]):
    code = main(["validate", "--json", "--jobs", "1", str(corpus[0].parent / "*")])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert [(line["package"], line["valid"]) for line in lines] == [(str(path), True) for path in corpus[:3]]

"""A corpus larger than memory: written in parts, partitioned by case, read by what is asked."""

import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import dask.dataframe as dd
import pandas as pd
import pytest
from copies import ROOT, copy_case, copy_lamps, edit
from corpora import write_corpus

import policycase
from policycase.cli.main import main
from policycase.errors import InvalidPackageError, StackError, UnknownNameError, UnreadableError, UnsafePathError
from policycase.exports import corpus

COUNT = 7


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_corpus(tmp_path_factory.mktemp("packages"), COUNT)


@pytest.fixture(scope="module", autouse=True)
def small_parts():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "AT_ONCE", 3)
        yield


@pytest.fixture(scope="module")
def once(packages: list[Path], tmp_path_factory: pytest.TempPathFactory) -> policycase.Corpus:
    return policycase.write_corpus(packages, tmp_path_factory.mktemp("once") / "corpus")


@pytest.fixture
def whole(once: policycase.Corpus, tmp_path: Path) -> policycase.Corpus:
    """A corpus of all packages, to change."""
    return policycase.open_corpus(shutil.copytree(once.folder, tmp_path / "whole"))


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a corpus but the marks of its parts."""
    files = [path for path in folder.rglob("*") if path.is_file() and corpus.PARTS not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.glob("*/case_id=*/*.parquet")}


@pytest.mark.slow
def test_selection_of_all_cases_is_the_stack_cell_for_cell(whole: policycase.Corpus, packages: list[Path]):
    stacked = policycase.stack(packages)

    book = whole.select(whole.case_ids)

    assert book == stacked
    assert book.descriptor == stacked.descriptor
    assert policycase.panel(book).equals(policycase.panel(stacked))


def test_selection_of_the_real_cases_keeps_every_text(tmp_path: Path):
    six = [ROOT, *sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())]

    book = policycase.write_corpus(six, tmp_path / "six").select(["kgz-leph"])

    assert book == policycase.load(ROOT)
    assert book.descriptor == policycase.load(ROOT).descriptor


def test_numbers_keep_how_they_are_written(tmp_path: Path):
    lamps = copy_lamps(tmp_path / "lamps")
    figures = policycase.load(lamps).text["figures"]
    value = figures["value"].dropna().iloc[0]
    line = next(line for line in (lamps / "data/figures.csv").read_text().splitlines() if f",{value}," in line)
    edit(lamps / "data/figures.csv", line, line.replace(f",{value},", f",{value}.0,", 1))

    made = policycase.write_corpus([lamps], tmp_path / "corpus", skip_invalid=True)

    assert made.select(["bvt-lamps"]).text["figures"]["value"].tolist() == policycase.load(lamps).text["figures"]["value"].tolist()  # fmt: skip


@pytest.mark.slow
def test_selection_reads_only_its_cases(whole: policycase.Corpus):
    first, *others = whole.case_ids
    for case_id in others:
        for place in whole.folder.glob(f"*/case_id={case_id}"):
            shutil.rmtree(place)

    book = whole.select([first])

    assert book.case_ids == [first]


@pytest.mark.slow
def test_tables_are_relations_of_duckdb(whole: policycase.Corpus, packages: list[Path]):
    stacked = policycase.stack(packages)

    counted = whole.programs.aggregate("case_id, count(*) AS n", "case_id").df()

    assert (
        dict(zip(counted["case_id"], counted["n"], strict=True)) == stacked.programs.groupby("case_id").size().to_dict()
    )
    for name in whole.tables:
        assert whole[name].columns == list(stacked[name].columns)
        assert len(whole[name]) == len(stacked[name])


@pytest.mark.slow
def test_dask_and_pandas_read_it_with_one_schema(whole: policycase.Corpus, packages: list[Path]):
    events = policycase.stack(packages).events

    by_pandas = pd.read_parquet(whole.folder / "events")
    by_dask = dd.read_parquet(whole.folder / "events").compute()

    assert sorted(by_pandas["event_id"]) == sorted(by_dask["event_id"]) == sorted(events["event_id"])
    assert list(by_pandas["event_type"].cat.categories) == list(events["event_type"].cat.categories)


@pytest.mark.slow
def test_unknown_case_is_named(whole: policycase.Corpus):
    with pytest.raises(UnknownNameError, match='no case "kgz-nowhere"'):
        whole.select(["kgz-nowhere"])


@pytest.mark.slow
@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_executor_gives_the_same_corpus(whole: policycase.Corpus, packages: list[Path], tmp_path: Path, pool: type):
    with pool(2) as executor:
        other = policycase.write_corpus(packages, tmp_path / "other", executor)

    assert content(other.folder) == content(whole.folder)


# -- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.fixture
def faulty(packages: list[Path], tmp_path: Path) -> list[Path]:
    """The packages, the fifth of which has a goal of no known type."""
    bad = copy_case(packages[4], tmp_path / "bad")
    frame = pd.read_csv(bad / "data/goals.csv", dtype=str, keep_default_na=False)
    frame.loc[0, "goal_type"] = "nonsense"
    frame.to_csv(bad / "data/goals.csv", index=False, lineterminator="\n")
    return [*packages[:4], bad, *packages[5:]]


@pytest.mark.slow
def test_invalid_package_is_named_and_what_is_done_stays(faulty: list[Path], tmp_path: Path):
    with pytest.raises(InvalidPackageError, match=r"bad is not valid: data/goals.csv:2.*skip_invalid=True"):
        policycase.write_corpus(faulty, tmp_path / "corpus")

    assert len(list((tmp_path / "corpus/programs").iterdir())) == 3
    with pytest.raises(UnreadableError, match="is not whole yet"):
        policycase.open_corpus(tmp_path / "corpus")


@pytest.mark.slow
def test_invalid_package_is_left_out_when_asked(faulty: list[Path], tmp_path: Path):
    made = policycase.write_corpus(faulty, tmp_path / "corpus", skip_invalid=True)

    assert list(made.left_out) == [str(faulty[4])]
    assert len(made.case_ids) == COUNT - 1
    assert policycase.open_corpus(tmp_path / "corpus").left_out == made.left_out


@pytest.mark.slow
def test_stopped_run_goes_on_where_it_stopped(faulty: list[Path], packages: list[Path], tmp_path: Path):
    with pytest.raises(InvalidPackageError):
        policycase.write_corpus(faulty, tmp_path / "corpus")
    before = times(tmp_path / "corpus")
    fixed = pd.read_csv(packages[4] / "data/goals.csv", dtype=str, keep_default_na=False)
    fixed.to_csv(faulty[4] / "data/goals.csv", index=False, lineterminator="\n")

    made = policycase.write_corpus(faulty, tmp_path / "corpus")

    assert before
    assert before.items() <= times(tmp_path / "corpus").items()
    assert made.select(made.case_ids) == policycase.stack(packages)


@pytest.mark.slow
def test_run_killed_while_it_moved_a_part_is_mended(packages: list[Path], whole: policycase.Corpus):
    before = content(whole.folder)
    mark = whole.folder / corpus.PARTS / "1.json"
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"done": False}))
    (whole.folder / corpus.ABOUT).unlink()
    case_id = json.loads(mark.read_text())["cases"][0]
    shutil.rmtree(whole.folder / f"events/case_id={case_id}")
    (whole.folder / corpus.PARTS / "1/programs").mkdir(parents=True)

    policycase.write_corpus(packages, whole.folder)

    assert content(whole.folder) == before


@pytest.mark.slow
def test_changed_package_is_written_again_and_a_removed_one_goes(packages: list[Path], tmp_path: Path):
    copies = [copy_case(path, tmp_path / path.name) for path in packages]
    policycase.write_corpus(copies, tmp_path / "corpus")
    before = times(tmp_path / "corpus")
    cases = copies[0] / "data/cases.csv"
    os.utime(cases, ns=(1, cases.stat().st_mtime_ns + 10**9))

    made = policycase.write_corpus(copies[:-1], tmp_path / "corpus")

    same = [path for path, time in times(tmp_path / "corpus").items() if before[path] == time]
    assert made.select(made.case_ids) == policycase.stack(copies[:-1])
    assert {Path(path).parent.name for path in same} == {f"case_id={case_id}" for case_id in made.case_ids[3:6]}


@pytest.mark.slow
def test_case_in_two_packages_is_refused(packages: list[Path], tmp_path: Path):
    again = copy_case(packages[0], tmp_path / "again")

    with pytest.raises(StackError, match="is in two packages"):
        policycase.write_corpus([*packages, again], tmp_path / "corpus")


def test_folder_with_something_else_is_not_touched(packages: list[Path], tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")

    with pytest.raises(UnreadableError, match="holds something other than a corpus"):
        policycase.write_corpus(packages, tmp_path / "mine")

    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"cases": 7, "left_out": {}}', b"\xff", b"[" * 10_000])
def test_corpus_whose_list_is_damaged_is_not_opened(content: bytes, tmp_path: Path):
    (tmp_path / "corpus.json").write_bytes(content)

    with pytest.raises(UnreadableError, match="is not the list of a corpus"):
        policycase.open_corpus(tmp_path)


def test_folder_without_a_corpus_is_not_opened(tmp_path: Path):
    with pytest.raises(UnreadableError, match="holds no corpus"):
        policycase.open_corpus(tmp_path)


@pytest.mark.slow
def test_case_ids_of_a_corpus_cannot_leave_its_folder(whole: policycase.Corpus):
    about = json.loads((whole.folder / corpus.ABOUT).read_text())
    (whole.folder / corpus.ABOUT).write_text(json.dumps(about | {"cases": ["../../other"]}))

    with pytest.raises(UnsafePathError, match="is not a case_id"):
        policycase.open_corpus(whole.folder)


# -- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_command_writes_a_corpus_and_names_what_it_leaves_out(faulty: list[Path], tmp_path: Path, capsys):
    code = main(["stack", *map(str, faulty), "--to", "parquet", "-o", str(tmp_path / "corpus"), "--skip-invalid"])

    out, err = capsys.readouterr()
    assert code == 0
    assert f"{COUNT - 1} cases, 1 packages left out" in out
    assert f"left out: {faulty[4]}" in err


@pytest.mark.slow
def test_command_takes_a_pattern(packages: list[Path], tmp_path: Path, capsys):
    code = main(["stack", str(packages[0].parent / "*"), "--to", "parquet", "-o", str(tmp_path / "corpus"), "--json"])

    assert code == 0
    assert len(json.loads(capsys.readouterr().out)["cases"]) == COUNT

"""The companion cases: each whole and valid by itself, and all of them as one."""

from pathlib import Path

import pytest
from books import BOOKS
from copies import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

import policycase
from policycase.model.profile import Profile

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/datapackage.json"))


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_example_is_valid_under_the_same_profile(folder: Path):
    report = policycase.validate(folder)

    assert report.is_valid, report.findings["message"].tolist()
    assert Profile.read(folder).files == Profile.read(ROOT).files
    assert policycase.load(folder).case_ids == [folder.name]


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_example_rests_on_its_passages(folder: Path):
    case = policycase.load(folder)
    rows = case.coverage()

    assert (rows["rows_with_evidence"] == rows["rows_needing_evidence"]).all()
    assert (rows["values_with_evidence"] == rows["values_needing_evidence"]).all()
    assert case.cases["review_status"].tolist() == ["double-coded" if len(case.reliability) else "single-coded"]


@pytest.mark.slow
@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.case_ids[0])
def test_coded_rows_alone_are_a_valid_package(book: policycase.Casebook, tmp_path: Path):
    book.coded.write(tmp_path / "coded")

    assert policycase.validate(tmp_path / "coded").findings.empty


def test_all_cases_stack_into_one_valid_package(tmp_path: Path):
    stacked = policycase.stack(BOOKS).write(tmp_path / "stack")

    assert stacked.case_ids == sorted(case_id for book in BOOKS for case_id in book.case_ids)
    assert policycase.validate(tmp_path / "stack").is_valid


@pytest.mark.slow
@given(st.permutations(BOOKS), st.integers(1, len(BOOKS)))
@settings(max_examples=8, deadline=None)
def test_stack_is_independent_of_order_associative_and_idempotent(books: list, cut: int):
    whole = policycase.stack(BOOKS)
    parts = [policycase.stack(part) for part in (books[:cut], books[cut:]) if part]

    for again in (policycase.stack(books), policycase.stack(parts), policycase.stack([whole, *books])):
        assert again == whole
        assert again.descriptor == whole.descriptor


def test_unstack_gives_back_each_case():
    frames = policycase.unstack(policycase.stack(BOOKS))

    for book in BOOKS:
        for name, frame in frames[book.case_ids[0]].items():
            assert frame.equals(book[name]), (book.case_ids, name)
            assert (frame.dtypes == book[name].dtypes).all(), name

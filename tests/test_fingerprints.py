"""Skeletons and fingerprints of passages."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from policycase.model.passages import fingerprint, locate, shared_runs, shared_starts, skeleton

WORDS = st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=30)
NOISE = st.text(alphabet=" \n\t-–—“”’.,;:()¶", max_size=5)


@given(st.text())
def test_skeleton_holds_letters_and_digits_only(text: str):
    assert all(unicodedata.category(c)[0] in "LN" for c in skeleton(text))


@given(st.lists(st.tuples(NOISE, WORDS), max_size=8))
def test_skeleton_ignores_space_hyphens_and_quotes(parts: list[tuple[str, str]]):
    noisy = "".join(noise + word for noise, word in parts)
    plain = "".join(word for _, word in parts)

    assert skeleton(noisy) == skeleton(plain)


def test_skeleton_ignores_ligatures_and_case():
    assert skeleton("The ﬁrst OFFICE") == skeleton("the first oﬃce")


@given(WORDS, WORDS, WORDS)
def test_passage_is_located_where_it_stands(before: str, passage: str, after: str):
    source, bones = skeleton(f"{before} {passage} {after}"), skeleton(passage)
    key = (len(bones), fingerprint(bones))

    position = locate(source, [key])[key]

    assert source[position : position + len(bones)] == bones


@given(WORDS)
def test_changed_passage_is_not_located(word: str):
    bones = skeleton(word)
    other = "ж" if bones[0] != "ж" else "я"

    assert locate(other + bones[1:], [(len(bones), fingerprint(bones))]) == {}


def test_shared_run_needs_forty_five_letters_in_a_row():
    bones = skeleton("x" * 10 + "abcdefghij" * 6)
    runs = shared_runs(bones, [(10, 70)])

    assert shared_starts("yy" + "abcdefghij" * 4 + "abcde", runs) == [2]
    assert shared_starts("abcdefghij" * 4 + "abcd", runs) == []
    assert shared_starts("y" * 60, runs) == []


def test_shared_run_crosses_from_one_passage_to_the_next():
    bones = "a" * 30 + "b" * 30

    assert shared_starts("a" * 25 + "b" * 20, shared_runs(bones, [(0, 30), (30, 60)]))
    assert not shared_starts("a" * 25 + "b" * 20, shared_runs(bones, [(0, 29), (30, 60)]))

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidReference
from shared.rules import ids
from tests.proving import at_length

words = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_known_id_never_changes() -> None:
    expected = "image-analysis-87485d42ff5a7e51a03279d346f55099"
    assert ids.job_id("image-analysis", "images/cat.png", "0x1") == expected


def test_a_known_bucket_never_changes() -> None:
    assert ids.bucket("image-analysis-87485d42ff5a7e51a03279d346f55099", 4) == 0x87 % 4


@settings(max_examples=at_length(30, 2_000))
@given(words, words)
def test_an_id_is_the_type_and_32_hex_digits(ref: str, version: str) -> None:
    found = ids.JOB_ID.fullmatch(ids.job_id("image-analysis", ref, version))
    assert found is not None
    assert found[1] == "image-analysis"


@settings(max_examples=at_length(30, 2_000))
@given(words, words, words, st.integers(1, 256))
def test_all_versions_of_a_reference_share_their_bucket(ref: str, one: str, two: str, buckets: int) -> None:
    first, second = (ids.job_id("image-analysis", ref, version) for version in (one, two))
    assert ids.bucket(first, buckets) == ids.bucket(second, buckets) < buckets


@settings(max_examples=at_length(30, 2_000))
@given(words, words, words)
def test_two_versions_of_a_reference_are_two_jobs(ref: str, one: str, two: str) -> None:
    same = ids.job_id("image-analysis", ref, one) == ids.job_id("image-analysis", ref, two)
    assert same == (one == two)


def test_the_type_is_part_of_the_reference() -> None:
    assert ids.job_id("a", "images/cat.png", "")[-32:] != ids.job_id("b", "images/cat.png", "")[-32:]


def test_a_digest_keeps_the_borders_of_its_parts() -> None:
    assert len({ids.digest("a", "b"), ids.digest("ab", ""), ids.digest("", "ab"), ids.digest("ab")}) == 4


@pytest.mark.parametrize("kind", ["", "A", "1a", "a_b", "a" * 32, "a:b", "ä"])
def test_a_type_of_another_form_is_refused(kind: str) -> None:
    with pytest.raises(InvalidReference, match="type"):
        ids.job_id(kind, "images/cat.png", "")


@pytest.mark.parametrize(
    "identity", ["", "cat", "a-" + "0" * 31, "a-" + "G" * 32, "-" + "0" * 32, "a-" + "0" * 32 + "\n"]
)
def test_an_id_of_another_form_has_no_bucket(identity: str) -> None:
    with pytest.raises(InvalidReference, match="job id"):
        ids.bucket(identity, 4)

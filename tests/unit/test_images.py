import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidReference
from shared.rules.images import ImageRef, version_of
from tests.proving import at_length

names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\\ufffe\uffff"), min_size=1).filter(
    lambda name: not any(segment.endswith(".") for segment in name.split("/"))
)


@settings(max_examples=at_length(30, 2_000))
@given(st.sampled_from(["abc", "images", "a" * 63]), names)
def test_a_reference_is_read_back_as_it_was_written(container: str, name: str) -> None:
    ref = ImageRef(container, name)
    assert ImageRef.of(ref.ref) == ref


@pytest.mark.parametrize("length", [1, 1024])
def test_a_name_of_the_allowed_length_is_taken(length: int) -> None:
    assert ImageRef.of("images/" + "é" * length).name == "é" * length


@pytest.mark.parametrize("ref", ["", "images", "images/", "/cat.png", "im/cat.png", "i" * 64 + "/cat.png"])
def test_a_reference_without_container_or_name_is_refused(ref: str) -> None:
    with pytest.raises(InvalidReference, match=r"container/name|characters"):
        ImageRef.of(ref)


def test_a_name_longer_than_the_service_allows_is_refused() -> None:
    with pytest.raises(InvalidReference, match="1,024"):
        ImageRef.of("images/" + "a" * 1025)


@pytest.mark.parametrize(
    "name", [".", "..", "../secrets/cat.png", "a/../../secrets/cat.png", "a/./b", "a/..", "b.", "a./b", "..."]
)
def test_a_name_that_a_url_would_fold_away_is_refused(name: str) -> None:
    with pytest.raises(InvalidReference):
        ImageRef.of(f"images/{name}")


def test_a_name_that_utf_8_cannot_say_is_refused() -> None:
    with pytest.raises(InvalidReference):
        ImageRef.of("images/\ud800.png")


@pytest.mark.parametrize("etag", ["0x8DF", '"0x8DF"', 'W/"0x8DF"'])
def test_a_version_is_the_same_with_and_without_quotes(etag: str) -> None:
    assert version_of(etag) == "0x8DF"

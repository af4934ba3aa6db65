"""Names and documents use the words of docs/glossary.md."""

import re

import pytest

from tests import words

ROOT = words.ROOT
_MODULES = set(re.findall(r"`((?:shared|localhost|tests|clients)[\w.]*)`", words.GLOSSARY))


def test_every_module_that_the_glossary_names_is_there() -> None:
    places = [ROOT.joinpath(*name.split(".")) for name in sorted(_MODULES)]
    assert len(places) > 40
    assert [place for place in places if not (place.is_dir() or place.with_suffix(".py").is_file())] == []


def test_every_package_decides_a_word_of_the_glossary() -> None:
    packages = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for place in ("shared", "localhost")
        for path in (ROOT / place).rglob("*.py")
    }
    assert [each for each in sorted(packages) if not any(f"{name}.".startswith(f"{each}.") for name in _MODULES)] == []


def test_every_word_stands_once_in_the_glossary() -> None:
    entries = re.findall(r"^\| (?!word|--)([^|]+) \|", words.GLOSSARY, re.MULTILINE)
    assert sorted(entries) == sorted(set(entries))


def test_no_new_name_is_a_participle_or_says_nothing() -> None:
    known, wrong = set(words.KNOWN.read_text("utf-8").splitlines()), set(words.names_to_rename())
    assert sorted(wrong - known) == [], "a thing needs a noun, an act a verb: see docs/glossary.md"
    assert sorted(known - wrong) == [], "these are gone: run `python -m tests.words`, which writes the list again"


def test_a_name_that_stands_outside_of_the_code_is_still_defined_where_the_list_says() -> None:
    listed = {name for names in words.WIRE.values() for name in names}
    assert sorted(listed - set(words.wrong_names())) == []


@pytest.mark.parametrize("name", ["told", "_held", "ImageFound", "AcceptedTold", "Base", "spawned", "seen", "utils"])
def test_a_participle_or_a_word_that_says_nothing_is_no_name(name: str) -> None:
    assert words.is_wrong(name)


@pytest.mark.parametrize("name", ["ended", "_lapsed", "HeldLease", "shared", "is_disabled", "SEED", "read", "feed"])
def test_states_adjectives_and_sentences_are_names(name: str) -> None:
    assert not words.is_wrong(name)

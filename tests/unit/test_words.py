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


def test_no_name_is_a_participle_or_says_nothing_but_those_that_stand_outside_of_the_code_as_well() -> None:
    outside = {name for names in words.WIRE.values() for name in names}
    assert set(words.wrong_names()) == outside, "a thing needs a noun, an act a verb: see docs/glossary.md"


@pytest.mark.parametrize("name", ["told", "_held", "ImageFound", "AcceptedTold", "Base", "spawned", "seen", "utils"])
def test_a_participle_or_a_word_that_says_nothing_is_no_name(name: str) -> None:
    assert words.is_wrong(name)


@pytest.mark.parametrize("name", ["ended", "_lapsed", "HeldLease", "shared", "is_disabled", "SEED", "read", "feed"])
def test_states_adjectives_and_sentences_are_names(name: str) -> None:
    assert not words.is_wrong(name)

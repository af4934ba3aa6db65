"""The glossary keeps up with the code."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
_NAMED = set(re.findall(r"`((?:shared|localhost|tests|clients)[\w.]*)`", GLOSSARY))


def test_every_module_that_the_glossary_names_is_there() -> None:
    places = [ROOT.joinpath(*name.split(".")) for name in sorted(_NAMED)]
    assert len(places) > 40
    assert [place for place in places if not (place.is_dir() or place.with_suffix(".py").is_file())] == []


def test_every_package_decides_a_word_of_the_glossary() -> None:
    packages = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for place in ("shared", "localhost")
        for path in (ROOT / place).rglob("*.py")
    }
    assert [each for each in sorted(packages) if not any(f"{name}.".startswith(f"{each}.") for name in _NAMED)] == []


def test_every_word_stands_once_in_the_glossary() -> None:
    entries = re.findall(r"^\| (?!word|--)([^|]+) \|", GLOSSARY, re.MULTILINE)
    assert sorted(entries) == sorted(set(entries))

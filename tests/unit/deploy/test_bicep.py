"""Bicep is worked out as Azure would, as far as deploy/azure needs it."""

from pathlib import Path

import pytest

from deploy.check.bicep.reader import SyntaxProblem
from deploy.check.bicep.template import Template
from deploy.check.bicep.tree import Place
from deploy.check.bicep.values import Quote, Unknown, Value

HERE = Place("here", 1)
COMMON = """
param word string = 'cat'
param list array = ['a', 'b']
var object = { inner: { text: word }, 'a b': 2 }
resource account 'Some/accounts@2024-01-01' existing = { name: 'account-${word}' }
"""


def output(folder: Path, expression: str, **given: Value) -> Value:
    """Work one expression out."""
    (folder / "main.bicep").write_text(f"{COMMON}\noutput found object = {expression}\n")
    return Template(folder, "main.bicep", given, HERE).output("found", HERE)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'${word}s // no comment'", "cats // no comment"),
        ("' ${word}\t'", " cat\t"),
        (r"'it\'s \${word}'", "it's ${word}"),
        ("'''\n  ${word}\n'''", "  ${word}\n"),
        ("object.inner.text", "cat"),
        ("object['a b']", 2),
        ("list[1]", "b"),
        ("word == object.inner.text", True),
        ("word != 'cat' ? 1 : object.inner.text", "cat"),
        ("(word == 'cat') && !empty(list) || false", True),
        ("[for (each, i) in list: '${i}${each}']", ["0a", "1b"]),
        ("union({ a: 1, b: 1 }, { b: 2 })", {"a": 1, "b": 2}),
        ("toLower('ABC')", "abc"),
        ("min(3, 2)", 2),
        ("string(true)", "True"),
        ("account.name", "account-cat"),
        ("empty(account.id)", False),
    ],
)
def test_an_expression_has_its_value(tmp_path: Path, expression: str, value: object) -> None:
    assert output(tmp_path, expression) == value


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("account.properties.endpoint", "<account.properties.endpoint>"),
        ("'${account.id}/x'", "<account.id>/x"),
        ("guid('a', word)", "<guid(a, cat)>"),
    ],
)
def test_what_only_azure_knows_stays_unknown(tmp_path: Path, expression: str, text: str) -> None:
    found = output(tmp_path, expression)
    assert isinstance(found, Unknown)
    assert found == text


def test_a_text_knows_where_it_is_written(tmp_path: Path) -> None:
    found = output(tmp_path, "object.inner.text")
    assert isinstance(found, Quote)
    assert found.place == Place("main.bicep", 2)


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("nothing", "'nothing' is not declared."),
        ("object.outer", "There is no property 'outer' here."),
        ("1 +", "The syntax is wrong here."),
        ("1 + 1", "The check does not know the operator '+'."),
        ("[for each in word: each]", "The loop must go over a list."),
    ],
)
def test_what_is_wrong_or_unknown_is_reported(tmp_path: Path, expression: str, sentence: str) -> None:
    with pytest.raises(SyntaxProblem) as problem:
        output(tmp_path, expression)
    assert problem.value.sentence == sentence


def test_resources_are_worked_out_through_modules_conditions_and_loops(tmp_path: Path) -> None:
    (tmp_path / "inner.bicep").write_text("""
        param names array
        resource tables 'Some/tables@2024-01-01' = [for name in names: if (name != 'b') {
          name: name
          resource rows 'rows' = { name: 'row-${name}' }
        }]
        output first string = tables[0].name
    """)
    (tmp_path / "main.bicep").write_text("""
        module none 'inner.bicep' = if (false) { params: { names: [] } }
        module inner 'inner.bicep' = { params: { names: ['a', 'b', 'c'] } }
        resource last 'Some/other@2025-01-01' = { name: inner.outputs.first }
    """)
    found = Template(tmp_path, "main.bicep", {}, HERE).instances()
    assert [(each.kind, each.version, each.name) for each in found] == [
        ("Some/other", "2025-01-01", "a"),
        *(("Some/tables", "2024-01-01", "a"), ("Some/tables/rows", "2024-01-01", "row-a")),
        *(("Some/tables", "2024-01-01", "c"), ("Some/tables/rows", "2024-01-01", "row-c")),
    ]


def test_a_parameter_must_be_given_declared_and_of_its_type_and_choices(tmp_path: Path) -> None:
    text = "@allowed(['a', 'b'])\nparam word string\noutput found string = word\n"
    (tmp_path / "main.bicep").write_text(text)
    for given, sentence in (
        ({}, "main.bicep needs a value of 'word'."),
        ({"word": 1}, "'word' must be of the type string."),
        ({"word": 1, "other": 2}, "main.bicep has no parameter 'other'."),
        ({"word": Quote("c", HERE)}, "'word' must be one of ['a', 'b'], but is 'c'."),
    ):
        with pytest.raises(SyntaxProblem) as problem:
            Template(tmp_path, "main.bicep", dict[str, Value](given), HERE).output("found", HERE)
        assert problem.value.sentence == sentence

"""What a stranger has named is shown to a person, and commands neither the terminal nor what stands beside it."""

import io
import json

import pytest

from shared.cli import show
from shared.cli.output import Output
from shared.rules.invariants import Finding, Rule
from shared.rules.terminal import escape, escape_json

HOSTILE = "a\u202egnp.exe\x1b[2J\x9b2J\u200b\x07é漢\U000e0041"


@pytest.mark.case("security L", was="bidi marks shown as they are")
def test_what_has_no_shape_or_turns_text_around_is_spelled_out() -> None:
    assert escape(HOSTILE) == "a\\u202egnp.exe\\x1b[2J\\x9b2J\\u200b\\x07é漢\\U000e0041"
    assert escape("two\nlines\t", keep="\n") == "two\nlines\\t"


def test_a_line_of_json_says_the_same_and_has_no_such_character() -> None:
    line = escape_json(json.dumps({"name": HOSTILE}, ensure_ascii=False))
    assert line.isprintable()
    assert json.loads(line) == {"name": HOSTILE}
    assert "é漢" in line


def test_a_finding_is_shown_so_in_both_forms() -> None:
    finding = Finding(Rule.UNREADABLE, "t:00", HOSTILE)
    stream = io.StringIO()
    output = Output(None, is_terminal=False, is_colored=False, stream=stream)
    output.json_line(show.finding_json(finding))
    show.print_findings(output, [finding])
    assert all(line.isprintable() for line in stream.getvalue().splitlines())

"""Check a report of a child process or an external worker against the types of ``schema``.

The checks are built from the types, at the first report, so each field is declared once. A text's length is checked
before any regular expression sees it.
"""

import json
import math
import re
from collections.abc import Callable, Collection
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from shared.analysis import schema
from shared.errors import DarkroomError

#: Characters of a text whose field has no limit of its own; the longest is a blob's name.
MAX_TEXT = 1024
#: Items of a list whose field has no limit of its own.
MAX_ITEMS = 64
#: The largest whole number that every reader of JSON reads exactly.
MAX_WHOLE = 2**53
#: How deep the section of a further analyzer may be nested, and how long it may be as JSON.
MAX_DEPTH = 8
MAX_SECTION_CHARACTERS = 8_000

Check = Callable[[Any, str], None]


class ReportInvalid(DarkroomError):
    """A report does not have the shape that docs/report.schema.json describes.

    Args:
        field: Which field, with dots and indexes: ``image.width_px``; never a text from the report.
        problem: What it must be.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field or 'the report'}: {problem}")
        self.field = field
        self.problem = problem


def check_report(report: object, *, sections: Collection[str] | None = None) -> None:
    """Check a whole report.

    Args:
        report: As read from JSON.
        sections: Names of the further sections that it may have; None for any.

    Raises:
        ReportInvalid: For the first field that is wrong.
    """
    if not isinstance(report, dict):
        raise ReportInvalid("", "must be an object")
    _report_check()(report, "")
    if ("error" in report) is (report["status"] == "ok"):
        raise ReportInvalid("error", "must be present exactly in partial reports")
    for name in report.keys() - schema.Report.__annotations__.keys():
        if not re.fullmatch("[a-z][a-z0-9_]{0,63}", name) or (sections is not None and name not in sections):
            raise ReportInvalid("", "must have no unknown section")
        _check_section(report[name], name)


@cache
def _report_check() -> Check:
    return _object(schema.Report, closed=False)


def _check_section(value: object, name: str) -> None:
    """Check the section of a further analyzer: an object of JSON, of limited depth and length."""
    if not isinstance(value, dict):
        raise ReportInvalid(name, "must be an object")
    _check_plain(value, name, MAX_DEPTH)
    if len(json.dumps(value, separators=(",", ":"))) > MAX_SECTION_CHARACTERS:
        raise ReportInvalid(name, f"must have at most {MAX_SECTION_CHARACTERS:,} characters as JSON")


def _check_plain(value: object, name: str, depth: int) -> None:
    if isinstance(value, dict | list):
        if not depth:
            raise ReportInvalid(name, f"must be nested at most {MAX_DEPTH} deep")
        for each in (*value, *value.values()) if isinstance(value, dict) else value:  # names are texts too
            _check_plain(each, name, depth - 1)
    elif isinstance(value, str):
        _check_unicode(value, name)
    elif isinstance(value, int | float):
        _check_finite(value, name)


def _compile(hint: Any) -> Check:  # noqa: ANN401 - any type
    """Build the check of a type."""
    if is_typeddict(hint):
        return _object(hint)
    form, inner = get_origin(hint), get_args(hint)
    if form is NotRequired:
        return _compile(inner[0])
    if form is Literal:
        return _one_of(inner)
    if form in (UnionType, Union):
        (kind,) = [each for each in inner if each is not NoneType]
        return _or_null(_compile(kind))
    if form is not None and hasattr(hint, "__metadata__"):
        return _compile_with_notes(inner[0], hint.__metadata__)
    return _compile_with_notes(hint, ())


def _compile_with_notes(hint: Any, notes: tuple[schema.Field, ...]) -> Check:  # noqa: ANN401 - any type
    """Build the check of a type with notes, all of which apply."""
    form, inner = get_origin(hint), get_args(hint)
    if form in (UnionType, Union):
        (kind,) = [each for each in inner if each is not NoneType]
        return _or_null(_compile_with_notes(kind, notes))
    if form is list:
        return _list(_compile(inner[0]), notes)
    if hint is str:
        return _text(notes)
    if hint in (int, float):
        return _number(hint, notes)
    if hint is bool:
        return _truth
    return _compile(hint)


def _object(kind: Any, *, closed: bool = True) -> Check:  # noqa: ANN401 - a TypedDict has no type of its own
    """Build the check of an object: the fields of its type and, if it is closed, no others."""
    fields = {name: _compile(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
    required = kind.__required_keys__

    def check(value: Any, at: str) -> None:  # noqa: ANN401 - anything, which is checked
        if not isinstance(value, dict):
            raise ReportInvalid(at, "must be an object")
        prefix = f"{at}." if at else ""
        for name in sorted(required - value.keys()):
            raise ReportInvalid(f"{prefix}{name}", "must be present")
        if closed and value.keys() - fields.keys():
            raise ReportInvalid(at, "must have no unknown field")
        for name, check_field in fields.items():
            if name in value:
                check_field(value[name], f"{prefix}{name}")

    return check


def _or_null(check: Check) -> Check:
    return lambda value, at: None if value is None else check(value, at)


def _one_of(values: tuple[Any, ...]) -> Check:
    def check(value: Any, at: str) -> None:  # noqa: ANN401 - anything, which is checked
        if not any(type(value) is type(each) and value == each for each in values):
            raise ReportInvalid(at, f"must be one of {', '.join(map(str, values))}")

    return check


def _truth(value: Any, at: str) -> None:  # noqa: ANN401 - anything, which is checked
    if not isinstance(value, bool):
        raise ReportInvalid(at, "must be true or false")


def _list(each: Check, notes: tuple[schema.Field, ...]) -> Check:
    low = max((note.low for note in notes if note.low is not None), default=0)
    high = min((note.high for note in notes if note.high is not None), default=MAX_ITEMS)

    def check(value: Any, at: str) -> None:  # noqa: ANN401 - anything, which is checked
        if not isinstance(value, list) or not low <= len(value) <= high:
            raise ReportInvalid(at, f"must be a list of {low} to {high} items")
        for index, item in enumerate(value):
            each(item, f"{at}[{index}]")

    return check


def _text(notes: tuple[schema.Field, ...]) -> Check:
    length = min((note.length for note in notes if note.length is not None), default=MAX_TEXT)
    patterns = [re.compile(note.pattern.removesuffix("$") + r"\Z") for note in notes if note.pattern is not None]

    def check(value: Any, at: str) -> None:  # noqa: ANN401 - anything, which is checked
        if not isinstance(value, str) or len(value) > length:
            raise ReportInvalid(at, f"must be a text of at most {length:,} characters")
        _check_unicode(value, at)
        for pattern in patterns:
            if not pattern.match(value):
                raise ReportInvalid(at, f"must match {pattern.pattern}")

    return check


def _number(kind: type, notes: tuple[schema.Field, ...]) -> Check:
    low = max((note.low for note in notes if note.low is not None), default=-MAX_WHOLE)
    high = min((note.high for note in notes if note.high is not None), default=MAX_WHOLE)
    name = "a whole number" if kind is int else "a number"

    def check(value: Any, at: str) -> None:  # noqa: ANN401 - anything, which is checked
        numeric = isinstance(value, int | float if kind is float else int) and not isinstance(value, bool)
        if not numeric or not low <= value <= high:  # no comparison is true of NaN
            raise ReportInvalid(at, f"must be {name} from {low:,} to {high:,}")

    return check


def _check_finite(value: float, at: str) -> None:
    if (isinstance(value, int) and abs(value) > MAX_WHOLE) or not math.isfinite(value):
        raise ReportInvalid(at, "must have finite numbers of at most 2**53")


def _check_unicode(value: str, at: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates
        raise ReportInvalid(at, "must be valid Unicode text") from None

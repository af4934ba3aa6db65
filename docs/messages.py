"""The tables of messages.md: every text that users can meet, as the code writes it."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from docs.templates import ERRORS, requirements, results, sentences
from shared.http.error_codes import ErrorCode
from shared.rules.symptoms import Symptom
from shared.telemetry import FIELDS, LogEvent

Rows = list[Sequence[str]]
#: Whose sentences say what a field of a request must be.
_OF_FIELDS = {"invalid", "FieldError", "ReportInvalid", "TooLarge", "NotJson", "InvalidReference"}
#: Whose sentences are written into jobs and reports, and are no problems of the API.
_OF_JOBS = {"ImageRejected", "AnalysisDied", "JobError"}
#: Whose sentences are in other tables.
_NO_PROBLEMS = _OF_FIELDS - {"InvalidReference"} | _OF_JOBS | {"NoSandbox", "MessageRejected", "SettingsInvalid"}
#: What prints a sentence.
_OF_COMMANDS = frozenset({"typer.echo", "confirm", "stop", "output.line", "output.note"})
_SETTINGS = ("shared/settings/parsers.py", "shared/settings/settings.py", "shared/rules/keys.py")


def _problems() -> Rows:
    said = {(each.text, each.code) for each in sentences() if each.call in {*ERRORS, "Problem", "cls"} - _NO_PROBLEMS}
    said |= {(code.meaning, code.value) for code in ErrorCode}
    return _rows("detail", "code", said)


def _fields() -> Rows:
    said = {each.text.removesuffix(".") + "." for each in sentences() if each.call in _OF_FIELDS}
    said = {text for text in said if "{problem}" not in text and ("; got" not in text or text[0] == "{")}
    return _rows("message of a field", "", {(text, "") for text in said})


def _rejections() -> Rows:
    said = {(each.text, each.code) for each in sentences() if each.call == "MessageRejected"}
    return _rows("reason", "code", said, ends=(".", "}"))


def _job_errors() -> Rows:
    coded = {each for each in sentences() if each.code and each.folder in ("steps", "analysis")}
    said = {each for each in sentences() if each.call in _OF_JOBS} | {each for each in coded if each.call not in ERRORS}
    return _rows(
        "message", "code", {(each.text, each.code) for each in said if not each.text[0].islower()}, ends=(".", "}")
    )


def _settings_errors() -> Rows:
    said = {*requirements(*_SETTINGS), *(each.text for each in sentences() if each.call == "SettingsInvalid")}
    return _rows("error", "", {(text, "") for text in said if "{problems}" not in text}, ends=("",))


def _why() -> Rows:
    return _rows("why", "", {(text, "") for text in results("shared/views.py", "why")})


def _lines() -> Rows:
    said = {(each.text, "") for each in sentences() if each.call in _OF_COMMANDS}
    return _rows("line", "", said, ends=("",))


def _events() -> Rows:
    rows: Rows = [("`event`", "level", "fields", "meaning", "what to do")]
    rows += [
        (f"`{one.value}`", logging.getLevelName(one.level), _words(one.fields), one.meaning, one.advice or "–")
        for one in LogEvent
    ]
    return rows


def _symptoms() -> Rows:
    rows: Rows = [("`code`", "level", "finding", "what to do")]
    return rows + [(f"`{one.name.lower()}`", one.level, one.text, one.advice or "–") for one in Symptom]


def _event_fields() -> Rows:
    return [("field", "meaning"), *((f"`{name}`", meaning) for name, meaning in FIELDS.items())]


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _rows(head: str, second: str, said: Iterable[tuple[str, str]], *, ends: tuple[str, ...] = (".", "?")) -> Rows:
    """Return a row for each text, with its code where texts have one; only those that end like sentences."""
    kept = sorted(each for each in said if each[0].endswith(ends))
    rows = [(_code(text), f"`{code}`" if code else "") for text, code in kept]
    return [(head, second), *rows] if second else [(head,), *((text,) for text, _ in rows)]


def _code(text: str) -> str:
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


TABLES: Mapping[str, Callable[[], Rows]] = {
    "problems": _problems,
    "fields": _fields,
    "rejections": _rejections,
    "job_errors": _job_errors,
    "settings_errors": _settings_errors,
    "why": _why,
    "lines": _lines,
    "events": _events,
    "event_fields": _event_fields,
    "symptoms": _symptoms,
}

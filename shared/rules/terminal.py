"""Text of strangers as a terminal may have it: what commands it, turns text around, or has no shape is spelled out."""

import re

_LETTERS = re.compile(r"[^ -~]")


def escape(text: str, *, keep: str = "") -> str:
    """Return a text for a person; control, format and bidirectional characters become the escapes that Python uses.

    Args:
        text: Whatever it is.
        keep: Characters that stay as they are, such as line ends.
    """
    return _LETTERS.sub(
        lambda found: found[0] if found[0].isprintable() or found[0] in keep else _spell_out(found), text
    )


def escape_json(line: str) -> str:
    """Return a line of JSON that says the same, with such characters as JSON's own escapes."""
    return _LETTERS.sub(lambda found: found[0] if found[0].isprintable() else _escape(found[0]), line)


def _spell_out(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

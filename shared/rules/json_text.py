"""JSON of strangers, parsed so that no text can hurt: its depth is known before it is trusted."""

import json
import re
from typing import Any

from shared.errors import MessageRejected

#: Deeper than any event or message that names an image; far from what exhausts the interpreter's stack.
DEPTH = 64
#: A string with its escapes, closed or not, or one bracket: what stands inside a string nests nothing.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def parse(text: str) -> Any:  # noqa: ANN401 - JSON may hold anything
    """Parse a text. Numbers come as floats, whatever their length: none of them names anything.

    Raises:
        MessageRejected: ``too_deep``, ``malformed_json``.
    """
    if _too_deep(text):
        raise MessageRejected("too_deep", f"The JSON is nested more than {DEPTH} levels deep.")
    try:
        return json.loads(text, parse_int=float)  # int() refuses thousands of digits
    except ValueError:
        raise MessageRejected("malformed_json", "The message begins like JSON but is not valid JSON.") from None


def _too_deep(text: str) -> bool:
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += _STEP.get(token[0], 0)
        if depth > DEPTH:
            return True
    return False

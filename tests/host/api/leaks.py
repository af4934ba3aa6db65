"""What no response may contain: traces of the machine and of the code, and secrets."""

import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
#: Traces of Python, paths of this machine, and our modules by their dotted names.
_TRACES = re.compile(
    r"Traceback|File \"|site-packages|\.py\b"
    rf"|{re.escape(str(ROOT))}|/(?:home|root|usr|tmp|etc|proc)/|[A-Z]:\\"
    r"|\b(?:shared|localhost|function_app|azure|fastapi|starlette|pydantic)\.[a-z_]+",
)


def find_leaks(text: str, secrets: Iterable[str] = ()) -> list[str]:
    """Return traces and secrets in a text."""
    return [trace[0] for trace in _TRACES.finditer(text)] + [secret for secret in secrets if secret and secret in text]

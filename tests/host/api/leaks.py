"""What no answer may hold: whatever tells of the machine, of the code behind the API, or a secret."""

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


def leaked(text: str, secrets: Iterable[str] = ()) -> list[str]:
    """Return what a text has that it must not have."""
    return [found[0] for found in _TRACES.finditer(text)] + [secret for secret in secrets if secret and secret in text]

"""The page, with a policy that lets its own style and script run and nothing else."""

import base64
import functools
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("dashboard.html")
_INLINE = re.compile(r"<(style|script)\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """A page and the headers that go with it."""

    html: str
    headers: Mapping[str, str]


@functools.cache
def page(file: Path = FILE) -> Page:
    """Read the page, once a process. Costs: a file, and two hashes."""
    html = file.read_bytes().decode()
    return Page(html, {"Content-Security-Policy": policy(html), "Referrer-Policy": "no-referrer"})


def policy(html: str) -> str:
    """Return the Content-Security-Policy of a page: its inline style and script by their hashes.

    Text never becomes markup or code either: where a browser knows trusted types, ``innerHTML`` and its like refuse it.

    Source:
        W3C, "Content Security Policy Level 3", section 2.3.1; "Trusted Types", section 4.5.
    """
    hashes: dict[str, list[str]] = {"style": [], "script": []}
    for kind, inline in _INLINE.findall(html):
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        hashes[kind.lower()].append(f"'sha256-{digest}'")
    allowed = {kind: " ".join(sources) or "'none'" for kind, sources in hashes.items()}
    return (
        f"default-src 'none'; style-src {allowed['style']}; script-src {allowed['script']}; connect-src 'self'; "
        "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )

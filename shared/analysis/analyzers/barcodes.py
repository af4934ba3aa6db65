"""Barcodes and QR codes, by zxing-cpp; requirements-extra.txt has it."""

import json
from collections.abc import Mapping
from typing import Any

import zxingcpp

from shared.analysis.decode import Working

MAX_CODES = 16
MAX_CHARACTERS = 512
#: Characters of all codes as JSON, so that the section is never too large: some letters take six of them.
_MAX_JSON = 7_000


def analyze(working: Working, _facts: Mapping[str, Any]) -> dict[str, Any]:
    """Read the codes in the grey values of an image.

    Returns:
        ``codes``: at most 16, each with ``format`` and ``text``. A text is cut off at 512 characters and may be
        anything, even a dangerous link. ``more``: whether there are more codes, or longer ones.
    """
    found = zxingcpp.read_barcodes(working.grey)
    codes = [{"format": code.format.name, "text": code.text[:MAX_CHARACTERS]} for code in found]
    kept, room = [], _MAX_JSON
    for code in codes[:MAX_CODES]:
        room -= len(json.dumps(code))
        if room >= 0:
            kept.append(code)
    return {"codes": kept, "more": len(kept) < len(found) or any(len(code.text) > MAX_CHARACTERS for code in found)}

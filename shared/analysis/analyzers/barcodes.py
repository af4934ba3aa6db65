"""Barcodes and QR codes, by zxing-cpp; requirements-extra.txt has it."""

import json
from collections.abc import Mapping
from typing import Any

import zxingcpp

from shared.analysis.decode import Working

MAX_CODES = 16
MAX_CHARACTERS = 512
#: Of all codes as JSON, so that the section is never too large: long texts of foreign letters take sixfold room.
_MAX_JSON = 7_000


def analyze(working: Working, _facts: Mapping[str, Any]) -> dict[str, Any]:
    """Read the codes in the grey values of an image.

    Returns:
        ``codes``: at most 16, each ``format`` and ``text``, which may be anything at all, links to bad places included,
        cut off at 512 characters; ``more``: whether there are others, or longer ones.
    """
    found = zxingcpp.read_barcodes(working.grey)
    codes = [{"format": code.format.name, "text": code.text[:MAX_CHARACTERS]} for code in found]
    kept, room = [], _MAX_JSON
    for code in codes[:MAX_CODES]:
        room -= len(json.dumps(code))
        if room >= 0:
            kept.append(code)
    return {"codes": kept, "more": len(kept) < len(found) or any(len(code.text) > MAX_CHARACTERS for code in found)}

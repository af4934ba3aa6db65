"""Text that a file brings along, made fit for a report: bounded, and without characters that act instead of showing."""

import re

#: Characters of any text in a report.
MAX_CHARACTERS = 128

# Written out, since Unicode's classes differ between Python versions: controls, soft hyphen, marks of direction,
# joiners, separators of lines, annotations, tags, and what is no character at all.
_UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff"
    "\ufff0-\uffff\U000e0000-\U000e0fff]"
)


def decode(raw: bytes, *, cut_at: int) -> str | None:
    """Return bytes as text: UTF-8, or Latin-1 where they are none, as old cameras write.

    Args:
        raw: Any bytes.
        cut_at: Their length when the rest was cut off, perhaps within a character.
    """
    try:
        return clean(raw.decode())
    except UnicodeDecodeError as error:
        if len(raw) == cut_at and error.start > cut_at - 4:
            return clean(raw[: error.start].decode())
        return clean(raw.decode("latin-1"))


def clean(text: str) -> str | None:
    """Return a text without what can't be shown, at most ``MAX_CHARACTERS`` long; None when nothing is left."""
    return _UNFIT.sub("", text).strip(" ")[:MAX_CHARACTERS].strip(" ") or None

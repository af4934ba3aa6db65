"""A text as it may be kept: without keys, and such that a table holds it."""

import re

#: UTF-16 units of a kept text: eight properties of a row, half of what the row may hold. A message of the queue service
#: has 64 KiB; spelled out byte by byte it takes four times as many.
KEPT_UNITS = 262_144

_AMPERSAND = r"[?&;]|\\u0026|\\u003f|%26|%3f|SharedAccessSignature="
#: A value ends with the next parameter; a JSON escape of any other character is a part of it. Both cases are spelled
#: out: for re.IGNORECASE, to compile a set of all characters but a few takes 10 ms.
_VALUE = r"(?:[^&\s\"'\\]|\\[uU]00(?!26)[0-9a-fA-F]{2}|\\/)+"
_SECRETS = (
    re.compile(rf"((?i:(?:{_AMPERSAND})sig(?:=|%3d|\\u003d))){_VALUE}"),
    re.compile(r"((?i:(?:AccountKey|SharedAccessKey)=))[^;\s\"'\\]+"),
    re.compile(r"(://[^/@\s:]*:)[^/@\s]+(?=@)"),
)
#: What XML 1.0 has no way to say, and some service or tool on the way would refuse; and halves of surrogate pairs.
_UNSPEAKABLE = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def redact(text: str) -> str:
    """Replace signatures, account keys and passwords of URLs by an ellipsis."""
    for secret in _SECRETS:
        text = secret.sub(r"\1…", text)
    return text


def storable(text: str) -> str:
    """Spell out the characters that no service is sure to store, leave zero bytes out, and cut it to what a row holds.

    Zero bytes are those of UTF-16, which no message is read as: without them a person can read it, and ``redact`` too.
    """
    spelled = _UNSPEAKABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text.replace("\0", ""))
    return spelled.encode("utf-16-le")[: 2 * KEPT_UNITS].decode("utf-16-le", "ignore")

"""The address of an app: keys go there, so it has TLS unless it is this machine."""

from urllib.parse import SplitResult, urlsplit

#: This machine, without a proxy and without TLS.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
FORM = "must be an address such as https://app.azurewebsites.net; http:// only for this machine"


def split_address(text: str) -> SplitResult:
    """Split an address; it may have a path.

    Raises:
        ValueError: It has another form.
    """
    try:
        split = urlsplit(text)
        has_more = bool(split.query or split.fragment or split.username or split.port == 0)
    except ValueError:  # of its host or port
        raise ValueError(FORM) from None
    schemes = ("http", "https") if split.hostname in LOOPBACK else ("https",)
    is_word = text.isprintable() and " " not in text
    if has_more or not is_word or not split.hostname or split.scheme not in schemes:
        raise ValueError(FORM)
    return split

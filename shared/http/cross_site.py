"""Whose page a browser sends a request for.

Where no key is asked for, a page of another site could otherwise cancel jobs: for a POST without a body a browser asks
nobody's leave before.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

#: What a browser says of requests by its user and by our own page.
_OWN = frozenset({"none", "same-origin"})
_DEFAULT_PORTS = (":80", ":443")


def is_foreign(headers: Mapping[str, str], url: str) -> bool:
    """Tell whether a request is sent for a page of another site.

    ``Sec-Fetch-Site`` says so itself. Without it, ``Origin`` or else ``Referer`` must name the place that the request
    was sent to; one without any of them comes from no browser. Schemes don't count: what is in front may speak TLS.

    Args:
        headers: Of the request; names in any case that the mapping finds in lower case.
        url: Of the request.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OWN
    page = headers.get("origin", headers.get("referer"))
    if page is None:
        return False
    # A proxy says where the browser has sent it. No page can: such a header needs leave of ours, which nobody gets.
    own = (_place(url), _bare(headers.get("host", "")), _bare(headers.get("x-forwarded-host", "")))
    return _place(page) not in [place for place in own if place]


def _place(url: str) -> str:
    """Return host and port of a URL; nothing where it has none, as of the origin ``null``."""
    try:
        return _bare(urlsplit(url).netloc)
    except ValueError:
        return ""


def _bare(place: str) -> str:
    place = place.strip().lower()
    return next((place.removesuffix(port) for port in _DEFAULT_PORTS if place.endswith(port)), place)

"""Requests that a browser sends from a page of another site.

Without keys, such a page could cancel jobs: a browser sends a POST without a body without asking first. It could, too,
where people sign in: their browsers add the cookie of the session to every request.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

#: ``Sec-Fetch-Site`` of requests from the user and from our own page.
_OWN = frozenset({"none", "same-origin"})
_DEFAULT_PORTS = (":80", ":443")


def says_where_from(headers: Mapping[str, str]) -> bool:
    """Say whether a request names the page that has sent it, as browsers of the last years do with every change.

    Args:
        headers: Of the request, as below.
    """
    return any(name in headers for name in ("sec-fetch-site", "origin", "referer"))


def is_cross_site(headers: Mapping[str, str], url: str) -> bool:
    """Say whether a request comes from a page of another site.

    ``Sec-Fetch-Site`` says it. Without that header, ``Origin`` or else ``Referer`` must name the host of the request. A
    request without any of them does not come from a browser. Schemes don't count: a proxy may end TLS.

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
    # A proxy says to which host the browser has sent it. A page can't: this header would need a preflight.
    own = (_place(url), _bare(headers.get("host", "")), _bare(headers.get("x-forwarded-host", "")))
    return _place(page) not in [place for place in own if place]


def _place(url: str) -> str:
    """Return host and port of a URL; an empty string if it has none, like the origin ``null``."""
    try:
        return _bare(urlsplit(url).netloc)
    except ValueError:
        return ""


def _bare(place: str) -> str:
    place = place.strip().lower()
    return next((place.removesuffix(port) for port in _DEFAULT_PORTS if place.endswith(port)), place)

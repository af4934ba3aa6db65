"""Who has signed in, as the authentication of App Service ("Easy Auth") says it in a header.

This is the only place that reads it. App Service takes the header off the requests of others before it writes its own;
elsewhere anybody may send one, so nobody may call this unless ``EASY_AUTH`` says where the app runs.

Source:
    learn.microsoft.com, "Work with user identities in Azure App Service authentication", decoding the client principal
    header; "Add app roles to your application and receive them in the token"; read 2026-12.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from shared.rules.callers import Caller, Proof
from shared.rules.keys import Role

HEADER = "x-ms-client-principal"
#: Kestrel takes 32 KiB of headers; a token with so many claims does not come.
MAX_CHARACTERS, MAX_CLAIMS = 32_768, 1_000
#: Of a role, where App Service does not map it to another name: as it stands in tokens of Entra ID.
_ROLES = "roles"
#: Claims that name somebody, where the one that App Service names is not there: a person, then an app.
_NAMES = (
    "preferred_username",
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "oid",
    "azp",
    "appid",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
    "sub",
)
_NOBODY = "unknown"
#: From the least to the most.
_ORDER = tuple(Role)


def read_principal(header: str) -> Caller | None:
    """Return who has signed in, with the highest of the roles that were assigned to them, if one of them is ours.

    Args:
        header: ``X-MS-CLIENT-PRINCIPAL``, as App Service writes it.

    Returns:
        The caller; None where the header is none that App Service writes.
    """
    try:
        content = _content(header)
        claims = _claims(content["claims"])
        name_type, role_type = (_text(content.get(name)) for name in ("name_typ", "role_typ"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    values = [value for kind, value in claims if kind in {role_type, _ROLES}]
    roles = [role for role in _ORDER if role.value in values]
    return Caller(_name(claims, name_type), roles[-1] if roles else None, Proof.PRINCIPAL)


def _content(header: str) -> Mapping[str, Any]:
    """Decode the header; raise ``ValueError`` for what is no JSON object in base64."""
    if len(header) > MAX_CHARACTERS:
        raise ValueError("too long")
    try:
        text = base64.b64decode(header, validate=True).decode()
    except binascii.Error:
        raise ValueError("no base64") from None
    content = json.loads(text, object_pairs_hook=_unique_members)
    if not isinstance(content, dict):
        raise TypeError("no object")
    return content


def _claims(claims: object) -> list[tuple[str, str]]:
    """Return name and value of each claim; raise ``TypeError`` or ``ValueError`` where one has another form."""
    if not isinstance(claims, list) or len(claims) > MAX_CLAIMS:
        raise TypeError("no list of claims")
    pairs = [(claim["typ"], claim["val"]) for claim in claims]
    if not all(isinstance(each, str) for pair in pairs for each in pair):
        raise TypeError("a claim is no text")
    return pairs


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("no text")
    return value


def _name(claims: list[tuple[str, str]], name_type: str | None) -> str:
    first = {kind: value for kind, value in reversed(claims) if value.strip()}
    return next((first[kind] for kind in (name_type, *_NAMES) if kind in first), _NOBODY)


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return members

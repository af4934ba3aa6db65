"""The header of App Service: what it says of who has signed in, and that anything else of that name is nobody."""

import base64
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.principal import MAX_CHARACTERS, MAX_CLAIMS, read_principal
from shared.rules.callers import Caller, Proof
from shared.rules.keys import Role

ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
NAME = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
READER = [{"typ": ROLE, "val": "reader"}]


def principal(*claims: tuple[str, object], **members: object) -> str:
    """Return a header as App Service writes it."""
    pairs = [{"typ": kind, "val": value} for kind, value in claims]
    return encode({"auth_typ": "aad", "claims": pairs, "name_typ": NAME, "role_typ": ROLE, **members})


def encode(content: object) -> str:
    return base64.b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", [ROLE, "roles"])
def test_a_role_is_a_claim_of_the_type_that_app_service_names_or_as_it_stands_in_tokens(kind: str, role: Role) -> None:
    header = principal((NAME, "ann@example.com"), (kind, role.value))
    assert read_principal(header) == Caller("ann@example.com", role, Proof.PRINCIPAL)


@pytest.mark.parametrize(
    ("values", "role"),
    [
        (["reader", "operator", "uploader"], Role.OPERATOR),
        (["uploader", "reader"], Role.UPLOADER),
        (["worker", "uploader"], Role.WORKER),
        (["auditor", "reader"], Role.READER),
        (["auditor"], None),
        (["Operator", "operator ", "OPERATOR", "reader,operator"], None),
        ([], None),
    ],
)
def test_of_several_roles_the_highest_counts_and_others_are_none(values: list[str], role: Role | None) -> None:
    caller = read_principal(principal(*((ROLE, value) for value in values)))
    assert caller is not None
    assert caller.role is role


@pytest.mark.parametrize("kind", ["role", "Roles", "groups", NAME, "scp"])
def test_no_claim_of_another_type_is_a_role(kind: str) -> None:
    caller = read_principal(principal((kind, "operator")))
    assert caller is not None
    assert caller.role is None


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ([("oid", "1"), ("preferred_username", "a@b"), (NAME, "Ann")], "Ann"),
        ([("oid", "1"), ("preferred_username", "a@b"), (NAME, " ")], "a@b"),
        ([("sub", "3"), ("azp", "2"), ("oid", "1")], "1"),
        ([("sub", "3"), ("appid", "2")], "2"),
        ([(NAME, "Ann"), (NAME, "Eve")], "Ann"),
        ([("other", "x")], "unknown"),
    ],
)
def test_a_caller_has_the_first_name_that_there_is(claims: list[tuple[str, str]], name: str) -> None:
    caller = read_principal(principal(*claims))
    assert caller is not None
    assert caller.name == name


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"claims": None},
        {"claims": {}},
        {"claims": "operator"},
        {"claims": [READER]},
        {"claims": ["roles"]},
        {"claims": [{"typ": "roles"}]},
        {"claims": [{"typ": "roles", "val": ["operator"]}]},
        {"claims": [{"typ": None, "val": "operator"}]},
        {"claims": READER, "role_typ": [ROLE]},
        {"claims": READER, "name_typ": 7},
        {"claims": READER * (MAX_CLAIMS + 1)},
        READER,
        "operator",
        None,
    ],
)
def test_a_principal_of_another_form_is_nobody(content: object) -> None:
    assert read_principal(encode(content)) is None


GOOD = principal((ROLE, "operator"))
TWICE = b'{"claims": [], "claims": [{"typ": "roles", "val": "operator"}]}'


@pytest.mark.parametrize(
    "header",
    [
        "",
        "operator",
        GOOD[:-1],
        f"{GOOD},{GOOD}",
        f" {GOOD}",
        GOOD[:9] + "\n" + GOOD[9:],
        GOOD + "é",
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"[" * 20_000).decode(),
        base64.b64encode(TWICE).decode(),
        principal((ROLE, "operator"), padding="x" * MAX_CHARACTERS),
    ],
)
def test_what_is_no_json_in_base64_of_a_bounded_length_is_nobody(header: str) -> None:
    assert read_principal(header) is None


def test_a_principal_without_types_has_the_names_of_tokens() -> None:
    content: Mapping[str, object] = {"claims": [{"typ": "roles", "val": "reader"}]}
    assert read_principal(encode(content)) == Caller("unknown", Role.READER, Proof.PRINCIPAL)


@given(st.text() | st.binary().map(lambda data: base64.b64encode(data).decode()))
def test_no_header_whatever_it_holds_raises_or_has_a_role(header: str) -> None:
    caller = read_principal(header)
    assert caller is None or caller.role is None

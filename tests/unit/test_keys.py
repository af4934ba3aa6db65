"""The setting of keys: what it may say, and that an error never says what stands there."""

import hashlib

import pytest

from shared.errors import SettingsInvalid
from shared.rules.keys import ApiKey, Role, bearer_of, parse
from shared.settings.enums import ApiAuth
from shared.settings.settings import Settings

HASH = hashlib.sha256(b"a key").hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()


def test_an_entry_is_a_role_perhaps_a_name_and_a_hash() -> None:
    assert parse(f"reader={HASH.upper()}, operator/ci-7={OTHER}") == (
        ApiKey(Role.READER, "", HASH),
        ApiKey(Role.OPERATOR, "ci-7", OTHER),
    )
    assert parse("") == ()


def test_a_role_may_have_several_keys() -> None:
    keys = parse(f"worker/a={HASH},worker/a={OTHER}")
    assert [bearer_of(keys, shown) for shown in ("a key", "another", "a third", "")] == [*keys, None, None]


@pytest.mark.parametrize(
    "text",
    [
        "secret-key",
        "operator=secret-key",
        f"admin={HASH}",
        f"reader={HASH},",
        f"reader={HASH[:-1]}",
        f"reader/={HASH}",
        f"reader/A b={HASH}",
        f"reader/{'x' * 33}={HASH}",
        f"reader {HASH}",
        f"={HASH}",
        f"reader={HASH},operator={HASH}",
        f"operator={hashlib.sha256(b'').hexdigest()}",
    ],
)
def test_what_is_no_entry_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(SettingsInvalid) as error:
        Settings.read({"API_KEYS": text})
    (problem,) = error.value.problems
    assert problem.startswith("API_KEYS: ")
    assert text not in problem
    assert HASH not in problem


def test_with_keys_of_its_own_the_app_is_open_to_the_host() -> None:
    assert Settings.read({}).route_auth is ApiAuth.FUNCTION
    assert Settings.read({"API_AUTH_LEVEL": "admin"}).route_auth is ApiAuth.ADMIN
    assert Settings.read({"API_KEYS": f"reader={HASH}"}).route_auth is ApiAuth.ANONYMOUS

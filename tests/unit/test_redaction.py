import base64
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.rules import messages
from shared.rules.redaction import KEPT_UNITS
from tests.proving import at_length

ACCOUNT = "https://account.blob.core.windows.net"
SECRET = "SECRET"  # noqa: S105 - a canary


@pytest.mark.parametrize("text", ["https://a/images/x?sv=1&sig=SECRET%3D&se=2", '{"url":"https://a/b?sig=SECRET"}'])
def test_the_signature_of_a_url_is_not_kept_and_all_else_is(text: str) -> None:
    kept = messages.text_to_keep(text)
    assert SECRET not in kept
    assert kept.replace("…", "SECRET%3D" if "%3D" in text else SECRET) == text


@pytest.mark.parametrize(
    "text",
    [
        f"{ACCOUNT}/images/x?sv=1\\u0026sig=a\\u002B{SECRET}\\u002F\\u003D\\u0026se=2",
        f"{ACCOUNT}/images/x?sv=1&amp;SIG={SECRET}",
        f"https://proxy/?url={ACCOUNT}%2Fimages%2Fx%3Fsv%3D1%26sig%3D{SECRET}",
        f"BlobEndpoint={ACCOUNT};SharedAccessSignature=sig={SECRET}&sv=1",
        f"DefaultEndpointsProtocol=https;AccountName=account;AccountKey={SECRET}==;EndpointSuffix=core.windows.net",
        f"https://user:{SECRET}@account.example.com/images/x",
        base64.b64encode(f"{ACCOUNT}/images/x?sig={SECRET}".encode()).decode(),
        base64.b64encode(base64.b64encode(f"{ACCOUNT}/images/x?sig={SECRET}".encode())).decode(),
        base64.encodebytes(json.dumps({"url": f"{ACCOUNT}/images/x?sv=1&sig={SECRET}"}).encode()).decode(),
        f"{ACCOUNT}/images/x?sig={SECRET}".encode("utf-16-le").decode(),
        f"{ACCOUNT}/images/x?sig={SECRET}".encode("utf-16").decode("utf-8", "backslashreplace"),
    ],
)
def test_no_way_to_write_a_signature_or_a_key_is_kept(text: str) -> None:
    kept = messages.text_to_keep(text)
    assert SECRET not in kept.replace("\0", "").replace("\\x00", "")
    assert base64.b64encode(base64.b64encode(f"{ACCOUNT}/images/x?sig={SECRET}".encode())).decode() not in kept
    assert base64.b64encode(SECRET.encode()).decode()[:6] not in kept


@pytest.mark.parametrize("text", ["images/sig=4/cat.png", '{"name":"design=sig=1.png"}', "images/?signature=1"])
def test_what_only_looks_like_a_signature_is_kept(text: str) -> None:
    assert messages.text_to_keep(text) == text


def test_half_a_surrogate_pair_is_kept_as_text() -> None:
    assert messages.text_to_keep("a\ud800b") == "a\\ud800b"


def test_what_no_service_is_sure_to_store_is_spelled_out() -> None:
    assert messages.text_to_keep("a\x01\x1b\uffff\tb\r\nä😀") == "a\\x01\\x1b\\uffff\tb\r\nä😀"


@settings(max_examples=at_length(20, 2_000))
@given(st.text(alphabet=st.characters(codec=None), max_size=40), st.integers(1, 20_000))
@example("😀", 300_000)
@example("\x01", 70_000)
@example("a😀", 200_000)
def test_what_is_kept_fits_into_a_row_whatever_it_is(text: str, times: int) -> None:
    kept = messages.text_to_keep(text * times)
    assert len(kept.encode("utf-16-le")) <= 2 * KEPT_UNITS
    assert kept == messages.text_to_keep(kept)

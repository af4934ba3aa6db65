"""Function keys: who may call what with --auth."""

import http.client
import io
import json
from pathlib import Path

import pytest

from localhost.host.host_options import parse
from localhost.host.keys import HEADER, Keys
from localhost.host.log import Log
from localhost.run.hosts import func_command, host_command
from localhost.run.run_options import parse as parse_run
from tests.host.functions_host.hosts import Launch, Spawn

HOOK = "/runtime/webhooks/blobs?functionName=Host.Functions.by_event"


def test_each_level_opens_to_its_keys_alone(launch: Launch) -> None:
    running = launch("api", auth=True)
    keys = running.host.keys
    assert keys is not None
    given = ["", "é", keys.function, keys.master]
    got = {
        path: [running.ask("GET", f"{path}?code={key}".replace("é", "%C3%A9")).status for key in given]
        for path in ("/api/open", "/api/any", "/api/closed", "/admin/host/status", "/admin/unknown", HOOK[:23])
    }
    assert got == {
        "/api/open": [200, 200, 200, 200],
        "/api/any": [401, 401, 200, 200],
        "/api/closed": [401, 401, 401, 200],
        "/admin/host/status": [401, 401, 401, 200],
        "/admin/unknown": [401, 401, 401, 404],
        "/runtime/webhooks/blobs": [401, 401, 401, 405],
    }


def test_the_header_outranks_the_query_and_a_refusal_calls_nobody(launch: Launch) -> None:
    running = launch("api", auth=True)
    keys = running.host.keys
    assert keys is not None
    assert running.ask("GET", "/api/any?code=wrong", headers={HEADER: keys.function}).status == 200
    called = len(running.log.find("function started"))
    for path, key in ((f"/api/any?code={keys.function}", "wrong"), ("/api/any", keys.function[:-1])):
        reply = running.ask("GET", path, headers={HEADER.title(): key})
        assert (reply.status, reply.data) == (401, b"")
    assert len(running.log.find("function started")) == called == 1


def test_without_auth_there_are_no_keys_and_every_door_is_open(launch: Launch) -> None:
    running = launch("api")
    assert running.host.keys is None
    assert [running.ask("GET", path).status for path in ("/api/any", "/api/closed", "/admin/host/status")] == [200] * 3
    assert (parse(["--app", "x"]).auth, parse(["--app", "x", "--auth"]).auth) == (False, True)


def test_keys_are_new_at_each_start_and_no_part_of_a_text() -> None:
    one, other = Keys(), Keys()
    assert len({one.function, one.master, other.function, other.master}) == 4
    assert len(one.function) >= 32
    assert repr(one) == "Keys()"


def test_the_ready_line_alone_tells_the_keys_whatever_fails_with_a_url(spawn: Spawn) -> None:
    host = spawn("api", "--auth", settings={})
    keys = host.ready["keys"]
    for key in keys.values():
        connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=15)
        connection.request("FAIL", f"/api/a?code={key}&then=x")
        assert connection.getresponse().status == 500
        connection.close()
    host.process.terminate()
    host.process.wait(15)
    output, errors = "".join(iter(host.read, "")), host.log.read_text("utf-8")
    assert sorted(keys) == ["function", "master"]
    assert errors.count("code=…&then=x") == 2
    assert not [key for key in keys.values() if key in errors + output]


@pytest.mark.parametrize("field", ["error", "message"])
@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("http://h/a?code=k-_%2B=&x=1", "http://h/a?code=…&x=1"),
        ("x=1&code=k\ncode=k", "x=1&code=…\ncode=…"),
        ("'a?code=k' barcode=1", "'a?code=…' barcode=1"),
        ('{"u": "?code=k"}', '{"u": "?code=…"}'),
    ],
)
def test_no_event_quotes_the_key_of_a_url(field: str, said: str, logged: str) -> None:
    stream = io.StringIO()
    Log(stream=stream).event("any", **{field: said})
    assert json.loads(stream.getvalue())[field] == logged


def test_a_run_never_asks_its_hosts_for_keys_since_it_keeps_their_output(tmp_path: Path) -> None:
    assert not parse(host_command(1, 0)[3:]).auth
    assert not [word for word in func_command("func", 7071) if word.lower().startswith("--enable")]
    image = tmp_path / "a.png"
    image.touch()
    for words in (["--auth"], ["--host", "local --auth"], ["--host=--auth"], ["--", "--auth"]):
        with pytest.raises(SystemExit):
            parse_run([str(image), *words])

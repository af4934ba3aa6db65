import os
from pathlib import Path

import pytest

from localhost.run.environment import DEFAULTS, environment
from localhost.run.failures import HostFailed
from localhost.run.hosts import func_command, host_command, is_free, ports, ready_url
from localhost.run.run_options import DEFAULT_PORT, RunOptions, parse


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have one image in the folder where one stands."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path.resolve() / "cat.png"
    path.write_bytes(b"x")
    return path


def refusal(words: list[str], capsys: pytest.CaptureFixture[str], samples: Path = Path("/nowhere")) -> str:
    with pytest.raises(SystemExit) as end:
        parse(words, samples)
    assert end.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_files_and_folders_are_relative_to_where_one_stands(image: Path) -> None:
    options = parse(["cat.png", "--data", "d", "--out", "o"])
    assert options.files == {"cat.png": image}
    assert (options.data, options.out) == (image.parent / "d", image.parent / "o")


def test_without_files_the_samples_are_taken_and_none_of_the_broken(image: Path) -> None:
    (image.parent / "broken").mkdir()
    (image.parent / "broken" / "half.png").write_bytes(b"x")
    assert parse([], samples=image.parent).files == {"cat.png": image}


def test_every_file_that_cannot_be_read_is_named(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(image.parent / "pipe")
    said = refusal(["cat.png", "gone.png", "pipe", "."], capsys)
    assert f"{image.parent / 'gone.png'}: No such file or directory" in said
    assert f"{image.parent / 'pipe'} is not a regular file" in said
    assert "is a folder" in said
    assert "cat.png" not in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--instances", "0"], "from 1 to 16"),
        (["--instances", "17"], "from 1 to 16"),
        (["--port", "65536"], "from 0 to 65535"),
        (["--port", "65535", "--instances", "2"], "would listen on 65536"),
        (["--host", "func", "--instances", "2"], "--host func runs only one instance"),
        (["--host", "other"], "invalid choice"),
    ],
)
def test_an_option_out_of_bounds_is_refused(
    image: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refusal([str(image), *words], capsys)


def test_no_samples_and_no_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "holds no images" in refusal([], capsys, samples=tmp_path)


def test_hosts_get_a_quick_configuration_and_the_storage_of_the_run() -> None:
    found = environment({"HOME": "/me"}, "connection")
    assert found["HOME"] == "/me"
    assert found["AzureWebJobsStorage"] == found[found["IMAGES_CONNECTION"]] == found[found["JOBS_CONNECTION"]]
    assert found["AzureWebJobsStorage"] == "connection"
    assert DEFAULTS.items() <= found.items()


def test_a_setting_of_the_user_wins_over_the_defaults() -> None:
    mine = {"LEASE_SECONDS": "30", "AzureWebJobs.record_image.Disabled": "1", "DISPATCH": "timer"}
    assert mine.items() <= environment(mine, "connection").items()


@pytest.mark.parametrize(
    "name",
    [
        "AzureWebJobsStorage",
        "AZUREWEBJOBSSTORAGE",
        "AzureWebJobsStorage__accountName",
        "AzureWebJobsStorage:blobServiceUri",
        "AzureWebJobsAzureWebJobsStorage",
        "IMAGES_CONNECTION",
        "JOBS_CONNECTION",
    ],
)
def test_no_setting_of_the_user_leads_a_run_to_another_storage(name: str) -> None:
    assert "production" not in environment({name: "production"}, "connection").values()


def test_hosts_listen_side_by_side() -> None:
    assert ports(RunOptions(files={}, port=0, instances=2)) == [0, 0]


def test_a_port_taken_is_avoided_or_when_asked_for_refused() -> None:
    import socket  # noqa: PLC0415 - of this test alone

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert ports(RunOptions(files={}, port=port)) == [0]
        assert ports(RunOptions(files={}, port=port, func=True)) != [0]
        with pytest.raises(HostFailed, match=f"Port {port} is in use"):
            ports(RunOptions(files={}, port=port, explicit_port=True))


def test_a_host_is_ready_when_it_says_so_and_tells_where() -> None:
    assert ready_url(b'{"event": "host started", "port": 7071, "instance": "host-1"}\n') == "http://127.0.0.1:7071"
    assert ready_url(b'{"event": "host started", "url": "http://localhost:7071/"}\n') == "http://localhost:7071"
    assert [ready_url(line) for line in (b"hello\n", b"[1]\n", b'{"event": "other"}\n', b"\xff\n")] == [""] * 4


def test_each_kind_of_host_gets_its_port() -> None:
    assert host_command(2, DEFAULT_PORT)[-5:] == ["--port", "7071", "--instance", "host-2", "--fast"]
    assert func_command("/bin/func", DEFAULT_PORT) == ["/bin/func", "start", "--port", "7071"]

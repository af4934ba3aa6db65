"""The frames between a host and its worker process."""

import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localhost.channel import Channel


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    """Return both ends of a channel."""
    first, second = (Channel(one) for one in socket.socketpair())
    yield first, second
    first.close()
    second.close()


TEXTS = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=TEXTS, body=st.binary(max_size=64))
def test_any_text_and_any_bytes_arrive_as_they_are(
    ends: tuple[Channel, Channel], head: dict[str, str], body: bytes
) -> None:
    ends[0].send(head, body)
    assert ends[1].receive() == (head, body)


def test_frames_of_several_threads_do_not_mix(ends: tuple[Channel, Channel]) -> None:
    sizes = [1, 70_000, 300_000, 0] * 8
    with ThreadPoolExecutor(8) as pool:
        sending = [pool.submit(ends[0].send, {"size": size}, b"x" * size) for size in sizes]
        frames = [ends[1].receive() for _ in sizes]
        assert [one.result() for one in sending] == [None] * len(sizes)
    assert sorted(frame[0]["size"] for frame in frames if frame) == sorted(sizes)
    assert all(frame and frame[1] == b"x" * frame[0]["size"] for frame in frames)


@pytest.mark.parametrize("part", [b"", b"\0\0", struct.pack("!II", 2, 0) + b"{", struct.pack("!II", 2, 3) + b"{}xy"])
def test_an_end_in_the_middle_of_a_frame_is_an_end(part: bytes) -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    theirs.sendall(part)
    theirs.close()
    assert channel.receive() is None
    channel.close()


def test_what_was_sent_before_the_end_still_arrives(ends: tuple[Channel, Channel]) -> None:
    ends[0].send({"last": "line"})
    ends[1].hang_up()
    assert ends[1].receive() == ({"last": "line"}, b"")
    assert ends[1].receive() is None
    with pytest.raises(OSError, match="pipe"):
        ends[0].send({})

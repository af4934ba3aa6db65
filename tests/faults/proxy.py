"""A proxy between one worker, a process of its own, and storage: it counts, and strikes.

It has a door for each of the three services, as they share their paths. Requests are passed on as they came: their
signatures name account and path, not the port.
"""

import contextlib
import random
import re
import selectors
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tests.faults.enumeration import CUTS, PAUSES, Strike
from tests.faults.enumeration_wire import Ledger
from tests.faults.proxy_http import THROTTLED, Reply, Request
from tests.simulation.service.account import Account

_ENDPOINT = re.compile(r"(\w+Endpoint)=http://([^:/;]+):(\d+)")
#: To close with this set sends a reset instead of an end.
_RESET = struct.pack("ii", 1, 0)
_BUSY = 503


class Victim(Protocol):
    """The process whose requests these are."""

    def kill(self) -> None:
        """End it; return when it has ended."""

    def pause(self) -> None:
        """Stop it; return when it stands still."""

    def resume(self) -> None:
        """Let it go on."""


@dataclass(frozen=True)
class Service:
    """One of the three."""

    address: tuple[str, int]
    name: str


@dataclass(frozen=True)
class Exchange:
    """A request that storage has had, and whether storage has done it."""

    request: Request
    has_effect: bool


class Proxy:
    """Stand between one worker and storage.

    Args:
        connection: Of Azurite; of an account in process, whatever its services are reached by.
        account: That account, in place of what the connection leads to.
        ledger: Where applied claims and commits are counted.

    Attributes:
        connection: What the worker connects by.
        requests: Every request that the worker has begun.
        exchanges: Those that storage has had, in the order of its replies.
        hit: Whether the armed strike has come.
        victim: The worker's process; set before it sends anything.
        lost: Replies lost at random.
    """

    victim: Victim

    def __init__(self, connection: str, ledger: Ledger, *, account: Account | None = None) -> None:
        self._ledger, self._account = ledger, account
        self._mutex, self._turn = threading.Lock(), threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._selector = selectors.DefaultSelector()
        self._bell, ear = socket.socketpair()
        self._selector.register(ear, selectors.EVENT_READ)
        self.connection = _ENDPOINT.sub(self._door, connection)
        self.requests: list[Request] = []
        self.exchanges: list[Exchange] = []
        self.hit = False
        self.lost = 0
        self._point: tuple[Callable[[int, Request], bool], Strike] | None = None
        self._meanwhile: Callable[[], object] = int
        self._share, self._chance = 0.0, random.Random()
        self._out = self._lost_next = False
        self._failure: BaseException | None = None
        self._start(self._accept)
        self._accepting = self._threads.pop()

    def arm(self, nth: int, strike: Strike, meanwhile: Callable[[], object] = int) -> None:
        """Strike at the nth request, from 1; ``meanwhile`` is the rival's turn in a pause."""
        self._point, self._meanwhile = (lambda number, _: number == nth, strike), meanwhile

    def await_one(self, fits: Callable[[Request], bool], strike: Strike, meanwhile: Callable[[], object] = int) -> None:
        """Strike at the next request that fits, of a worker whose requests have no order."""
        self._point, self._meanwhile = (lambda _, asked: fits(asked), strike), meanwhile

    def lose(self, share: float, seed: int) -> None:
        """Lose this share of all replies from now on."""
        self._share, self._chance = share, random.Random(seed)

    def settle(self) -> None:
        """End an outage, now that the worker has ended; raise what has gone wrong in the rival's turn.

        Raises:
            BaseException: Whatever that was.
        """
        self._out = False
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Close all doors and connections."""
        self._bell.close()
        self._accepting.join()
        with self._mutex:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        while self._threads:
            self._threads.pop().join()

    def _door(self, found: re.Match[str]) -> str:
        """Open a door before a service; return the endpoint that leads through it."""
        listener = socket.create_server(("127.0.0.1", 0))
        service = Service((found[2], int(found[3])), found[1].removesuffix("Endpoint").lower())
        self._selector.register(listener, selectors.EVENT_READ, service)
        return f"{found[1]}=http://127.0.0.1:{listener.getsockname()[1]}"

    def _start(self, run: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=run, args=given, name="proxy", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        """Take connections in until the bell rings."""
        with self._selector:
            doors = [key.fileobj for key in self._selector.get_map().values()]
            ready = [key for key, _ in self._selector.select()]
            while all(key.data for key in ready):
                for key in ready:
                    client, _ = key.fileobj.accept()  # type: ignore[union-attr] # a door
                    with self._mutex:
                        self._open.add(client)
                    self._start(self._serve, client, key.data)
                ready = [key for key, _ in self._selector.select()]
        for door in doors:
            door.close()  # type: ignore[union-attr] # a socket

    def _serve(self, client: socket.socket, service: Service) -> None:
        """Answer one connection's requests, until it ends or a strike breaks it."""
        try:
            with contextlib.suppress(OSError), client.makefile("rb") as stream:
                while (asked := Request.read(stream)) is not None:
                    reply = self._answer(asked, service)
                    if reply is None:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                        break
                    client.sendall(bytes(reply))
                    if reply.breaks_off:
                        break
        except BaseException as failure:  # noqa: BLE001 - the edge of a thread: raised again where the schedule is
            self._failure = failure
        finally:
            with self._mutex:
                self._open.discard(client)
            client.close()

    def _answer(self, asked: Request, service: Service) -> Reply | None:
        """Return the reply to a request; None to break the connection."""
        with self._mutex:
            self.requests.append(asked)
            point = self._point
            if point is not None and not point[0](len(self.requests), asked):
                point = None
            elif point is not None:
                self._point, self.hit = None, True
            gone, self._lost_next = self._out or self._lost_next, False
            loses = not gone and self._chance.random() < self._share
            self.lost += loses
        if gone:
            return None
        if point is not None:
            return self._strike(point[1], asked, service)
        reply = self._through(asked, service)
        return None if loses else reply

    def _strike(self, strike: Strike, asked: Request, service: Service) -> Reply | None:
        reply = self._through(asked, service) if strike.applies else None
        if strike.kills:
            self.victim.kill()
            return None
        if strike.pauses:
            self._pause()
        if strike is Strike.ARRIVES_TWICE:
            return self._through(asked, service)
        if strike in PAUSES:
            return self._through(asked, service) if reply is None else reply
        if reply is not None and strike in CUTS:
            return reply.cut(late=strike is Strike.CUT_LATE)
        self._lost_next = strike is Strike.REPLY_AND_LOOK_LOST
        self._out = strike.lasts
        if strike in (Strike.BUSY_BEFORE, Strike.BUSY_AFTER, Strike.THROTTLED):
            return asked.refuse(service.name, THROTTLED if strike is Strike.THROTTLED else _BUSY)
        return None

    def _pause(self) -> None:
        """Give the rival its turn while the worker stands still."""
        self.victim.pause()
        try:
            self._meanwhile()
        finally:
            self.victim.resume()

    def _through(self, asked: Request, service: Service) -> Reply:
        if self._account is None:
            reply = asked.passed_on(service.address)
        else:
            with self._turn:  # it serves one after the other
                reply = asked.answered_by(self._account, service.address)
        with self._mutex:
            self._ledger.note(asked, reply)
            self.exchanges.append(Exchange(asked, reply.has_effect))
        return reply

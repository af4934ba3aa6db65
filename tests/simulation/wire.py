"""The way from a process to the services and back: each request waits here, and here it meets its fault."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from azure.core.exceptions import ServiceRequestError, ServiceResponseError

from tests.simulation.faults import DEATHS, Fault, Weather
from tests.simulation.operations import Operation, operations
from tests.simulation.scheduler import Died, Scheduler, Task
from tests.simulation.service.account import Account
from tests.simulation.service.exchange import Reply, Request, decode, http_date, refusal
from tests.simulation.service.transport import InProcess, answer, content_of

_PATIENCE = 35.0
_THROTTLED = 429


@dataclass
class Passage:
    """One request on its way.

    Attributes:
        sender: The task that has sent it.
        request: What it asks for.
        label: What it is, in words without anything drawn.
        fault: What happens to it.
        size: How much of it, 0 to 1.
        clock: Of the sender's process.
        sent_at: Its monotonic second.
        reply: Its reply; None as long as it has not come.
        waits: Whether the sender still does.
        number: Of the sender's requests, from 1.
    """

    sender: Task
    request: Request
    label: str
    fault: Fault
    size: float
    clock: Callable[[], float]
    sent_at: float
    reply: Reply | None = None
    waits: bool = True
    number: int = 0

    @cached_property
    def writes(self) -> Sequence[Operation]:
        """The rows that it asks to be written."""
        return operations(self.request)


#: Called with each passage as soon as its request was obeyed, before the sender knows.
Observer = Callable[[Passage, Reply], object]


class Wire:
    """Carries requests.

    Args:
        account: That they go to.
        scheduler: Lets time pass.
        weather: What goes wrong.
        takes: Says whether a fault that was drawn happens, by its name.
        label: Names a request.

    Attributes:
        observers: Called with each request that was obeyed, or refused by the service.
        sends: Called with each request before it goes.
        ends: Called with each request as it ends for its sender.
    """

    def __init__(
        self,
        account: Account,
        scheduler: Scheduler,
        weather: Weather,
        *,
        takes: Callable[[str], bool],
        label: Callable[[Request], str],
    ) -> None:
        self.account = account
        self.scheduler = scheduler
        self.weather = weather
        self.observers: list[Observer] = []
        self.sends: Callable[[Passage], object] = lambda _passage: None
        self.ends: Callable[[Passage, str], object] = lambda _passage, _end: None
        self._takes = takes
        self._label = label

    def send(self, request: Request, *, monotonic: Callable[[], float], seconds: float = _PATIENCE) -> Passage:
        """Send a request of the running task, and wait for the reply.

        Raises:
            ServiceRequestError: It was not sent.
            ServiceResponseError: No whole reply has come.
            Died: The process has.
        """
        task = self.scheduler.current
        if task is None or task.home.dead:
            raise Died
        label = self._label(request)
        fault, size = self.weather.draw(task.luck, self.scheduler.now, label, task.last_fault)
        task.request_count += 1
        if fault is not Fault.NONE and not self._takes(f"{task.name}#{task.request_count} {fault}"):
            fault = Fault.NONE
        if fault is Fault.OUTAGE:
            self.weather.break_out(request.service, self.scheduler.now, size)
        elif self.weather.out(request.service, self.scheduler.now):
            fault = Fault.OUTAGE
        task.last_fault = fault
        passage = Passage(task, request, label, fault, size, monotonic, monotonic(), number=task.request_count)
        self.sends(passage)
        try:
            self._travel(passage, seconds)
        except (ServiceRequestError, ServiceResponseError) as error:
            self.ends(passage, type(error).__name__)
            raise
        except Died:
            self.ends(passage, "died")
            raise
        finally:
            passage.waits = False
        self.ends(passage, str(passage.reply.status if passage.reply else ""))
        return passage

    def _travel(self, passage: Passage, seconds: float) -> None:
        fault, task, scheduler = passage.fault, passage.sender, self.scheduler
        if fault in DEATHS:
            self.weather.deaths -= 1
        if fault is Fault.DIES_BEFORE:
            scheduler.kill(task.home)
            raise Died
        if fault is Fault.STOPS_BEFORE:
            task.home.stopped_until = max(task.home.stopped_until, scheduler.now + passage.size * self.weather.longest)
            scheduler.sleep(0.0)
        if fault is Fault.REQUEST_LOST:
            scheduler.sleep(self._way(task))
            raise ServiceRequestError("The request was lost.")
        way = self._way(task) + (passage.size * self.weather.longest if fault is Fault.DELAYED else 0.0)
        scheduler.at(scheduler.now + way, lambda: self._arrive(passage), task.order.random())
        if fault is Fault.TWICE:
            again = scheduler.now + way + passage.size * self.weather.longest / 2
            scheduler.at(again, lambda: self._obey(passage), task.order.random())
        if fault is Fault.DIES_SENDING:
            scheduler.kill(task.home)
            raise Died
        until = scheduler.now + seconds
        while passage.reply is None and scheduler.now < until:
            scheduler.park(until)
        if passage.reply is None:
            raise ServiceResponseError("No reply in time.")
        if fault is Fault.REPLY_LOST:
            raise ServiceResponseError("The reply was lost.")

    def _way(self, task: Task) -> float:
        """Return how long a request or reply is on its way when all is well."""
        return task.order.random() ** 3 * self.weather.slowness

    def _arrive(self, passage: Passage) -> None:
        """Obey a request, and send the reply on its way."""
        fault, task, scheduler = passage.fault, passage.sender, self.scheduler
        service = passage.request.service
        if fault in (Fault.REFUSED_BEFORE, Fault.OUTAGE):
            reply = refusal(service, 503, "ServerBusy")
        elif fault is Fault.THROTTLED:
            reply = refusal(service, _THROTTLED, "TooManyRequests", retry_after=1 + int(3 * passage.size))
        else:
            reply = self._obey(passage)
        if fault is Fault.REFUSED_AFTER:
            reply = refusal(service, 500, "OperationTimedOut")
        front = self.weather.dates[int(passage.size * len(self.weather.dates))]
        reply.headers["Date"] = http_date(self.account.clock.now() + timedelta(seconds=front))
        if fault is Fault.DIES_AFTER:
            scheduler.kill(task.home)
            return
        if fault is Fault.STOPS_AFTER:
            task.home.stopped_until = max(task.home.stopped_until, scheduler.now + passage.size * self.weather.longest)
        way = self._way(task) + (passage.size * self.weather.longest if fault is Fault.REPLY_DELAYED else 0.0)
        scheduler.at(scheduler.now + way, lambda: self._return(passage, reply), task.order.random())

    def _obey(self, passage: Passage) -> Reply:
        reply = self.account.serve(passage.request)
        for observe in self.observers:
            observe(passage, reply)
        return reply

    def _return(self, passage: Passage, reply: Reply) -> None:
        if passage.waits and passage.reply is None:
            passage.reply = reply
            self.scheduler.wake(passage.sender)


class SdkTransport(InProcess):
    """Beneath the SDK clients of one process.

    Args:
        wire: Carries its requests.
        monotonic: The process's own clock.
    """

    def __init__(self, wire: Wire, monotonic: Callable[[], float]) -> None:
        super().__init__(wire.account, sleep=self._pause)
        self._wire = wire
        self._monotonic = monotonic

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Send; the reply may come late, in part, or never."""
        plain = decode(request.method, request.url, request.headers, content_of(request))
        seconds = kwargs.get("connection_timeout", 5.0) + kwargs.get("read_timeout", 30.0)
        passage = self._wire.send(plain, monotonic=self._monotonic, seconds=seconds)
        reply = passage.reply or Reply(500)
        if passage.fault is Fault.REPLY_CUT and request.method != "HEAD":
            if not reply.body:
                raise ServiceResponseError("The reply broke off in its head.")
            reply = Reply(reply.status, reply.headers, reply.body[: int(passage.size * len(reply.body))])
        return answer(request, reply)

    def _pause(self, _seconds: float) -> None:
        """Wait about a second: how long the SDK wants to is drawn from no stream of ours."""
        self._wire.scheduler.sleep(1.0)

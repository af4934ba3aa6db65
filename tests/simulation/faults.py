"""What can go wrong with a request, and how often it does in one world."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """What happens to one request, or to the process that sends it."""

    NONE = "none"
    REQUEST_LOST = "request lost"  #: it never arrives; its sender is told at once
    REPLY_LOST = "reply lost"  #: it is obeyed; its sender sees the connection break
    REPLY_CUT = "reply cut"  #: it is obeyed; the reply breaks off at a byte of its body
    REFUSED_BEFORE = "5xx before"  #: 503, and nothing was done
    REFUSED_AFTER = "5xx after"  #: 500, and it was obeyed
    THROTTLED = "throttled"  #: 429 with Retry-After, and nothing was done
    DELAYED = "delayed"  #: it is on its way for long; its sender may have given up, or died, when it arrives
    REPLY_DELAYED = "reply delayed"  #: it is obeyed at once, and its reply is on its way for long
    TWICE = "twice"  #: it arrives a second time, later
    DIES_BEFORE = "dies before"  #: its process is no more before it is sent
    DIES_SENDING = "dies sending"  #: its process is no more when it arrives
    DIES_AFTER = "dies after"  #: its process is no more when the reply comes
    STOPS_BEFORE = "stops before"  #: its process stands still before it is sent, as by SIGSTOP
    STOPS_AFTER = "stops after"  #: its process stands still before it reads the reply
    OUTAGE = "outage"  #: its service answers nobody for a while


DEATHS = frozenset({Fault.DIES_BEFORE, Fault.DIES_SENDING, Fault.DIES_AFTER})
#: What is drawn at each request; an outage comes by its time.
DRAWN = tuple(fault for fault in Fault if fault not in (Fault.NONE, Fault.OUTAGE))
_CALM, _BREEZE, _STORM = 0.002, 0.01, 0.04
#: Where a window is one request wide, hardly anything goes wrong in it by chance: so most worlds look closely at one
#: kind of request, by more faults of all kinds, or by one fault that strikes every other time.
FOCI = (
    *("claim", "renew", "complete", "add", "supersede", "cancel", "redrive", "retag", "reschedule", "purge", "retry"),
    *("lock", "get key", "get job", "mark", "query due", "POST image-jobs", "HEAD images", "GET images blob"),
    *("thumbnails", "DELETE image-jobs", "PUT images", "claim", "renew", "complete", "add", "PUT thumbnails"),
)
_FOCUSED, _SHARP = 0.3, 12.0
_STRUCK, _OFTEN, _HARD = 0.5, 0.5, 0.6
#: Seconds in which a sweep comes.
_LONG = 120.0
#: Processes that die or stand still do more than one request.
_RARE = dict.fromkeys((*DEATHS, Fault.STOPS_BEFORE, Fault.STOPS_AFTER), 0.4)


@dataclass(frozen=True)
class Outage:
    """A service that answers nobody for a while.

    Attributes:
        service: ``table``, ``queue`` or ``blob``.
        begin: Virtual second.
        end: Virtual second.
    """

    service: str
    begin: float
    end: float


@dataclass
class Weather:
    """How often what goes wrong in one world.

    Attributes:
        rates: Of each fault, a request.
        outages: Of services.
        slowness: Seconds that a request or a reply takes at most, when all is well.
        longest: Seconds that one is delayed at most, and that a process stands still.
        dates: Seconds by which the clocks of the front ends are ahead; each reply comes from one of them.
        deaths: How many processes may still die.
        calm_at: Virtual second from which on nothing goes wrong any more.
        focus: What is in the labels of the requests with which far more goes wrong; "" for none.
        strike: What happens to every other of these; nothing in particular by default.
    """

    rates: dict[Fault, float] = field(default_factory=dict)
    outages: tuple[Outage, ...] = ()
    slowness: float = 0.02
    longest: float = 60.0
    dates: tuple[float, ...] = (0.0,)
    deaths: int = 6
    calm_at: float = float("inf")
    focus: str = ""
    strike: Fault = Fault.NONE

    def draw(self, luck: Random, moment: float, label: str) -> tuple[Fault, float]:
        """Draw what happens to a request, and how much of it, 0 to 1: always two numbers of the stream."""
        chosen, size = luck.random(), luck.random()
        if self.focus and self.focus in label:
            chosen /= _SHARP
            if self.strike is not Fault.NONE and chosen * _SHARP < _OFTEN and moment < self.calm_at:
                spared = self.strike in DEATHS and not self.deaths
                return (Fault.NONE if spared else self.strike), _HARD + (1 - _HARD) * size
        if moment >= self.calm_at:
            return Fault.NONE, size
        for fault, rate in self.rates.items():
            chosen -= rate
            if chosen < 0:
                if fault in DEATHS and not self.deaths:
                    break
                return fault, size
        return Fault.NONE, size

    def out(self, service: str, moment: float) -> bool:
        """Say whether a service is out."""
        return moment < self.calm_at and any(
            each.service == service and each.begin <= moment < each.end for each in self.outages
        )


def forecast(luck: Random, *, lease: float, drift: float, span: float) -> Weather:
    """Draw how a world is: some are calm, some are wild, and most have a few kinds of faults alone.

    Args:
        luck: Its stream.
        lease: Seconds of protection; delays and stops are shorter and longer than that.
        drift: Seconds by which the front ends' clocks may be off.
        span: Seconds in which things go wrong.
    """
    level = luck.choice((_CALM, _BREEZE, _BREEZE, _STORM))
    kinds = luck.sample(DRAWN, luck.randint(2, len(DRAWN)))
    outages = []
    for _ in range(luck.choice((0, 0, 1, 1, 2, 4))):
        begin = luck.uniform(0, span)
        service, seconds = luck.choice(("table", "queue", "blob", "blob")), luck.choice((5.0, 20.0, 90.0))
        outages.append(Outage(service, begin, begin + seconds))
    strike = luck.choice(DRAWN) if luck.random() < _STRUCK else Fault.NONE
    focused = strike is not Fault.NONE or luck.random() < _FOCUSED
    return Weather(
        rates={kind: level * luck.choice((0.5, 1.0, 3.0)) * _RARE.get(kind, 1.0) for kind in kinds},
        outages=tuple(outages),
        slowness=luck.choice((0.005, 0.02, 0.2, 2.0)),
        longest=lease * luck.choice((0.5, 1.5, 3.0)) if strike is Fault.NONE else max(3 * lease, _LONG),
        dates=tuple(luck.uniform(-drift, drift) for _ in range(luck.choice((1, 1, 2, 3)))),
        deaths=luck.choice((0, 1, 3, 6)),
        focus=luck.choice(FOCI) if focused else "",
        strike=strike,
    )

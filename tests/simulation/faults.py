"""What can go wrong with a request, and how often it does in one world."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from tests.simulation.chance import Chance
from tests.simulation.labels import MANY


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
#: What is drawn at any request; an outage comes by its time, or begins with a request of ``RARE``.
DRAWN = tuple(fault for fault in Fault if fault not in (Fault.NONE, Fault.OUTAGE))
_CALM, _BREEZE, _STORM = 0.005, 0.01, 0.04
#: Where a window is one request wide, hardly anything goes wrong in it by chance: so most worlds look closely at one
#: kind of request, by more faults of all kinds, or by one fault that strikes every other time.
FOCI = {
    **dict.fromkeys(("claim", "renew", "complete", "add"), 2.0),
    **dict.fromkeys(
        ("supersede", "cancel", "redrive", "retag", "reschedule", "purge", "retry", "bury", "exhaust"), 1.0
    ),
    **dict.fromkeys(("lock", "get key", "get job", "mark", "query due", "POST image-jobs", "HEAD images"), 1.0),
    **dict.fromkeys(("GET images blob", "thumbnails", "DELETE image-jobs", "PUT images", "PUT thumbnails"), 1.0),
}
#: What only one kind of request shows that meets one fault: who comes too late with it, or who is not answered.
CROSSINGS = (
    ("complete", Fault.STOPS_BEFORE),
    ("complete", Fault.STOPS_BEFORE),
    ("PUT thumbnails blob", Fault.STOPS_BEFORE),
    ("fail", Fault.STOPS_BEFORE),
    ("retry", Fault.STOPS_BEFORE),
    ("retry", Fault.REPLY_LOST),
    ("claim", Fault.REPLY_DELAYED),
    ("claim", Fault.STOPS_AFTER),
    ("claim", Fault.DELAYED),
    ("claim", Fault.REPLY_LOST),
    ("renew", Fault.REQUEST_LOST),
    ("renew", Fault.REFUSED_BEFORE),
    ("renew", Fault.REPLY_DELAYED),
    ("lock take", Fault.STOPS_AFTER),
    ("lock take", Fault.REPLY_LOST),
    ("lock take", Fault.REPLY_DELAYED),
    ("lock release", Fault.STOPS_BEFORE),
    ("lock renew", Fault.REQUEST_LOST),
    ("cancel", Fault.STOPS_BEFORE),
    ("redrive", Fault.STOPS_BEFORE),
    ("reschedule", Fault.STOPS_BEFORE),
    ("purge", Fault.STOPS_BEFORE),
    ("add", Fault.REPLY_LOST),
    ("get key", Fault.STOPS_AFTER),
    ("query due", Fault.STOPS_AFTER),
)
#: The same of worlds in which a walk records many images at once.
CROWDED = (
    (MANY, Fault.REPLY_LOST),
    (MANY, Fault.REPLY_LOST),
    (MANY, Fault.STOPS_BEFORE),
    (MANY, Fault.STOPS_BEFORE),
    (MANY, Fault.DELAYED),
    (MANY, Fault.TWICE),
    (MANY, Fault.REFUSED_AFTER),
    (MANY, Fault.REFUSED_BEFORE),
    ("get key", Fault.STOPS_AFTER),
    ("get key", Fault.REPLY_DELAYED),
)
#: Share of the worlds that have one, and of those requests that meet it.
_CROSSED, _MEET, _CROWDED, _STUBBORN, _ZEAL = 0.35, 0.75, 0.7, 0.9, 0.3
#: What leaves a sender in doubt, where the reply is not there in time: its next request may then be refused, too.
_DOUBTS = frozenset({Fault.REPLY_LOST, Fault.REPLY_CUT, Fault.REFUSED_AFTER, Fault.REPLY_DELAYED})
_FOCUSED, _SHARP = 0.3, 12.0
_STRUCK, _OFTEN, _HARD = 0.5, 0.5, 0.6
#: Transitions that a world has few of: far more goes wrong with them than with others, whatever the world is; by how
#: much of its zeal.
RARE = {
    **dict.fromkeys(("retry", "abandon", "fail", "cancel", "supersede", "exhaust", "redrive", "reschedule"), 1.0),
    **dict.fromkeys(("bury", "retag", "purge", MANY), 1.5),
    **dict.fromkeys(("complete", "claim", "renew", "lock release"), 0.25),
}
_ANY = (*DRAWN, Fault.OUTAGE)
#: Seconds that an outage takes at most that begins with a request.
_SHORT_OUTAGE = 20.0
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
        begins_at: Virtual second before which nothing goes wrong.
        calm_at: Virtual second from which on nothing goes wrong any more.
        focus: What is in the labels of the requests with which far more goes wrong; "" for none.
        strike: What happens to every other of these; nothing in particular by default.
        often: Share of these requests that it happens to.
        gust: Share of the requests behind a reply that was lost that are refused.
        zeal: Share of the requests of ``RARE``, by its weights, with which something goes wrong, whatever it is.
    """

    rates: dict[Fault, float] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)
    slowness: float = 0.02
    longest: float = 60.0
    dates: tuple[float, ...] = (0.0,)
    deaths: int = 6
    begins_at: float = 0.0
    calm_at: float = float("inf")
    focus: str = ""
    strike: Fault = Fault.NONE
    often: float = _OFTEN
    gust: float = 0.0
    zeal: float = 0.0

    def draw(self, luck: Random, moment: float, label: str, before: Fault) -> tuple[Fault, float]:
        """Draw what happens to a request, and how much of it, 0 to 1: always two numbers of the stream.

        Args:
            luck: The sender's stream.
            moment: Virtual second.
            label: Of the request.
            before: What has happened to the sender's last request.
        """
        chosen, size = luck.random(), luck.random()
        is_calm = not self.begins_at <= moment < self.calm_at
        if before in _DOUBTS and chosen < self.gust and not is_calm:
            return Fault.REFUSED_BEFORE, size
        if self.focus and self.focus in label:
            chosen /= _SHARP
            if self.strike is not Fault.NONE and chosen * _SHARP < self.often and not is_calm:
                spared = self.strike in DEATHS and not self.deaths
                return (Fault.NONE if spared else self.strike), _HARD + (1 - _HARD) * size
        if is_calm:
            return Fault.NONE, size
        zeal = self.zeal * max(RARE.get(each, 0.0) for each in label.split("+"))
        if chosen < zeal:
            fault = _ANY[int(chosen / zeal * len(_ANY))]
            return (Fault.NONE if fault in DEATHS and not self.deaths else fault), size
        chosen = (chosen - zeal) / (1 - zeal)
        for fault, rate in self.rates.items():
            chosen -= rate
            if chosen < 0:
                if fault in DEATHS and not self.deaths:
                    break
                return fault, size
        return Fault.NONE, size

    def break_out(self, service: str, moment: float, size: float) -> None:
        """Begin an outage with a request."""
        self.outages.append(Outage(service, moment, moment + size**2 * _SHORT_OUTAGE))

    def out(self, service: str, moment: float) -> bool:
        """Say whether a service is out."""
        return moment < self.calm_at and any(
            each.service == service and each.begin <= moment < each.end for each in self.outages
        )


def forecast(
    chance: Chance, *, lease: float, drift: float, span: float, begin: float = 0.0, crowded: bool = False
) -> Weather:
    """Draw how a world is: some are calm, some are wild, and most have a few kinds of faults alone.

    Args:
        chance: Of the world.
        lease: Seconds of protection; delays and stops are shorter and longer than that.
        drift: Seconds by which the front ends' clocks may be off.
        span: Seconds in which things go wrong.
        begin: Virtual second at which these begin.
        crowded: Whether a walk finds many images that are new.
    """
    luck = chance.stream("weather/kinds")
    level = luck.choice((_CALM, _BREEZE, _BREEZE, _STORM))
    kinds = luck.sample(DRAWN, luck.randint(2, len(DRAWN)))
    strike: Fault = chance.choose("weather/strike", *DRAWN) if chance.share("weather/strikes") < _STRUCK else Fault.NONE
    focused = strike is not Fault.NONE or chance.share("weather/focused") < _FOCUSED
    focus, often = chance.pick("weather/focus", FOCI) if focused else "", _OFTEN
    if chance.share("weather/crossed") < _CROSSED:
        (focus, strike), often = chance.choose("weather/crossing", *CROSSINGS), _MEET
    if crowded and chance.share("weather/crowded") < _CROWDED:
        (focus, strike), often = chance.choose("weather/crowding", *CROWDED), _STUBBORN
    dates = range(chance.choose("weather/fronts", 1, 1, 2, 3))
    return Weather(
        rates={kind: level * luck.choice((0.5, 1.0, 3.0)) * _RARE.get(kind, 1.0) for kind in kinds},
        outages=[
            _outage(chance, number, begin, span)
            for number in range(chance.choose("weather/outages", 0, 0, 0, 0, 1, 1, 2))
        ],
        slowness=chance.choose("weather/slowness", 0.005, 0.02, 0.2, 2.0),
        longest=lease * (3.0 if strike is not Fault.NONE else chance.choose("weather/longest", 0.5, 1.5, 3.0)),
        begins_at=begin,
        dates=tuple((2 * chance.share(f"weather/front {number}") - 1) * drift for number in dates),
        deaths=chance.choose("weather/deaths", 0, 1, 3, 6),
        focus=focus,
        strike=strike,
        often=often,
        gust=chance.choose("weather/gust", 0.0, 0.0, 0.6),
        zeal=max(chance.choose("weather/zeal", 0.0, 0.2, 0.5), _ZEAL * crowded),
    )


def _outage(chance: Chance, number: int, begin: float, span: float) -> Outage:
    begin += chance.share(f"outage {number}/begin") * span
    seconds = chance.choose(f"outage {number}/seconds", 3.0, 3.0, 10.0, 10.0, 45.0)
    service = chance.choose(f"outage {number}/service", "table", "queue", "blob", "blob")
    return Outage(service, begin, begin + seconds)

"""The queue service in process answers as Azurite does: each operation, each refusal."""

import uuid
from collections.abc import Callable
from urllib.parse import quote

import pytest

from localhost.azurite import Azurite
from tests.contract.queue_wire import QUEUES, Conversation, Operation, text
from tests.contract.wires import AzuriteWire, DoubleWire
from tests.simulation.service.account import Account
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.queues import QueueService

Q, MESSAGES, MESSAGE = "/{q}", "/{q}/messages", "/{q}/messages/{ids[0]}"
CREATE, DELETE = Operation("PUT", Q), Operation("DELETE", Q)
SHOW = Operation("GET", Q + "?comp=metadata")
PUT, GET = Operation("POST", MESSAGES, text("hello")), Operation("GET", MESSAGES)
PEEK = Operation("GET", MESSAGES + "?peekonly=true&numofmessages=32")
CLEAR = Operation("DELETE", MESSAGES)


def create(**metadata: str) -> Operation:
    return CREATE._replace(headers={f"x-ms-meta-{key}": value for key, value in metadata.items()})


def describe(**metadata: str) -> Operation:
    return create(**metadata)._replace(path=SHOW.path)


def put(options: str = "", content: str = "hello") -> Operation:
    return Operation("POST", f"{MESSAGES}?{options}" if options else MESSAGES, text(content))


def get(options: str) -> Operation:
    return Operation("GET", f"{MESSAGES}?{options}")


def update(receipt: str, hide: str = "0", body: bytes = b"", *, path: str = MESSAGE) -> Operation:
    return Operation("PUT", f"{path}?popreceipt={receipt}&visibilitytimeout={hide}", body)


def delete(receipt: str, *, path: str = MESSAGE) -> Operation:
    return Operation("DELETE", f"{path}?popreceipt={receipt}")


def put_of_size(count: int, letter: str = "a") -> Operation:
    return put(content=letter * count)


def raw(body: bytes) -> Operation:
    return PUT._replace(body=body)


def page(options: str) -> Operation:
    return Operation("GET", f"/?comp=list&{options}")


NOWHERE = "/{q}/messages/nope"
SCRIPTS = {
    "create once and again": [CREATE, CREATE, DELETE, DELETE, CREATE],
    "create with metadata": [create(a="1"), create(a="1"), create(a="2"), create(), create(a="1", b="2")],
    "create with metadata where there was none": [CREATE, create(a="1"), SHOW],
    "metadata": [CREATE, SHOW, describe(a="1", b="x y"), SHOW, describe(), SHOW],
    "properties by HEAD": [CREATE, SHOW._replace(method="HEAD"), DELETE, SHOW._replace(method="HEAD")],
    "no queue": [SHOW, describe(a="1"), PUT, GET, PEEK, CLEAR, DELETE],
    "no queue for one message": [update("AAAA", path=NOWHERE), delete("AAAA", path=NOWHERE)],
    "count": [CREATE, PUT, put("visibilitytimeout=60"), SHOW, GET, SHOW, CLEAR, SHOW],
    "get one": [CREATE, PUT, GET, GET],
    "get in the order sent": [CREATE, *[put(content=f"m{n}") for n in range(5)], get("numofmessages=3"), GET, PEEK],
    "peek changes nothing": [CREATE, PUT, PEEK, PEEK, GET, PEEK],
    "peek one": [CREATE, PUT, PUT, get("peekonly=true"), get("peekonly=false"), get("peekonly=nonsense")],
    "clear": [CREATE, CLEAR, PUT, PUT, CLEAR, GET, CLEAR],
    "hide": [CREATE, put("visibilitytimeout=60"), GET, PEEK, put("visibilitytimeout=0"), get("visibilitytimeout=100")],
    "hide for the whole life": [CREATE, put("visibilitytimeout=604800"), put("visibilitytimeout=604800&messagettl=-1")],
    "lives": [CREATE, put("messagettl=1000"), put("messagettl=-1"), put("messagettl=300000000000"), PEEK],
    "lives too short": [CREATE, put("messagettl=0"), put("messagettl=5&visibilitytimeout=5"), put("messagettl=-2")],
    "hides out of range": [CREATE, put("visibilitytimeout=-1"), put("visibilitytimeout=604801"), PEEK],
    "gets out of range": [CREATE, PUT, get("visibilitytimeout=0"), get("visibilitytimeout=604801"), GET],
    "numbers out of range": [CREATE, *[get(f"numofmessages={n}") for n in (-1, 0, 1, 32, 33)]],
    "peeks out of range": [CREATE, *[get(f"peekonly=true&numofmessages={n}") for n in (0, 1, 32, 33)]],
    "no numbers": [CREATE, *[get(f"{n}={v}") for n in ("numofmessages", "visibilitytimeout") for v in ("", "abc")]],
    "no numbers to put": [CREATE, *[put(f"{n}={v}") for n in ("messagettl", "visibilitytimeout") for v in ("", "abc")]],
    "update text": [CREATE, PUT, update("{receipts[0]}", body=text("two")), PEEK, GET],
    "update with an empty text": [CREATE, PUT, update("{receipts[0]}", body=text("")), PEEK],
    "update visibility": [CREATE, PUT, update("{receipts[0]}", "60"), GET, update("{receipts[1]}"), GET],
    "update by an older receipt": [CREATE, PUT, GET, update("{receipts[0]}"), update("{receipts[1]}", "9")],
    "update twice": [CREATE, PUT, update("{receipts[0]}"), update("{receipts[0]}"), update("{receipts[1]}")],
    "update nothing": [CREATE, update("AAAA", path=NOWHERE), PUT, update("AAAA"), update("%C3%A4"), update("")],
    "update out of range": [CREATE, PUT, *[update("{receipts[0]}", v) for v in ("-1", "604801", "abc", "", "604800")]],
    "update too large": [CREATE, PUT, update("{receipts[0]}", body=text("a" * 65537)), update("{receipts[0]}")],
    "update without a word": [
        *(CREATE, PUT),
        *(Operation("PUT", MESSAGE + option) for option in ("", "?visibilitytimeout=0", "?popreceipt={receipts[0]}")),
    ],
    "delete": [CREATE, PUT, delete("{receipts[0]}"), delete("{receipts[0]}"), update("{receipts[0]}"), GET],
    "delete by an older receipt": [CREATE, PUT, GET, delete("{receipts[0]}"), delete("{receipts[1]}"), PEEK],
    "delete nothing": [CREATE, delete("AAAA", path=NOWHERE), PUT, delete("AAAA"), Operation("DELETE", MESSAGE)],
    "delete a queue with messages": [CREATE, PUT, DELETE, GET, CREATE, GET, SHOW],
    "list": [CREATE, page("prefix={q}"), page("prefix={q}&include=metadata"), describe(a="<1>")],
    "list metadata": [create(a="<1>&"), page("prefix={q}&include=metadata"), page("prefix={q}&maxresults=1")],
    "list nothing": [page("prefix={q}"), page("prefix={q}&maxresults=0")],
    "list a page": [
        CREATE,
        Operation("PUT", Q + "-2"),
        page("prefix={q}&maxresults=1"),
        page("prefix={q}&maxresults=2"),
    ],
    "size": [CREATE, put_of_size(65536), put_of_size(65537), put_of_size(32769, "ä"), put_of_size(65536, "&lt;"), SHOW],
    "markup": [CREATE, put(content="&lt;&amp;&gt; \"' &apos;&quot; ä😀 a > b ]]>"), PEEK],
    "white space": [CREATE, put(content="   "), put(content="  a \t b\n"), put(content=""), PEEK],
    "line ends": [CREATE, put(content="a\r\nb\rc\n"), put(content="&#13;&#10;&#9;&#xD;"), PEEK],
    "odd characters": [CREATE, put(content="\x7f\x80\x85\u2028\ufdd0\U0010ffff"), put(content="&#x1F600;&nbsp;"), PEEK],
    "sections": [CREATE, put(content="a<![CDATA[<b>&amp;]]>c"), put(content="<!-- a -->b"), PEEK],
    "impossible entities": [CREATE, *[put(content=f"&{n};") for n in ("#0", "#1", "#xD800", "#xFFFF", "foo")], SHOW],
    "broken markup": [
        CREATE,
        put(content="a & b"),
        put(content="<x/>"),
        raw(b"<x>"),
        raw(b"hello"),
        raw(b"{{}}"),
        SHOW,
    ],
    "no text": [CREATE, raw(b""), raw(b"<QueueMessage/>"), raw(b"<QueueMessage><Other>a</Other></QueueMessage>"), SHOW],
    "other forms": [
        *(CREATE, raw(b"<Any><messagetext>a</messagetext></Any>"), raw(b"<QueueMessage><MessageText/></QueueMessage>")),
        *(raw(b"\xef\xbb\xbf<?xml version='1.0'?>\n<Q>\n <MessageText>b</MessageText>\n</Q>\n"), PEEK),
    ],
    "bytes that are no UTF-8": [CREATE, raw(b"<Q><MessageText>\xff\xc3</MessageText></Q>"), PEEK],
    "methods": [CREATE, Operation("POST", Q), Operation("GET", Q), Operation("PUT", MESSAGES)],
}
NAMES = ["ab", "a" * 64, "a" * 63, "Abc", "a--b", "-ab", "ab-", "a_b", "a.b", "a b", "ä" * 3, "123"]
#: What XML can't carry, one of each kind.
CONTROLS = ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\ufffe", "\uffff"]


@pytest.fixture
def compare(azurite: Azurite) -> Callable[[list[Operation]], None]:
    def check(operations: list[Operation]) -> None:
        queue = f"queue-{uuid.uuid4().hex}"
        real = Conversation(AzuriteWire(azurite, QUEUES), queue)
        double = Conversation(DoubleWire(account(), QUEUES), queue)
        for operation in operations:
            assert double.say(operation) == real.say(operation), operation

    return check


def account() -> Account:
    clock = ServiceClock()
    return Account(clock, {"queue": QueueService(clock)})


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_the_queue_service_in_process_answers_as_azurite_does(
    script: list[Operation], compare: Callable[[list[Operation]], None]
) -> None:
    compare(script)


@pytest.mark.parametrize("name", NAMES)
def test_a_queue_s_name_is_judged_as_azurite_judges_it(name: str, compare: Callable[[list[Operation]], None]) -> None:
    compare([Operation("PUT", f"/{quote(name)}"), Operation("DELETE", f"/{quote(name)}")])


@pytest.mark.parametrize("control", CONTROLS, ids=[f"{ord(one):04x}" for one in CONTROLS])
def test_a_message_that_xml_can_t_carry_fails_each_read_as_in_azurite(
    control: str, compare: Callable[[list[Operation]], None]
) -> None:
    compare([CREATE, put(content=control), PUT, PEEK, GET, GET, CLEAR, PEEK])

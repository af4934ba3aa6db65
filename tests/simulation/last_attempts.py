"""The end of a job that kills: its last attempt dies, and the host gives its message up before a sweep ends it."""

import json
from random import Random

from tests.simulation import entry_points
from tests.simulation.outside import Client
from tests.simulation.stage import Stage

#: Share in which the process of the last attempt is ended first, and in which a host has the message in its hand.
_KILLS, _IN_HAND = 0.7, 0.7


def give_up(stage: Stage, client: Client, luck: Random) -> None:
    """Give up the message of a job whose last attempt holds no lease any more, as a host does that knows no leases."""
    ledger = stage.ledger
    if luck.random() < _KILLS and stage.wait_for(ledger.last_attempts):
        _kill(stage, {tenure.home for place in ledger.last_attempts() if (tenure := ledger.tenures.of(place))})
    if not stage.wait_for(ledger.without_attempts):
        return
    text = json.dumps({"v": 1, "job_id": luck.choice(ledger.without_attempts())})
    process = stage.pick("for who gives up")
    if process is None or luck.random() >= _IN_HAND:
        client.send(entry_points.POISON, text)
        return
    host = stage.hosts[process.name]

    def bury() -> object:
        return entry_points.bury(process.darkroom, text.encode(), "")

    process.begin(f"message {entry_points.POISON}", lambda: host.call(bury, entry_points.POISON, text))


def _kill(stage: Stage, names: set[str]) -> None:
    for process in stage.living():
        if process.name in names and stage.weather.deaths:
            stage.weather.deaths -= 1
            stage.scheduler.kill(process)

"""Images that nobody announces, many at once, so that a walk records them together; and tiers that a policy changes."""

from random import Random

from tests.simulation.outside import Client
from tests.simulation.service.exchange import Request
from tests.simulation.settings import REHYDRATION
from tests.simulation.stage import Stage

_CROWD = "crowd/"
#: Share of these images that an event announces all the same, of which a walk does not know.
ANNOUNCED = 0.25
#: They come in two waves, each in its sixth of a storm, within so many seconds.
_WAVES, _SIXTH, _SECONDS = 2, 1 / 6, 3.0
#: Acts that change a tier, and the share of them by which a blob goes to the archive, and comes back.
_CHANGES, _ARCHIVED = 3, 0.4
#: How often messages are taken away behind a lull, and seconds between two times.
_CLEARED, _CLEARS = 6, 4.0
#: Where two releases write rows: looks at figures and lists, and changes of metadata, which leave index rows in place.
_LOOKS, _MARKS = 6, 4


def name_of(number: int) -> str:
    """Return the name of an image that nobody announces."""
    return f"{_CROWD}{number}.png"


def is_unannounced(path: str) -> bool:
    """Say whether a blob, by its container and name, is one of those."""
    return path.partition("/")[2].startswith(_CROWD)


def draw_crowd(stage: Stage) -> list[tuple[str, float]]:
    """Draw what is done in worlds that have such images, policies, auditors, lulls or two releases."""
    chance, plan = stage.chance, stage.plan
    waves = [(number + chance.share(f"wave {number}")) * _SIXTH * plan.span for number in range(_WAVES)]
    uploads = [waves[number % _WAVES] + chance.share(f"crowd {number}") * _SECONDS for number in range(plan.crowd)]
    changes = [chance.share(f"tier {number}") * plan.span for number in range(_CHANGES if plan.tiers else 0)]
    audits = [chance.share(f"audit {number}") * plan.span for number in range(plan.audits)]
    # What an idle process looks for is due: its message is gone.
    clears = [(number + chance.share(f"clear {number}")) * _CLEARS for number in range(_CLEARED if plan.lull else 0)]
    looks = [chance.share(f"look {number}") * plan.span for number in range(_LOOKS if plan.rollout else 0)]
    marks = [chance.share(f"mark {number}") * plan.span for number in range(_MARKS if plan.rollout else 0)]
    acts = {"upload unannounced": uploads, "change tier": changes, "verify": audits, "clear": clears}
    acts |= {"look": looks, "metadata": marks}
    return [(kind, moment) for kind, moments in acts.items() for moment in moments]


def change_tier(stage: Stage, client: Client, name: str, luck: Random) -> None:
    """Put an image into another tier, as a policy does; out of the archive it comes back later, or by ``thaw``."""
    if luck.random() >= _ARCHIVED:
        client.put_tier(name, luck.choice(("Cool", "Cold")))
    elif client.put_tier(name, "Archive"):
        stage.scheduler.sleep(luck.random() * stage.plan.span / 2)
        client.put_tier(name, "Hot")


def thaw(stage: Stage) -> None:
    """Have all images out of the archive, when nothing goes wrong any more; requests may be on their way for long."""
    stage.scheduler.run(stage.scheduler.now + stage.weather.longest)
    for ref in stage.ledger.contents.versions:
        place = "blob", tuple(ref.split("/", 1))
        tier = stage.account.serve(Request("HEAD", *place, {}, {})).headers.get("x-ms-access-tier")
        if tier == "Archive":
            stage.account.serve(Request("PUT", *place, {"comp": "tier"}, {"x-ms-access-tier": "Hot"}))
    stage.scheduler.run(stage.scheduler.now + REHYDRATION + 1.0)

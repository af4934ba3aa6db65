"""Everybody who does something in a world, but for the host: each act has a moment and a kind, drawn beforehand."""

import base64
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random

from tests.simulation import crowds, entry_points, external_claims
from tests.simulation.entry_points import Darkroom
from tests.simulation.instance import Instance
from tests.simulation.last_attempts import give_up
from tests.simulation.outside import Client
from tests.simulation.scheduler import Home, Task
from tests.simulation.stage import Stage
from tests.simulation.workers import Worker

#: The first are drawn more often: what meets at one image finds more than what passes by.
NAMES = ("a.png", "a.png", "a.png", "a.png", "dir/b.png")
#: How often each is drawn, beside the others.
KINDS = {
    "upload": 10,
    "same again": 2,
    "metadata": 4,
    "delete image": 1,
    "no image": 1,
    "upload over http": 2,
    "add": 2,
    "work from outside": 3,
    "workers in a row": 3,
    "cancel": 3,
    "redrive": 3,
    "cancel and redrive": 3,
    "remove": 1,
    "forget": 1,
    "message": 2,
    "hint": 4,
    "poison": 3,
    "clear": 2,
    "readmit": 1,
    "sweep": 3,
    "reconcile": 1,
    "purge": 2,
    "kill": 2,
    "stop": 2,
    "poison what has died": 2,
    "claim too early": 2,
}
#: What a world begins with, beside an upload.
FIRST = {"upload": 6, "same again": 1, "upload over http": 1, "workers in a row": 2, "add": 1}
#: Processes that are to claim in each world; shares of the storm when others claim if fewer have so far.
_RIVALS, _CLAIMS = 2, (0.5, 0.8)
#: Share of those who change an image's metadata that wait for its result.
_ANALYSED = 0.8

#: Seconds before which nobody may claim a job that is added for later.
_LATER_SECONDS = 60.0
LIVE, OPENED, ENDED = ("PENDING", "RUNNING"), ("FAILED", "CANCELED"), ("COMPLETED", "FAILED", "CANCELED")


@dataclass(frozen=True)
class Act:
    """Something that somebody does.

    Attributes:
        name: Of the decision, the same in each run of the same seed.
        kind: Of ``KINDS``.
        moment: Virtual second.
        number: What distinguishes it from others of its kind.
    """

    name: str
    kind: str
    moment: float
    number: int


def draw_acts(stage: Stage) -> list[Act]:
    """Draw what is done in a world; it begins with an upload."""
    chance, plan = stage.chance, stage.plan
    kinds = ["upload", chance.pick("first", FIRST)]
    kinds += [chance.pick(f"act {number}", KINDS) for number in range(2, plan.acts + 2)]
    moments = [0.0, *(chance.share(f"moment {number}") * plan.span for number in range(1, plan.acts + 2))]
    kinds += ["second claimant"] * len(_CLAIMS)
    moments += [share * plan.span for share in _CLAIMS]
    script = [*zip(kinds, moments, strict=True), *crowds.draw_crowd(stage)]
    return [
        Act(f"act {number} {kind}", kind, plan.lull + moment, number) for number, (kind, moment) in enumerate(script)
    ]


class Actors:
    """Carries acts out, each in a task of its own.

    Args:
        stage: The world.

    Attributes:
        under_way: Acts that are yet to come, or have not ended.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.under_way = 0
        self._client = Client(stage.wire)
        self._outside: dict[str, Callable[[Act, Random], object]] = {
            "upload": lambda act, luck: self._client.put_image(luck.choice(NAMES), entry_points.png(act.number)),
            "same again": lambda _, luck: self._client.put_image(luck.choice(NAMES[:2]), entry_points.png(0)),
            "metadata": self._mark,
            "delete image": lambda _, luck: self._client.delete_image(luck.choice(NAMES)),
            "no image": lambda act, luck: self._client.put_image(luck.choice(NAMES), b"no image %d" % act.number),
            "message": lambda _, luck: self._client.send(entry_points.QUEUE, self._text(luck)),
            "hint": lambda _, luck: self._client.send(entry_points.QUEUE, self._hint(luck, LIVE)),
            "clear": lambda _, __: self._client.clear(entry_points.QUEUE),
            "poison": lambda _, luck: self._client.send(entry_points.POISON, self._hint(luck, LIVE)),
            "upload unannounced": lambda act, _: self._client.put_image(
                crowds.name_of(act.number), entry_points.png(act.number)
            ),
            "change tier": lambda _, luck: crowds.change_tier(stage, self._client, luck.choice(self._names()), luck),
            "poison what has died": lambda _, luck: give_up(stage, self._client, luck),
        }
        self._inside = self._acts_inside()

    def expect(self, act: Act) -> None:
        """Have an act carried out at its moment, unless the script leaves it out."""
        if self.stage.chance.takes(act.name):
            self.under_way += 1
            self.stage.scheduler.at(act.moment, lambda: self._begin(act))

    def _begin(self, act: Act) -> None:
        luck, process = self.stage.chance.stream(act.name), self.stage.pick(f"for {act.name}")
        outside = self._outside.get(act.kind)
        if outside is not None:
            home = Home(act.name)
            self._watch(self.stage.scheduler.spawn(act.name, lambda: outside(act, luck), home))
        elif process is not None:
            inside = self._inside[act.kind]
            self.under_way -= 1
            self.call(process, act.kind, lambda: inside(process, act, luck))
        else:
            self.under_way -= 1

    def _acts_inside(self) -> Mapping[str, Callable[[Instance, Act, Random], object]]:
        """Return what is done in a process: by its API, its command and its timers, or to it."""
        stage = self.stage
        return {
            "upload over http": lambda process, act, luck: entry_points.upload(
                process.darkroom, luck.choice(NAMES), entry_points.png(act.number)
            ),
            "add": lambda process, _, luck: entry_points.add(
                process.darkroom, luck.choice("xy"), unique=luck.random() < 0.7
            ),
            "work from outside": lambda process, _, luck: Worker(stage, luck).work(process),
            "workers in a row": lambda process, act, luck: Worker(stage, luck).work_in_a_row(process, act.name),
            "claim too early": lambda process, act, luck: self._claim_early(process, act.name, luck),
            "second claimant": lambda _, act, __: self._claim_too(act),
            "cancel": lambda process, _, luck: self._on_job(process, luck, entry_points.cancel, LIVE),
            "redrive": lambda process, _, luck: self._on_job(process, luck, entry_points.redrive, OPENED),
            "cancel and redrive": lambda process, _, luck: self._on_job(process, luck, self._cancel_and_redrive, LIVE),
            "remove": lambda process, _, luck: self._on_job(process, luck, entry_points.remove, ENDED),
            "forget": lambda process, _, luck: self._on_job(process, luck, entry_points.forget, ENDED),
            "readmit": lambda process, _, luck: self._on_rejected(process, luck),
            "sweep": lambda process, act, _: stage.sweep(process, f"timer/{act.number}"),
            "reconcile": lambda process, act, _: (
                stage.plan.reconciles and entry_points.reconcile(process.darkroom, f"timer/{act.number}")
            ),
            "purge": lambda process, act, _: stage.answers.ask(
                "purge", "", lambda: entry_points.purge(process.darkroom, f"timer/{act.number}")
            ),
            "verify": lambda process, _, __: stage.listings.verify(process),
            "look": lambda process, _, __: stage.listings.look(process),
            "kill": lambda process, _, __: stage.scheduler.kill(process),
            "stop": self._stop,
        }

    def call(self, process: Instance, name: str, call: Callable[[], object]) -> None:
        """Make a call of the API or of the command in a process."""
        self.under_way += 1
        self._watch(process.begin(name, lambda: self._guard(call)))

    def work_outside(self) -> None:
        """Have an external worker end what waits for one."""
        process = self.stage.pick("for a worker")
        if process is not None and any(job_id.startswith(entry_points.EXTERNAL) for job_id in self.stage.ledger.live()):
            worker = Worker(self.stage, self.stage.chance.stream("worker"))
            self.call(process, "work from outside", lambda: worker.work_off(process))

    def _watch(self, task: Task) -> None:
        def end() -> None:
            self.under_way -= 1

        self.stage.scheduler.watch(task, end)

    def _guard(self, call: Callable[[], object]) -> None:
        """Make a call; who refuses it has answered."""
        began_at = self.stage.scheduler.now
        try:
            call()
        except entry_points.REFUSALS:
            return
        except Exception as error:  # noqa: BLE001 - the edge of a call from outside
            self.stage.failed(error, began_at)

    def _stop(self, process: Instance, _: Act, luck: Random) -> None:
        until = self.stage.scheduler.now + luck.random() * 2 * self.stage.weather.longest
        process.stopped_until = max(process.stopped_until, until)

    def _claim_early(self, process: Instance, ref: str, luck: Random) -> None:
        """Add a job for later, and ask for one that nobody may claim yet."""
        later = self.stage.account.clock.now() + timedelta(seconds=_LATER_SECONDS)
        entry_points.add(process.darkroom, ref, unique=True, not_before=later)
        if waiting := self.stage.ledger.waiting():
            external_claims.claim(process.darkroom, luck.choice(waiting), "remote/2", self.stage.plan.lease)

    def _claim_too(self, act: Act) -> None:
        """Have processes claim that have not yet: a world with one claimant shows little."""
        claimants = self.stage.ledger.claimants
        others = [each for each in self.stage.living() if each.name not in claimants]
        for process in others[: max(0, _RIVALS - len(claimants))]:
            name = f"{act.name} {process.name}"
            worker = Worker(self.stage, self.stage.chance.stream(name))
            self.call(process, act.kind, partial(worker.work_on, process, name))

    def _on_job(
        self,
        process: Instance,
        luck: Random,
        call: Callable[[entry_points.Darkroom, str], object],
        states: Collection[str],
    ) -> None:
        self.stage.wait_for(lambda: self._in(states))
        job_id = self._job(luck, states)
        if job_id:
            self._ask(call, process.darkroom, job_id)

    def _ask(self, call: Callable[[Darkroom, str], object], darkroom: Darkroom, job_id: str) -> None:
        self.stage.answers.ask(call.__name__, job_id, lambda: call(darkroom, job_id))

    def _cancel_and_redrive(self, darkroom: entry_points.Darkroom, job_id: str) -> None:
        """Do both, as an operator does who has thought better of it."""
        self._ask(entry_points.cancel, darkroom, job_id)
        self._ask(entry_points.redrive, darkroom, job_id)

    def _in(self, states: Collection[str]) -> list[str]:
        """Return the jobs of some states."""
        return [job_id for job_id, row in self.stage.ledger.jobs().items() if row["state"] in states]

    def _job(self, luck: Random, states: Collection[str]) -> str:
        """Return a job at random, mostly one of the states for which an act is meant; "" where there is none."""
        jobs, meant = self.stage.ledger.jobs(), self._in(states)
        anyone = luck.random() < 0.2 or not meant
        return luck.choice(list(jobs) if anyone else meant) if jobs else ""

    def _mark(self, act: Act, luck: Random) -> None:
        """Change the metadata of an image, mostly of one that was analysed."""
        if luck.random() < _ANALYSED:
            self.stage.wait_for(self._analysed_names)
        self._client.mark_image(luck.choice(self._analysed_names() or NAMES), act.number)

    def _names(self) -> Sequence[str]:
        """Return the names of all images that there have been."""
        versions = self.stage.ledger.contents.versions
        return [ref.partition("/")[2] for ref in versions if ref.startswith(f"{entry_points.IMAGES}/")] or NAMES

    def _analysed_names(self) -> Sequence[str]:
        """Return the names of the images that were analysed."""
        return [
            str(row["ref"]).partition("/")[2]
            for row in self.stage.ledger.jobs().values()
            if row["state"] == "COMPLETED" and str(row["ref"]).startswith(entry_points.IMAGES)
        ]

    def _hint(self, luck: Random, states: Collection[str]) -> str:
        """Return a message of Darkroom's own, once there is a job for it."""
        self.stage.wait_for(lambda: self._in(states))
        return json.dumps({"v": 1, "job_id": self._job(luck, states)})

    def _on_rejected(self, process: Instance, luck: Random) -> None:
        rejected = [place[2].partition(":")[2] for place in self.stage.ledger.rows if place[2].startswith("rejected:")]
        if rejected:
            entry_points.readmit(process.darkroom, luck.choice(rejected))

    def _text(self, luck: Random) -> str:
        """Return a message as somebody may write it."""
        name = luck.choice(NAMES)
        job_id = self._job(luck, LIVE) or "image-analysis-0"
        forms = (
            f"{entry_points.IMAGES}/{name}",
            json.dumps({"v": 1, "job_id": job_id}),
            job_id,
            base64.b64encode(f"{entry_points.IMAGES}/{name}".encode()).decode(),
            json.dumps([f"{entry_points.IMAGES}/{name}", {"job_id": job_id}]),
            f"http://127.0.0.1:10000/devstoreaccount1/{entry_points.IMAGES}/{name}",
            entry_points.blob_event(entry_points.IMAGES, name),
            "{ no JSON",
            "",
        )
        return luck.choice(forms)

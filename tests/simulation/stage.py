"""What a world stands on: the account, the wire to it, and the processes that come and go."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import timedelta
from hashlib import sha256

from tests.simulation import entry_points
from tests.simulation.announcements import Announcements
from tests.simulation.answers import Answers
from tests.simulation.chance import Chance
from tests.simulation.clocks import draw_watch
from tests.simulation.doubts import Doubts
from tests.simulation.drains import Drains
from tests.simulation.duties import Duties
from tests.simulation.endings import Endings
from tests.simulation.faults import Fault, forecast
from tests.simulation.hands import Hands
from tests.simulation.host import Host
from tests.simulation.instance import Instance
from tests.simulation.labels import label
from tests.simulation.ledger import Ledger
from tests.simulation.listings import Listings
from tests.simulation.lockouts import Lockouts
from tests.simulation.lulls import Lulls
from tests.simulation.mailboxes import Mailboxes
from tests.simulation.promises import Promises
from tests.simulation.publications import Publications
from tests.simulation.scheduler import Died, Home, Scheduler, Task
from tests.simulation.service.account import storage_account
from tests.simulation.service.exchange import Request
from tests.simulation.settings import draw_behaviour, draw_plan
from tests.simulation.tenures import Tenures
from tests.simulation.walks import Walks
from tests.simulation.wire import Passage, Wire
from tests.simulation.worker_runs import WorkerRun, is_worker

#: Seconds between two looks at whether there is what an act is meant for.
_LOOKS_SECONDS = 0.5


class Stage:
    """Everything that one seed decides, before anybody acts.

    Args:
        seed: Of the world.
        omitted: Names of decisions that are not carried out.

    Attributes:
        calm: Whether nothing goes wrong any more.
        crashes: What triggers have raised and never may.
        chores: When the last chore of each name began that a worker has done.
        trace: Every request as it ended, in order.
        earlier: Processes that were of the release before.
        coverage: How often each kind of request met each fault.
    """

    def __init__(self, seed: int, omitted: Collection[str] = ()) -> None:
        self.chance = Chance(seed, omitted)
        self.plan = draw_plan(self.chance)
        self.account = storage_account(behaviour=draw_behaviour(self.chance))
        self.scheduler = Scheduler(self.account.clock, self.chance.stream)
        plan = self.plan
        self.weather = forecast(
            self.chance,
            lease=plan.lease,
            drift=plan.drift,
            span=plan.span,
            begin=plan.lull,
            crowded=bool(plan.crowd),
        )
        time = self.account.clock
        self.mailboxes = Mailboxes(self.account, plan.dequeues)
        tenures = Tenures(time, plan.margin, plan.drift, self._lives, self._calm_at)
        promises = Promises(time, timedelta(seconds=plan.drift), plan.purges)
        self.ledger = Ledger(promises, tenures, entry_points.LOCKS)
        self.wire = Wire(
            self.account,
            self.scheduler,
            self.weather,
            takes=self.chance.takes,
            label=lambda request: label(request, self.ledger.rows),
        )
        tell = self.ledger.wrong.extend
        self.doubts = Doubts(tell)
        self.duties = Duties(plan.margin, self.ledger.rows, lambda: self.scheduler.now, tell)
        self.hands = Hands(plan.lease, plan.margin, plan.dequeues, lambda: self.scheduler.now, tell)
        self.answers = Answers(self.ledger, self.scheduler, tell)
        self.walks = Walks(entry_points.IMAGES, self.ledger, time, tell)
        self.publications = Publications(entry_points.THUMBNAILS)
        self.announcements = Announcements(
            entry_points.QUEUE,
            self.ledger.wrong.append,
            time,
            timedelta(seconds=2 * plan.drift + 3.0),
            grace=plan.grace > 0,
        )
        self.lockouts = Lockouts(entry_points.LOCKS, lambda: self.scheduler.now, self.ledger.wrong.append)
        self.wire.observers += [self.ledger.on_reply, self.duties.on_reply, self.answers.on_reply, self.walks.on_reply]
        self.wire.observers += [self.publications.on_reply, self.announcements.on_reply, self.lockouts.on_reply]
        self.lulls = Lulls(
            grace=plan.grace,
            drift=plan.drift,
            always=plan.environ["DISPATCH"] == "timer",
            now=lambda: self.scheduler.now,
            wrong=self.ledger.wrong.append,
        )
        self.endings = Endings(self.ledger.rows, self.ledger.wrong.append)
        self.drains = Drains(self.ledger.wrong.append)
        self.listings = Listings(self.ledger, tell)
        self.wire.observers += [self.lulls.on_reply, self.drains.on_reply, self.listings.on_reply]
        self.wire.sends, self.wire.ends = self._on_request, self._note
        self.scheduler.ended = self._task_ended
        self.world = Home("world")
        self.processes: list[Instance] = []
        self.hosts: dict[str, Host] = {}
        self.chores: dict[str, float] = {}
        self.earlier = 0
        self.crashes: list[str] = []
        self.trace: list[str] = []
        self.coverage: Counter[tuple[str, Fault]] = Counter()
        self._claims: Counter[tuple[str, str]] = Counter()
        self._hash = sha256()

    @property
    def calm(self) -> bool:
        """Whether nothing goes wrong any more."""
        return self.scheduler.now >= self.weather.calm_at

    @property
    def hash(self) -> str:
        """Of all that has happened so far, in order."""
        return self._hash.hexdigest()

    def prepare(self) -> None:
        """Make what uploaders need before the first sweep has made it."""
        for container in (entry_points.IMAGES, entry_points.THUMBNAILS):
            self.account.serve(Request("PUT", "blob", (container,), {"restype": "container"}, {}))

    def start(self, *, is_earlier: bool | None = None) -> Instance:
        """Start a process and its host, of the release that the world has by now if none is named."""
        plan, name = self.plan, self.scheduler.unique("process")
        if is_earlier is None:
            is_earlier = plan.is_earlier(self.chance.share(f"release/{name}"), self.scheduler.now)
        luck = self.chance.stream(f"watch/{name}")
        watch = draw_watch(self.account.clock, luck, lease=plan.lease, margin=plan.margin, drift=plan.drift)
        process = Instance(
            name,
            scheduler=self.scheduler,
            wire=self.wire,
            watch=watch,
            chance=self.chance,
            environ=plan.environ,
            longest=plan.longest,
            crashes=lambda: 0.0 if self.calm else plan.crashes,
            goes_on=self._goes_on,
            is_earlier=is_earlier,
        )
        polls = self.chance.stream(f"polls/{name}")
        host = Host(
            process,
            most=plan.dequeues,
            batch=plan.batch,
            hide_seconds=plan.hide_seconds,
            poll=lambda: polls.uniform(0.5, 10.0),
            visible=self.mailboxes.visible,
            failed=self.failed,
            answered=lambda answer, began_at: self._on_answer(name, answer, began_at),
            left=lambda owner, raised: self._on_end(process, owner, raised=raised),
            ask=self.answers.ask,
        )
        self.processes.append(process)
        self.earlier += is_earlier
        self.hosts[name] = host
        others = [each.name in self.hands.workers for each in self.living() if each is not process]
        if not is_earlier and is_worker(plan.workers, self.chance.share(f"worker/{name}"), others):
            self._begin_worker(process, host)
        else:
            process.begin("listen", host.listen)
        return process

    def _begin_worker(self, process: Instance, host: Host) -> None:
        WorkerRun(
            process=process,
            host=host,
            plan=self.plan,
            luck=self.chance.stream(f"worker/{process.name}"),
            hands=self.hands,
            duties=self.duties,
            chores=self.chores,
            is_visible=lambda: self.mailboxes.visible(entry_points.QUEUE),
            is_calm=lambda: self.calm,
            stops=self.chance.takes,
            kills=self._end_slow,
            tell=self.ledger.wrong.extend,
        ).begin()

    def _end_slow(self, process: Instance) -> None:
        """End a process that was told to end, and takes too long."""
        if not (process.dead or self.calm) and self.weather.deaths:
            self.weather.deaths -= 1
            self.scheduler.kill(process)

    def restart(self) -> None:
        """Have a process started for each that has died, after a while."""
        self.processes = [process for process in self.processes if not process.dead]
        while len(self.processes) < self.plan.processes:
            self.start()

    def living(self) -> list[Instance]:
        """Return the processes that are not dead, in the order of their start."""
        return [process for process in self.processes if not process.dead]

    def pick(self, name: str, *, besides: Instance | None = None, with_host: bool = False) -> Instance | None:
        """Return a process at random; None where all are dead.

        Args:
            name: Of what it is picked for.
            besides: Taken only where no other lives.
            with_host: Whether it must have a host, and be no worker.
        """
        workers = self.hands.workers if with_host else ()
        living = {process.name: process for process in self.living() if process.name not in workers}
        others = {name: process for name, process in living.items() if process is not besides} or living
        return others[self.chance.pick(self.scheduler.unique(name), dict.fromkeys(others, 1.0))] if others else None

    def sweep(self, process: Instance, owner: str) -> object:
        """Let the sweep timer of a process tick."""
        return self.lulls.tick(process, lambda: entry_points.sweep(process.darkroom, owner))

    def wait_for(self, subjects: Callable[[], Collection[object]]) -> bool:
        """Wait until there is what an act is meant for; say whether there is before all is calm."""
        while not (found := subjects()) and not self.calm:
            self.scheduler.sleep(_LOOKS_SECONDS)
        return bool(found)

    def failed(self, error: BaseException, began_at: float) -> None:
        """Take in what a call has raised that began at a moment."""
        if began_at > self.weather.calm_at or not isinstance(error, entry_points.OUTAGES):
            self.crashes.append(f"{type(error).__name__}: {error}"[:300])

    def _goes_on(self, process: Instance, ref: str, version: str) -> None:
        """Take in that an analysis goes on; it may be the end of its process."""
        self.ledger.go_on(process.name, ref, version)
        task, lethal = self.scheduler.current, self.plan.lethal / entry_points.SLICES
        if task is not None:
            self.duties.go_on(task.name)
        if task is None or self.calm or not self.weather.deaths or task.luck.random() >= lethal:
            return
        task.lethal += 1
        if self.chance.takes(f"{task.name} dies in analysis {task.lethal}"):
            self.weather.deaths -= 1
            self.coverage["analysis", Fault.DIES_BEFORE] += 1
            self.scheduler.kill(process)
            raise Died

    def _on_answer(self, name: str, answer: object, began_at: float) -> None:
        """Take in what a trigger has returned: what it says to have done stands in the rows, by its own process."""
        self.lockouts.on_answer(self.scheduler.current, answer, began_at)
        self._claims.update({(name, outcome): count for outcome, count in entry_points.outcomes(answer).items()})
        for outcome in ("completed", "recorded"):
            said, written = self._claims[name, outcome], self.ledger.own_writes[name, outcome]
            if said > written:
                self.crashes.append(f"{name} says {outcome} {said} times, and has written it {written} times")

    def _on_end(self, process: Instance, owner: str, *, raised: bool) -> None:
        """Judge what the running thread's call leaves at its end."""
        task = self.scheduler.current
        name = task.name if task else ""
        self.ledger.wrong.extend(self.duties.leftovers(process, owner, name, raised=raised))
        self.ledger.wrong.extend(self.endings.leftovers(process, name))

    def _lives(self, name: str) -> bool:
        return any(process.name == name and not process.dead for process in self.processes)

    def _calm_at(self, name: str) -> float:
        return max(self.weather.calm_at, *(each.stopped_until for each in self.processes if each.name == name))

    def _on_request(self, passage: Passage) -> None:
        """Let the judges see a request before it goes."""
        self.ledger.on_request(passage)
        for judge in (self.doubts, self.duties, self.hands, self.endings, self.drains, self.lulls):
            judge.on_request(passage)

    def _task_ended(self, task: Task) -> None:
        """Notice what a thread has raised that nobody has caught, and what it leaves."""
        self.doubts.task_ended(task)
        self.hands.task_ended(task)
        if isinstance(task.error, Exception):
            self.crashes.append(f"{task.name}: {type(task.error).__name__}: {task.error}"[:300])

    def _note(self, passage: Passage, end: str) -> None:
        """Note how a request has ended for its sender."""
        self.coverage[passage.label, passage.fault] += 1
        for judge in (self.publications, self.announcements, self.doubts, self.duties, self.hands, self.endings):
            judge.ended(passage, end)
        line = f"{self.scheduler.now:.3f} {passage.sender.name} {passage.label} [{passage.fault}] {end}"
        self.trace.append(line)
        self._hash.update(line.encode())

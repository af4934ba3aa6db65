"""Put a host together, start it, and drain it."""

import threading
from collections.abc import Callable, Mapping

from localhost.host import app_settings, scans, triggers
from localhost.host.activity import Activity
from localhost.host.blobs import BlobQueue, is_event_grid
from localhost.host.clock import Clock, SystemClock
from localhost.host.connections import DEFAULT, Connections
from localhost.host.host_context import HostContext
from localhost.host.host_options import HostOptions
from localhost.host.index import Function, index
from localhost.host.keys import Keys
from localhost.host.log import Log
from localhost.host.queues import Limits, QueueListener, Source, blob_limits
from localhost.host.renewals import Renewals
from localhost.host.route_templates import compile_template
from localhost.host.scans import Scanner
from localhost.host.server import Server, Web
from localhost.host.singleton import Singleton
from localhost.host.state import HostState
from localhost.host.triggers import Run
from localhost.host.worker import Worker
from localhost.host.worker_process import WorkerProcess


class Host:
    """One instance: listens to every function of an app that is not disabled.

    Making it waits until the worker has imported the app; ``start`` begins to listen; ``close`` drains and ends.

    Args:
        options: How it runs.
        start_worker: Starts the process that calls the functions; again whenever that has ended.
        environ: App settings.
        log: Where events go.
        clock: The time.

    Raises:
        SettingsWrong: The app or its settings cannot work.
    """

    def __init__(
        self,
        options: HostOptions,
        start_worker: Callable[[], WorkerProcess],
        *,
        environ: Mapping[str, str],
        log: Log | None = None,
        clock: Clock | None = None,
    ) -> None:
        #: What HTTP asks for; None when it is open.
        self.keys = Keys() if options.auth else None
        self._context = _context(options, start_worker, environ, log or Log(options.instance), clock or SystemClock())
        try:
            self.functions = {each.name: each for each in index(self._context.worker.open(), environ)}
            self._prepare()
        except BaseException:
            self._close_parts()
            raise

    def _prepare(self) -> None:
        """Make every listener; nothing runs yet."""
        self._started = self._context.clock.monotonic()
        self._check_connections()
        self._singletons: list[Singleton] = []
        self._listeners: list[QueueListener] = []
        self._threads: list[threading.Thread] = []
        self._runs: dict[str, Run] = {}
        self._blob_queue = BlobQueue(
            {item.id: item for item in self._of("blobTrigger") if not item.is_disabled}, self._context
        )
        self._prepare_queues()
        self._prepare_blobs()
        self._prepare_timers()
        self._check_routes()
        self._server = Server(self._web, self._context.options.port)
        self._threads.append(_thread("http", self._server.run))

    def _check_routes(self) -> None:
        """Refuse a template that can't be read now: what serves it is made when the first connection has come."""
        for function in self._of("httpTrigger"):
            if not function.is_disabled:
                compile_template(function.route, self._context.host_json.route_prefix)

    def _web(self) -> Web:
        from localhost.host import web  # noqa: PLC0415 - the libraries for HTTP

        return web.make(
            self.functions,
            self._runs,
            self._blob_queue,
            self._context,
            started=self._started,
            keys=self.keys,
            port=lambda: self.port,
        )

    @property
    def drops(self) -> int:
        """How many lines of the app the real host would have dropped."""
        return self._context.worker.drops

    @property
    def port(self) -> int:
        """Where HTTP is served."""
        return self._server.port

    def start(self) -> None:
        """Listen."""
        for function in self.functions.values():
            if function.is_disabled:
                self._context.log.event("function disabled", function=function.name)
        for thread in self._threads:
            thread.start()

    def close(self) -> bool:
        """Drain: take on nothing new, let what runs finish, give locks back; harmless when done before.

        Returns:
            False when something still ran at the end of the drain time; the process must then be ended hard.
        """
        if self._context.stop.is_set():
            return self._context.activity.running == 0
        deadline = self._context.clock.monotonic() + self._context.options.drain.total_seconds()
        self._context.log.event("host draining", running=self._context.activity.running)
        self._context.stop.set()
        for listener in self._listeners:
            listener.wake()
        self._server.stop()
        idle = self._join(deadline)
        for lock in self._singletons:
            lock.release()
        self._context.log.event("host stopped", abandoned=self._context.activity.running or None)
        if idle:
            for listener in self._listeners:
                listener.close()
            self._server.close()
            self._close_parts()
        return idle

    def _join(self, deadline: float) -> bool:
        """Wait for the listeners, then for what they have under way."""
        clock = self._context.clock
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - clock.monotonic()))
        idle = self._context.activity.wait_idle(max(0.0, deadline - clock.monotonic()))
        return idle and not any(thread.is_alive() for thread in self._threads)

    def _close_parts(self) -> None:
        self._context.renewals.close()
        self._context.worker.close()
        self._context.connections.close()

    def _of(self, kind: str) -> list[Function]:
        return [function for function in self.functions.values() if function.kind == kind]

    def _check_connections(self) -> None:
        for function in self.functions.values():
            if function.kind in {"queueTrigger", "blobTrigger"} and not function.is_disabled:
                self._context.connections.check(function.connection, function=function.name)

    def _prepare_queues(self) -> None:
        host_json = self._context.host_json
        limits = Limits(
            batch_size=host_json.batch_size,
            new_batch_threshold=host_json.new_batch_threshold,
            max_dequeue_count=host_json.max_dequeue_count,
            visibility_seconds=int(host_json.visibility_timeout.total_seconds()),
        )
        for function in self._of("queueTrigger"):
            self._runs[function.name] = triggers.queue_run(function, self._context)
            if not function.is_disabled:
                self._listen(triggers.queue_source(function, self._context), limits)

    def _prepare_blobs(self) -> None:
        functions = self._of("blobTrigger")
        for function in functions:
            self._runs[function.name] = triggers.blob_run(function, self._blob_queue)
        active = [function for function in functions if not function.is_disabled]
        if not active:
            return
        queue = self._blob_queue
        source = Source(
            name=queue.queue.queue_name, queue=queue.queue, deliver=queue.deliver, poison=queue.poison, own=True
        )
        queue.notify = self._listen(source, blob_limits(self._context.host_json)).wake
        scanned = [Scanner(function, self._context, queue.send) for function in active if not is_event_grid(function)]
        if scanned:
            lock = self._lock(scans.LOCK)
            self._threads.append(_thread("scan", lambda: scans.run(scanned, lock, self._context)))

    def _prepare_timers(self) -> None:
        for function in self._of("timerTrigger"):
            timer = triggers.make_timer(function, self._lock(f"{function.id}.Listener"), self._context)
            self._runs[function.name] = triggers.timer_run(timer)
            if not function.is_disabled:
                self._threads.append(_thread(f"timer-{function.name}", timer.run))

    def _listen(self, source: Source, limits: Limits) -> QueueListener:
        listener = QueueListener(source, limits, self._context)
        self._listeners.append(listener)
        self._threads.append(_thread(f"queue-{source.name}", listener.run))
        return listener

    def _lock(self, name: str) -> Singleton:
        lock = self._context.singleton(name)
        self._singletons.append(lock)
        return lock


def _context(
    options: HostOptions, start_worker: Callable[[], WorkerProcess], environ: Mapping[str, str], log: Log, clock: Clock
) -> HostContext:
    host_json = app_settings.read_host_json(options.app, environ)
    connections = Connections(environ)
    connections.check(DEFAULT, function="(host)")
    timeout = host_json.function_timeout
    return HostContext(
        options=options,
        host_json=host_json,
        log=log,
        clock=clock,
        stop=threading.Event(),
        activity=Activity(),
        state=HostState(connections.blobs(), app_settings.host_id(options.app, environ)),
        connections=connections,
        renewals=Renewals(clock=clock, log=log),
        worker=Worker(
            start_worker,
            log=log,
            clock=clock,
            timeout_seconds=None if timeout is None else timeout.total_seconds(),
            restart_seconds=options.restart.total_seconds(),
        ),
    )


def _thread(name: str, run: Callable[[], None]) -> threading.Thread:
    # Daemon: what overstays the drain must not keep the process.
    return threading.Thread(target=run, name=name, daemon=True)

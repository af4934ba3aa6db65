"""The triggers. Each enters its invocation, calls one step and lets errors reach the host.

A queue message comes as text: a ``func.QueueMessage`` has metadata too, which the top-level keys of a JSON body
overwrite, and a value of another type there would fail the call before it begins.

Nothing heavy is imported here: the storage SDKs and the image library load with the first call.
"""

import os

import azure.functions as func

from shared.invocation import enter
from shared.settings import instance
from shared.settings.bindings import binding
from shared.settings.enums import ApiAuth
from shared.settings.settings import BLOB_POISON_QUEUE, Settings

settings = Settings.read(os.environ, memory_bytes=instance.memory_bytes())
app = func.FunctionApp()


@app.blob_trigger(
    arg_name="blob",
    path=binding(os.environ, "IMAGES_CONTAINER", settings.images_container) + "/{name}",
    connection=settings.images_connection,
    source=settings.blob_source.value,  # type: ignore[arg-type] # the host reads the text
)
def record_image(blob: func.InputStream, context: func.Context) -> None:
    """Record that an image version is there; its content is not read."""
    from shared.wiring import darkroom  # noqa: PLC0415

    with enter(context):
        darkroom().record.record_event(blob.name)


@app.queue_trigger(
    arg_name="message",
    queue_name=binding(os.environ, "JOB_QUEUE", settings.job_queue),
    connection=settings.jobs_connection,
)
def analyze_queued(message: str, context: func.Context) -> None:
    """Do what a message asks for; the host hides it meanwhile and deletes it at the end."""
    from shared.wiring import darkroom  # noqa: PLC0415

    with enter(context):
        darkroom().receive.receive(message.encode(), owner=f"queue/{context.invocation_id}")


@app.timer_trigger(arg_name="tick", schedule=binding(os.environ, "SCHEDULE", settings.schedule), run_on_startup=False)
def analyze_pending(tick: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - the host gives it
    """Look at every job that is due."""
    from shared.wiring import darkroom  # noqa: PLC0415

    with enter(context):
        darkroom().ticks.tick(owner=f"timer/{context.invocation_id}")


@app.timer_trigger(
    arg_name="tick",
    schedule=binding(os.environ, "RECONCILE_SCHEDULE", settings.reconcile_schedule),
    run_on_startup=False,
)
def reconcile_images(tick: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - the host gives it
    """Walk on through the container, and record what no event has announced."""
    from shared.wiring import darkroom  # noqa: PLC0415

    with enter(context):
        darkroom().reconcile.reconcile(owner=f"timer/{context.invocation_id}")


@app.timer_trigger(
    arg_name="tick", schedule=binding(os.environ, "PURGE_SCHEDULE", settings.purge_schedule), run_on_startup=False
)
def purge_ended(tick: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - the host gives it
    """Let go of jobs that are past their retention."""
    from shared.wiring import darkroom  # noqa: PLC0415

    with enter(context):
        darkroom().purge.purge(owner=f"timer/{context.invocation_id}")


@app.route(route="{*path}", auth_level=settings.route_auth.value)
async def api(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a request of the HTTP API."""
    from shared.http.gateway import answer  # noqa: PLC0415

    with enter(context):
        return await answer(req, context)


# A browser sends no key with the scripts and styles of a page. The page holds no data, and asks for the key itself.
@app.route(route="dashboard/{*file}", auth_level=ApiAuth.ANONYMOUS.value)
async def dashboard(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a request for the dashboard's page."""
    from shared.http.gateway import answer_page  # noqa: PLC0415

    with enter(context):
        return await answer_page(req, context)


if settings.poison_triggers:  # otherwise the sweep alone takes in what the host has given up on

    @app.queue_trigger(
        arg_name="message",
        queue_name=binding(os.environ, "JOB_QUEUE", settings.job_queue) + "-poison",
        connection=settings.jobs_connection,
    )
    def bury_poison(message: str, context: func.Context) -> None:
        """Take in what the host has given up on."""
        from shared.wiring import darkroom  # noqa: PLC0415

        with enter(context):
            darkroom().bury.bury(message.encode())

    @app.queue_trigger(arg_name="message", queue_name=BLOB_POISON_QUEUE, connection=settings.images_connection)
    def bury_blob_events(message: str, context: func.Context) -> None:
        """Record what a blob event was about that the host has given up on."""
        from shared.wiring import darkroom  # noqa: PLC0415

        with enter(context):
            darkroom().admit.admit(message.encode())

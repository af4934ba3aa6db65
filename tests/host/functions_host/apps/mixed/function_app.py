"""Requests that are held in threads, beside a queue and a timer."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import azure.functions as func

HELD = 50
POOL = ThreadPoolExecutor(HELD)
ALL = threading.Barrier(HELD + 1)
GO_ON = threading.Event()

app = func.FunctionApp()


def wait() -> None:
    """Say that one more request is held, and hold it."""
    ALL.wait(15)
    GO_ON.wait(15)


@app.route(route="hold")
async def hold(req: func.HttpRequest) -> str:
    """Wait in a thread, as the real app waits for storage."""
    await asyncio.get_running_loop().run_in_executor(POOL, wait)
    return str(req.method)


@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage) -> None:
    """Fail when the message is no text."""
    message.get_body().decode()


@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%")
def tick(timer: func.TimerRequest) -> None:
    """Fail when there is no timer."""
    timer.past_due  # noqa: B018 - a look is enough

"""Queue functions that record their calls and do as the message says."""

import logging
import queue
import threading
from typing import Any

import azure.functions as func

CALLS: queue.Queue[tuple[str, Any]] = queue.Queue()
GO_ON = threading.Event()

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage, context: func.Context) -> None:
    """Record the call; ``fail`` fails, ``hold`` lasts until the test lets go."""
    CALLS.put(("work", message))
    logging.getLogger("app").info('{"body": "%s"}', context.function_name)
    if message.get_body() == b"fail":
        raise ValueError("asked to fail")
    if message.get_body() == b"hold" and not GO_ON.wait(20):
        raise TimeoutError


@app.queue_trigger(arg_name="message", queue_name="%QUEUE%-poison", connection="AzureWebJobsStorage")
async def bury(message: str) -> None:
    """Record the text; fail when it asks for it."""
    CALLS.put(("bury", message))
    if message == "fail again":
        raise ValueError("asked to fail")

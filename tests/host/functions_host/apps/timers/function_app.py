"""A timer that records its ticks."""

import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any

import azure.functions as func

CALLS: queue.Queue[tuple[str, Any]] = queue.Queue()
GO_ON = threading.Event()

app = func.FunctionApp()


@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%")
def tick(timer: func.TimerRequest) -> None:
    """Record whether the tick is past due."""
    CALLS.put(("tick", timer))


@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="AzureWebJobsStorage")
def slow(message: func.QueueMessage) -> None:
    """Say on stdout that it began, wait for the file that the test makes, say that it ended."""
    sys.stdout.write(f"began {message.dequeue_count}\n")
    sys.stdout.flush()
    while not Path(os.environ["GO_ON"]).exists():
        GO_ON.wait(0.02)
    sys.stdout.write("ended\n")
    sys.stdout.flush()

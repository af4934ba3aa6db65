"""A queue function that ends its process in every way, and says on stdout when it begins."""

import atexit
import ctypes
import os
import signal
import sys
import threading

import azure.functions as func

app = func.FunctionApp()
atexit.register(lambda: sys.stdout.write("noticed\n"))


@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage) -> None:
    """Do what the message says, the first time that it comes."""
    word = message.get_body().decode()
    sys.stdout.write(f"began {message.dequeue_count} {word}\n")
    sys.stdout.flush()
    if (message.dequeue_count or 0) > 1:
        return
    if word == "exit":
        os._exit(3)
    elif word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "fault":
        ctypes.string_at(0)
    elif word == "hold":
        threading.Event().wait()

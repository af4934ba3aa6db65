"""A process of a group and its parent: what handlers print or read is nobody's business between those two."""

import subprocess
import sys

#: What a handler may do, once it is imported or later.
NOISY = """
import os, subprocess, sys
from shared.worker.child import Parent
parent = Parent.take()
print("not for the parent", flush=True)
subprocess.run(["cat"], check=True)
assert sys.stdin.read() == ""
os.write(parent.words, os.read(parent.orders, 100))
"""


def test_what_a_handler_prints_or_reads_comes_neither_to_the_parent_nor_from_it() -> None:
    command = [sys.executable, "-c", NOISY]
    ended = subprocess.run(command, input="a line", capture_output=True, text=True, check=False, timeout=60)
    assert (ended.stdout, ended.stderr) == ("a line", "not for the parent\n")

"""Whose work an image is: what a fair share is a share for.

Source:
    A queue for each flow, served in turn: J. Nagle, "On Packet Switches With Infinite Storage", RFC 970, 1985.
"""

import hashlib
import re

#: What stands for a flow, in messages and due rows: short, and it tells no name.
FLOW = re.compile(r"[0-9a-f]{8}")


def flow_of(ref: str) -> str:
    """Return the flow of an image: one for each first path segment of a name, one for all names without any.

    Args:
        ref: ``container/name``.

    Returns:
        8 hex digits; two flows that share them share their turns.
    """
    container, _, name = ref.partition("/")
    prefix, slash, _ = name.partition("/")
    return hashlib.sha256(f"{container}/{prefix}{slash}".encode() if slash else container.encode()).hexdigest()[:8]

"""No key, secret or connection string is in any file, and no function of Bicep fetches one."""

import re
from collections.abc import Iterator
from pathlib import Path

from deploy.check.azure.deployment import Deployment, finding
from deploy.check.finding import Finding

_FETCH = re.compile(r"(?:\w+\.)?list[A-Z]\w*$|(?:\w+\.)?getSecret$")
_SECRET = re.compile(
    r"AccountKey=|SharedAccess|InstrumentationKey=|DefaultEndpointsProtocol|[?&](sig|code)=|PRIVATE KEY|\bpassword\b",
    re.IGNORECASE,
)


def check(deployment: Deployment) -> Iterator[Finding]:
    """Yield each call that fetches a key."""
    for file in deployment.files:
        for call in file.calls:
            if _FETCH.match(call.function):
                yield finding(call.place, f"{call.function}() fetches a key. Use the identity.")


def in_texts(root: Path, paths: Iterator[Path]) -> Iterator[Finding]:
    """Yield each line that looks like a key."""
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            found = _SECRET.search(line)
            if found:
                name = path.relative_to(root).as_posix()
                yield Finding(name, number, f"'{found[0]}' looks like a key. Use the identity.")

"""Read something again and again, and show what has changed: in place on a terminal, line by line in a pipe."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from shared.cli.layout import Line
from shared.cli.output import Output, rich_text
from shared.cli.service import Service, ServiceDown
from shared.runtime import Runtime

#: Seconds between two requests: the pause doubles while nothing changes, and while there is no answer.
FIRST_PAUSE, LAST_PAUSE = 2.0, 15.0
_UNCHANGED = 304
V = TypeVar("V")

Body = dict[str, Any]
#: Makes the lines of a whole screen, on an output as wide as the terminal is now.
Draw = Callable[[Body, Output], list[Line]]
#: Prints what is new, where there is no screen; of the first answer, what was before is None.
Report = Callable[[Body | None, Body], object]


@dataclass(frozen=True)
class Watch:
    """Requests for one address.

    Attributes:
        service: The API.
        path: What is read.
        query: Its parameters.
        runtime: Waits.
    """

    service: Service
    path: str
    query: Mapping[str, object]
    runtime: Runtime

    def answers(self, *, every: bool = False) -> Iterator[Body | ServiceDown]:
        """Yield each answer that differs from the one before, and each failure; wait between, without end.

        Args:
            every: Whether to yield the same answer again where nothing has changed.
        """
        tag, before, pause = "", None, FIRST_PAUSE
        while True:
            answer: Body | ServiceDown | None = None
            try:
                headers = {"If-None-Match": tag} if tag else {}
                reply = self.service.call("GET", self.path, query=self.query, headers=headers)
            except ServiceDown as down:
                answer = down
            else:
                body = before if reply.status == _UNCHANGED else reply.json()
                tag = reply.headers.get("etag", "")
                if body != before:
                    answer, before = body, body
            if answer is not None:
                yield answer
            elif every and before is not None:
                yield before
            pause = FIRST_PAUSE if isinstance(answer, dict) else min(2 * pause, LAST_PAUSE)
            self.runtime.pause(pause)

    def show(self, output: Output, *, draw: Draw, report: Report) -> None:
        """Show answers until somebody ends it.

        Args:
            output: Where to.
            draw: What a terminal shows.
            report: What a pipe is given.
        """
        if output.is_terminal:
            self._draw(output, draw)
        else:
            self._report(output, report)

    def _draw(self, output: Output, draw: Draw) -> None:
        from rich.console import Console, Group  # noqa: PLC0415 - only terminals need it
        from rich.live import Live  # noqa: PLC0415

        console = Console(file=output.stream, no_color=not output.is_colored, highlight=False, markup=False)
        lines: list[Line] = []
        with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
            for answer in self.answers(every=True):
                if isinstance(answer, dict):
                    lines = draw(answer, replace(output, width=shutil.get_terminal_size().columns))
                    shown = lines
                else:
                    shown = [[(f"{answer} Still trying.", "yellow")], *lines]
                live.update(Group(*map(rich_text, shown)), refresh=True)

    def _report(self, output: Output, report: Report) -> None:
        before: Body | None = None
        for answer in self.answers():
            if isinstance(answer, dict):
                report(before, answer)
                before = answer
            else:
                output.note(f"darkroom: {answer}")


def changes(before: Mapping[str, V], after: Mapping[str, V]) -> list[V]:
    """Return what is new or differs, in its order."""
    return [value for name, value in after.items() if name not in before or before[name] != value]

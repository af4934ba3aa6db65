"""What one sees of a run: a live table on a terminal, a line a change elsewhere."""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from localhost.run.facts import facts_of, line_of, plain, time_words
from localhost.run.watch import WAITING, Image

STYLES = {
    "COMPLETED": "green",
    "FAILED": "bold red",
    "CANCELED": "magenta",
    "RUNNING": "cyan",
    "PENDING": "yellow",
}
#: Lines of a live table that hold no image: heading, bar, and what goes above and below.
FRAME_LINES = 8
BAR_WIDTH = 40


class Screen(Protocol):
    """Where a run is shown."""

    def note(self, text: str) -> None:
        """Say something that concerns the whole run."""
        ...

    def show_change(self, image: Image, now: float) -> None:
        """Show that an image has moved on."""
        ...

    def frame(self, images: Sequence[Image], now: float) -> None:
        """Show where all of them stand; called several times a second."""
        ...

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state standing."""
        ...


class Lines:
    """Write one line a change."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def note(self, text: str) -> None:
        """Write it down."""
        self._console.print(Text(text), soft_wrap=True)

    def show_change(self, image: Image, now: float) -> None:
        """Write the image down."""
        self._console.print(Text(line_of(image, now)), soft_wrap=True)

    def frame(self, images: Sequence[Image], now: float) -> None:
        """Do nothing: changes say it all."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: every line is written."""


class LiveTable:
    """Draw a table and a progress bar, over and over at the same place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        # Not redirected: with --json, stdout is another stream, whose lines must stay as they are.
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._whole: RenderableType = ""

    def note(self, text: str) -> None:
        """Write it above the table."""
        self._console.print(Text(text), soft_wrap=True)

    def show_change(self, image: Image, now: float) -> None:
        """Do nothing: the next frame shows it."""

    def frame(self, images: Sequence[Image], now: float) -> None:
        """Draw as many images as there is room for."""
        self._whole = picture(images, now)
        room = max(3, self._console.height - FRAME_LINES)
        self._live.update(picture(images, now, window(images, room)), refresh=True)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Draw everything once more, and leave it standing."""
        self._live.update(self._whole)
        self._live.stop()


def screen_for(*, json: bool) -> Screen:
    """Choose the screen that fits the streams.

    Args:
        json: Stdout belongs to the JSON lines; everything else goes to stderr.
    """
    console = Console(stderr=json, highlight=False)
    # Both on one terminal: lines of JSON would tear the table.
    torn = json and sys.stdout.isatty()
    return LiveTable(console) if console.is_terminal and not console.is_dumb_terminal and not torn else Lines(console)


def window(images: Sequence[Image], room: int) -> list[Image]:
    """Choose what to show when there is no room for all: what is under way, then what has ended last."""
    if len(images) <= room:
        return list(images)
    under_way = [image for image in images if not image.ended and image.state != WAITING]
    ended = sorted((image for image in images if image.ended), key=lambda image: -(image.ended_at or 0.0))
    waiting = [image for image in images if image.state == WAITING]
    chosen = {image.name for image in [*under_way, *ended, *waiting][:room]}
    return [image for image in images if image.name in chosen]


def picture(images: Sequence[Image], now: float, shown: Sequence[Image] | None = None) -> RenderableType:
    """Return table and progress bar of all images, with the rows of those shown."""
    rows = images if shown is None else shown
    hidden = len(images) - len(rows)
    parts: list[RenderableType] = [_table(rows, now)]
    if hidden:
        parts.append(Text(f"… and {hidden} more", style="dim"))
    return Group(*parts, _bar(images))


def _table(images: Sequence[Image], now: float) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("image", overflow="ellipsis", no_wrap=True, max_width=40)
    table.add_column("state", no_wrap=True)
    table.add_column("attempts", justify="right", no_wrap=True)
    table.add_column("pixels", no_wrap=True)
    table.add_column("dhash", no_wrap=True)
    table.add_column("mean", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    for image in images:
        facts = facts_of(image)
        table.add_row(
            Text(plain(image.name)),
            Text(" ".join(filter(None, [image.state, facts.problem])), style=STYLES.get(image.state, "dim")),
            str(image.attempts or ""),
            facts.size,
            facts.dhash,
            Text.assemble(("██ ", facts.mean), facts.mean) if facts.mean else "",
            time_words(image.seconds(now)),
        )
    return table


def _bar(images: Sequence[Image]) -> Table:
    ended = sum(image.ended for image in images)
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_row(ProgressBar(total=len(images), completed=ended, width=BAR_WIDTH), f"{ended} of {len(images)} ended")
    return line


def say_last(text: str) -> None:
    """Say on stderr why the run ends, when there is no screen any more."""
    sys.stderr.write(f"dev.py run: {text}\n")
    sys.stderr.flush()

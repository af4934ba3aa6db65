"""The command ``darkroom``: what operators do by hand. Each of its commands is a module of ``commands``.

Exit statuses are in ``exits``. Of ``worker``: 0 all is settled, 1 it was cut short, 2 a setting is wrong, 3 it failed.
"""

from collections.abc import Callable, Mapping, Sequence

import typer

from shared.cli.commands.actions import actions
from shared.cli.commands.analyze import analyze
from shared.cli.commands.backfill import backfill
from shared.cli.commands.cancel import cancel
from shared.cli.commands.delete import delete
from shared.cli.commands.doctor import doctor
from shared.cli.commands.export import export
from shared.cli.commands.history import history
from shared.cli.commands.init import init
from shared.cli.commands.jobs import jobs
from shared.cli.commands.lock import lock
from shared.cli.commands.redrive import redrive
from shared.cli.commands.rejected import rejected
from shared.cli.commands.show import show
from shared.cli.commands.stats import stats
from shared.cli.commands.trace import trace
from shared.cli.commands.upload import upload
from shared.cli.commands.verify import verify
from shared.cli.commands.why import why
from shared.cli.commands.worker import worker
from shared.cli.root import Leaf, Root
from shared.cli.worker_options import PURPOSE

app = typer.Typer(
    cls=Root,
    help="Look at Darkroom's jobs and images, act on them, and set up, check and repair its storage. "
    "For the options of a command: darkroom COMMAND --help",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help fits a screen, and nothing in it is markup
    pretty_exceptions_enable=False,  # it would show local variables, keys among them
)
#: Of the help, the panel where ``worker`` stands too.
_SET_UP = "Set up, check and run"
#: In the order of the help, each panel with its commands.
PANELS: Mapping[str, Sequence[Callable[..., None]]] = {
    "Look": (jobs, show, why, history, trace, lock, stats, actions),
    "Bring images in, and reports out": (upload, backfill, export),
    "Act": (cancel, redrive, delete, rejected),
    _SET_UP: (analyze, init, verify, doctor),
}
for panel, commands in PANELS.items():
    for command in commands:
        app.command(cls=Leaf, rich_help_panel=panel)(command)
app.command(
    "worker",
    help=PURPOSE,
    rich_help_panel=_SET_UP,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)(worker)

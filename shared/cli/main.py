"""The command ``darkroom``: what operators do by hand. Each of its commands is a module of ``commands``.

Exit statuses are in ``exits``. Of ``worker``: 0 all is settled, 1 it was cut short, 2 a setting is wrong, 3 it failed.
"""

from collections.abc import Callable

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
from shared.cli.worker_options import PURPOSE

app = typer.Typer(
    help="Look at Darkroom's jobs and images, act on them, and set up, check and repair its storage.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help fits a screen, and nothing in it is markup
    pretty_exceptions_enable=False,  # it would show local variables, keys among them
)
#: In the order of the help: what shows, what acts, and what sets up.
COMMANDS: tuple[Callable[..., None], ...] = (
    *(jobs, show, why, history, trace, lock, stats, actions),
    *(upload, backfill, export),
    *(cancel, redrive, delete, rejected),
    *(analyze, init, verify, doctor),
)
for command in COMMANDS:
    app.command()(command)
app.command(
    "worker",
    help=PURPOSE,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)(worker)

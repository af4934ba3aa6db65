"""Every name, limit and time, each with a default; read once, all errors told at once.

Standard library only: function_app.py reads them while the host indexes it.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from datetime import timedelta
from typing import Any, Self

from shared.errors import SettingsInvalid
from shared.rules import sizing
from shared.settings.declarations import Declarations
from shared.settings.enums import ApiAuth, ConfinementMode, Dispatch, Isolation

#: Where the Functions host puts what it has given up on of blob triggers; one queue for all apps of an account.
BLOB_POISON_QUEUE = "webjobs-blobtrigger-poison"


@dataclass(frozen=True, kw_only=True)
class Settings(Declarations):
    """All settings of Darkroom, as ``Declarations`` says, and what follows from them."""

    @classmethod
    def read(cls, environ: Mapping[str, str], *, memory_bytes: int | None = None) -> Self:
        """Read all settings; an empty value stands for the default.

        Args:
            environ: App settings.
            memory_bytes: Of the instance, where it is known: what it has no room for is less by default, or refused.

        Raises:
            SettingsInvalid: With one sentence for each setting that can't be used, alone or beside another.
        """
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, declared in _DECLARED.items():
            text = environ.get(name, "").strip()
            if text:
                try:
                    values[declared.name] = declared.metadata["parse"](text)
                except ValueError as error:
                    wrong[name] = str(error)
        settings = cls(**{**sizing.defaults(memory_bytes), **values})
        room = {"memory_bytes": settings.analysis_memory_bytes, "decode_bytes": settings.max_decode_bytes}
        wrong |= settings._conflicts() | sizing.conflicts(memory_bytes, **room)
        if wrong:
            raise SettingsInvalid([_sentence(name, requirement, environ) for name, requirement in wrong.items()])
        return settings

    @property
    def route_auth(self) -> ApiAuth:
        """What the host asks for at the API's door; nothing where the app itself knows its callers."""
        return ApiAuth.ANONYMOUS if self.has_callers else self.api_auth

    @property
    def has_callers(self) -> bool:
        """Whether the app knows its callers: by keys of its own, or because they sign in."""
        return bool(self.api_keys) or self.easy_auth

    @property
    def sends(self) -> bool:
        """Whether messages start analyses."""
        return self.dispatch in (Dispatch.BOTH, Dispatch.QUEUE)

    @property
    def grace(self) -> timedelta:
        """How long the sweep leaves a job to its message; no time at all where no message is sent."""
        return self.dispatch_grace if self.sends else timedelta(0)

    @property
    def poison_queue(self) -> str:
        """The queue to which the host moves what failed too often."""
        return f"{self.job_queue}-poison"

    @property
    def walk_mark(self) -> str:
        """The mark that keeps where the walk through the container of images stands."""
        return f"reconcile:{self.images_container}"

    def _conflicts(self) -> dict[str, str]:
        """Name each setting that can't work beside another, with what it must be."""
        less = "must be less than AzureFunctionsJobHost__functionTimeout"
        limit = self.function_timeout_seconds
        confinable = self.isolation is Isolation.PROCESS or self.confinement is not ConfinementMode.REQUIRE
        rules = (
            ("SWEEP_BUDGET_SECONDS", less, self.sweep_budget.total_seconds() < limit),
            ("RECONCILE_BUDGET_SECONDS", less, self.reconcile_budget.total_seconds() < limit),
            ("PURGE_BUDGET_SECONDS", less, self.purge_budget.total_seconds() < limit),
            ("ANALYSIS_TIMEOUT_SECONDS", less, self.analysis_timeout.total_seconds() < limit),
            ("LEASE_SECONDS", "must be more than twice LEASE_MARGIN_SECONDS", self.lease > 2 * self.margin),
            ("ANALYSIS_CONFINEMENT", "must be try or off while ANALYSIS_ISOLATION is not process", confinable),
            (
                "MAX_BACKLOG",
                "must be 1 or more while DISPATCH is queue",
                self.max_backlog > 0 or self.dispatch is not Dispatch.QUEUE,
            ),
            ("BACKOFF_SECONDS", "must not be more than BACKOFF_MAX_SECONDS", self.backoff <= self.backoff_max),
            (
                "THUMBNAILS_CONTAINER",
                "must be another container than IMAGES_CONTAINER",
                self.thumbnails_container != self.images_container,
            ),
            (
                "LOCKS_TABLE",
                "must be another table than JOBS_TABLE",
                self.locks_table.lower() != self.jobs_table.lower(),
            ),
        )
        return {name: requirement for name, requirement, holds in rules if not holds}


_DECLARED: Mapping[str, Field[Any]] = {declared.metadata["name"]: declared for declared in fields(Settings)}


def _sentence(name: str, requirement: str, environ: Mapping[str, str]) -> str:
    """Say what a setting must be and what it is; never what one is that may be a secret."""
    facts = _DECLARED[name].metadata
    given = environ.get(name, "").strip() or facts["default"]
    return f"{name}: {requirement}, but is {given[:80]!r}" if facts["shown"] else f"{name}: {requirement}"

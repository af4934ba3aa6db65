"""Which jobs an operation is about: the filters of a list, followed page by page into the plan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from shared.cli.operations import Ledger
from shared.cli.service import Service, ServiceDown, ServiceRefused
from shared.clock import DATE_STEP

#: Entries of a page.
PAGE = 200


def time_of(service: Service) -> datetime:
    """Return the time by the service's own clock, at most one second behind it.

    Raises:
        ServiceDown: It does not say.

    Costs: a call, with 1 query.
    """
    reply = service.call("GET", "/actions", query={"limit": 1})
    said = str(reply.json().get("as_of") or reply.headers.get("date"))
    try:
        return datetime.fromisoformat(said) if "T" in said else parsedate_to_datetime(said)
    except ValueError:
        raise ServiceDown("The service does not say what time it is.") from None


def begin_of_lists(service: Service) -> datetime:
    """Return the moment at which an operation on lists begins: what has ended or come since is not its affair.

    It lies a second back, since instances of the app may see the time a second apart: a job that this operation opens,
    and that ends again at once, must be younger for all of them.
    """
    return time_of(service) - DATE_STEP


@dataclass(frozen=True)
class Selection:
    """A list, or several lists of the same kind, one behind the other.

    Attributes:
        path: Of the call.
        queries: Of each list.
    """

    path: str
    queries: Sequence[Mapping[str, Any]]

    def collect(self, service: Service, ledger: Ledger, watch: Callable[[Sequence[Mapping[str, Any]]], object]) -> None:
        """Plan all that the lists have, from where an earlier process has stopped; nothing is planned twice.

        Args:
            service: Has the lists.
            ledger: Takes the plan.
            watch: Called with the entries of each page that are new.

        Costs: a call for each 200 entries, and one for each list.
        """
        known = set(ledger.progress.plan)
        number, cursor = ledger.progress.place or (0, None)
        may_be_old = cursor is not None
        while number < len(self.queries):
            try:
                entries, following = self._page(service, number, cursor)
            except ServiceRefused as refusal:
                if not may_be_old or refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                    raise
                may_be_old, cursor = False, None  # a newer release may refuse it: from the beginning then
                continue
            fresh = [entry for entry in entries if entry["id"] not in known]
            known.update(entry["id"] for entry in fresh)
            number, cursor = (number, following) if following else (number + 1, None)
            ledger.plan([entry["id"] for entry in fresh], [number, cursor])
            watch(fresh)
        ledger.end_plan()

    def _page(self, service: Service, number: int, cursor: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
        query = {**self.queries[number], "limit": PAGE, "cursor": cursor}
        page = service.call("GET", self.path, query=query).json()
        try:
            return [entry for entry in page["items"] if isinstance(entry["id"], str)], page["cursor"]
        except (KeyError, TypeError):
            raise ServiceDown("The service has answered in a form that this command does not know.") from None

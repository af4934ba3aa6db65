"""Who may do what: exactly the roles that are needed, each with a reason that names who needs it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from deploy.check.azure.deployment import MAIN, STORAGE, Deployment, finding
from deploy.check.bicep.template import Instance
from deploy.check.bicep.tree import Place
from deploy.check.bicep.values import Symbol
from deploy.check.finding import Finding
from shared.rules.access import Act
from shared.settings.app_settings import FUNCTIONS

KIND = "Microsoft.Authorization/roleAssignments"
#: Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles, read 2026-11.
ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}
#: Which of the roles that the code asks for (``Act``) are a part of another; the same page.
_PARTS = {
    "Storage Blob Data Owner": {"Storage Blob Data Reader", "Storage Blob Data Contributor"},
    "Storage Queue Data Contributor": {
        *("Storage Queue Data Reader", "Storage Queue Data Message Sender", "Storage Queue Data Message Processor"),
    },
    "Storage Table Data Contributor": {"Storage Table Data Reader"},
}
#: Who may be the reason for a role, beside a function of the app.
_OTHERS = frozenset({"Functions host", "Event Grid", "Operator"})
_QUEUE, _CONTAINER = f"{STORAGE}/queueServices/queues", f"{STORAGE}/blobServices/containers"

_NOUNS = {
    STORAGE: "storage account",
    _QUEUE: "job queue",
    _CONTAINER: "container of dead letters",
    "Microsoft.Insights/components": "Application Insights",
}


class Grant(NamedTuple):
    """Who may do what where."""

    who: str
    role: str
    scope: str


_APP = (
    Grant("the app", "Storage Blob Data Owner", STORAGE),
    Grant("the app", "Storage Queue Data Contributor", STORAGE),
    Grant("the app", "Storage Table Data Contributor", STORAGE),
    Grant("the app", "Monitoring Metrics Publisher", "Microsoft.Insights/components"),
)
_EVENTS = (
    Grant("Event Grid", "Storage Queue Data Message Sender", _QUEUE),
    Grant("Event Grid", "Storage Blob Data Contributor", _CONTAINER),
)
_OPERATOR = (
    Grant("the operator", "Storage Blob Data Contributor", STORAGE),
    Grant("the operator", "Storage Queue Data Contributor", STORAGE),
    Grant("the operator", "Storage Table Data Contributor", STORAGE),
)


def check(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is missing, too much, or without a reason."""
    wanted = {*_APP, *_EVENTS, *(_OPERATOR if "operatorId" in deployment.choice else ())}
    for assignment in deployment.creations(KIND):
        role = _role(assignment)
        if role is None:
            yield finding(
                assignment.get("properties", "roleDefinitionId")[1],
                "The role's id is not in the check's list of roles.",
            )
            continue
        yield from _reason(assignment, role)
        grant = Grant(_who(assignment), role, _scope(assignment))
        if grant in wanted:
            wanted.remove(grant)
        else:
            yield finding(assignment.place, f"Nothing needs the role '{role}' of {grant.who} on '{grant.scope}'.")
    yield from _acts(deployment)
    for grant in sorted(wanted):
        yield finding(Place(MAIN, 1), f"The role '{grant.role}' of {grant.who} on '{grant.scope}' is missing.")


def _acts(deployment: Deployment) -> Iterator[Finding]:
    """Yield what the code does, and no role of the app permits."""
    roles = {role for each in deployment.creations(KIND) if _who(each) == "the app" and (role := _role(each))}
    roles |= {part for role in roles for part in _PARTS.get(role, ())}
    for act in Act:
        if act.role not in roles:
            yield finding(Place(MAIN, 1), f"The app may not {act.phrase}: no role of it includes '{act.role}'.")


def table(deployment: Deployment) -> list[tuple[str, str, str, str]]:
    """List who may do what where, and why, for docs/azure.md."""
    found = []
    for assignment in deployment.creations(KIND):
        scope = _NOUNS[_scope(assignment)]
        found.append(
            (_who(assignment), _role(assignment) or "", scope, str(assignment.get("properties", "description")[0]))
        )
    return found


def _role(assignment: Instance) -> str | None:
    role_id, _ = assignment.get("properties", "roleDefinitionId")
    return ROLES.get(str(role_id).rstrip(")>").rpartition(", ")[2])


def _reason(assignment: Instance, role: str) -> Iterator[Finding]:
    reason, place = assignment.get("properties", "description")
    users = {*FUNCTIONS, *_OTHERS, "All functions"}
    if not re.search(rf"\b({'|'.join(users)})\b", str(reason or "")):
        yield finding(place, f"The description of the role '{role}' must name the function or service that needs it.")


def _who(assignment: Instance) -> str:
    principal = str(assignment.get("properties", "principalId")[0])
    if principal == "somebody":
        return "the operator"
    return "Event Grid" if principal.startswith("<topic.identity.") else "the app"


def _scope(assignment: Instance) -> str:
    scope, _ = assignment.get("scope")
    return scope.kind if isinstance(scope, Symbol) else "the resource group"

"""Models of responses about actions and rejected messages, for the OpenAPI document only."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from shared.http.error_codes import ErrorCode
from shared.rules.actions import Action, Outcome
from shared.rules.keys import Role


class ActionResult(BaseModel):
    """What came of an action at one id. It has a code unless it is done."""

    id: str
    outcome: Outcome
    code: ErrorCode | None
    detail: str | None


class ActionResults(BaseModel):
    """What came of an action."""

    results: list[ActionResult]
    done: int
    refused: int
    unknown: int


class ActionCounts(BaseModel):
    """What came of an action, in numbers; codes are those of what was not done."""

    done: int
    refused: int
    unknown: int
    codes: dict[str, int]


class ActionEntry(BaseModel):
    """An action: who has done what, and what came of it."""

    id: str
    at: datetime
    who: str
    role: Role | None
    action: Action
    filter: dict[str, Any] | None
    operation: str | None
    ids: int = Field(description="To how many ids; 0 for a purge, whose filter says it, and for a walk.")
    first_ids: list[str]
    result: ActionCounts | None
    ended_at: datetime | None


class ActionPage(BaseModel):
    """A page of actions, and the service's time behind it."""

    items: list[ActionEntry]
    cursor: str | None
    as_of: datetime


class RejectedMessage(BaseModel):
    """A message that names nothing real."""

    id: str
    code: str
    message: str
    at: datetime
    text: str
    truncated: bool


class RejectedPage(BaseModel):
    """A page of rejected messages; a text is cut where `truncated` says so."""

    items: list[RejectedMessage]
    cursor: str | None

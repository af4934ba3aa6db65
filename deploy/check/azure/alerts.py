"""Alerts ask for events, fields, codes and functions that the code has, and count sampled rows by itemCount."""

import re
from collections.abc import Iterator

from deploy.check.azure.deployment import Deployment, finding
from deploy.check.azure.facts import error_codes
from deploy.check.bicep.tree import Place
from deploy.check.bicep.values import Properties
from deploy.check.finding import Finding
from shared.settings.app_settings import FUNCTIONS
from shared.telemetry import LogEvent

KIND = "Microsoft.Insights/scheduledQueryRules"
_COMPARISON = r"\s*(?:==|!=|!?in)\s*(\([^)]*\)|\"[^\"]*\")"
_EVENTS = re.compile(rf"tostring\(line\.event\){_COMPARISON}")
_CODES = re.compile(rf"tostring\(line\.code\){_COMPARISON}")
_FUNCTIONS = re.compile(rf"\bname{_COMPARISON}")
_FIELDS = re.compile(r"\bline\.(\w+)")
_QUOTED = re.compile(r'"([^"]*)"')


def check(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is wrong with a query."""
    for alert in deployment.creations(KIND):
        criteria, place = alert.get("properties", "criteria", "allOf")
        for criterion in criteria if isinstance(criteria, list) else ():
            if isinstance(criterion, Properties):
                query, column = criterion.get("query"), str(criterion.get("metricMeasureColumn"))
                place = getattr(query, "place", place)
                yield from _query(str(query), place)
                if not re.search(rf"\b{column} = ", str(query)):
                    yield finding(place, f"The query has no column '{column}' to measure.")


def _query(query: str, place: Place) -> Iterator[Finding]:
    known = {event.value: event for event in LogEvent}
    events = _names(_EVENTS, query)
    for name in sorted(events - known.keys()):
        yield finding(place, f"The code emits no event '{name}'.")
    fields = {"event"}.union(*(known[name].fields for name in events & known.keys()))
    for name in sorted(set(_FIELDS.findall(query)) - fields):
        yield finding(place, f"None of the events that the query asks for has the field '{name}'.")
    for name in sorted(_names(_CODES, query) - error_codes()):
        yield finding(place, f"No job ends with the code '{name}'.")
    for name in sorted(_names(_FUNCTIONS, query) - set(FUNCTIONS)):
        yield finding(place, f"The app has no function '{name}'.")
    if re.search(r"\bcount(if)?\(", query) or not re.search(r"\bitemCount\b|\bmax\(", query):
        yield finding(place, "Rows are sampled: count them by sum(itemCount).")


def _names(pattern: re.Pattern[str], query: str) -> set[str]:
    return {name for found in pattern.findall(query) for name in _QUOTED.findall(found)}

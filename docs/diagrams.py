"""Diagrams that are made from the code, in Mermaid."""

from shared.rules.jobs import TRANSITIONS, State


def states() -> str:
    """Return the life of a job: its states, and the events that move it."""
    events: dict[tuple[str, str], list[str]] = {}
    for row in TRANSITIONS:
        if row.source != row.target:
            events.setdefault((_name(row.source), _name(row.target)), []).append(row.event.value)
    arrows = [f"    {source} --> {target}: {', '.join(names)}\n" for (source, target), names in events.items()]
    again = [f"    {state.value} --> {state.value}: {names}\n" for state in State if (names := _again(state))]
    return f"```mermaid\nstateDiagram-v2\n{''.join([*arrows, *again])}```\n"


def _again(state: State) -> str:
    return ", ".join(row.event.value for row in TRANSITIONS if row.source is row.target is state)


def _name(state: State | None) -> str:
    return "[*]" if state is None else state.value

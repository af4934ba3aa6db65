"""Statistics in Prometheus' text format."""

from collections.abc import Iterable, Mapping

from shared.rules.statistics import Stats

Sample = tuple[Mapping[str, str], float]


def prometheus(stats: Stats) -> str:
    """Return the figures in Prometheus' text format; what is not known has no sample.

    Source:
        Prometheus, "Exposition formats", text-based format 0.0.4, 2014.
    """
    of_jobs = [
        ({"type": kind, "state": state}, number)
        for kind, states in sorted(stats.jobs.items())
        for state, number in sorted(states.items())
    ]
    of_ages = [({"work": each.value}, age.seconds) for each, age in stats.upkeep.items() if age.seconds is not None]
    of_lateness = [({"work": each.value}, int(age.is_late)) for each, age in stats.upkeep.items()]
    families = (
        _family("jobs", "gauge", "Jobs by type and state.", of_jobs),
        _single("oldest_due_age_seconds", "How long the oldest due job is due.", stats.oldest_due_age_seconds),
        _single("poison_messages", "Messages that the host has given up on.", stats.poison),
        _single("missed_images", "Images that no event had announced, in the last whole walk.", stats.missed),
        _family("stale_reports_total", "counter", "Late reports that were refused.", [({}, stats.stale_reports_total)]),
        _family("upkeep_age_seconds", "gauge", "How long ago a timer's work was last done to its end.", of_ages),
        _family("upkeep_late", "gauge", "1 if that is too long ago, else 0.", of_lateness),
        _single("statistics_age_seconds", "How long ago these figures were counted.", stats.age_seconds),
    )
    return "".join(families)


def _single(name: str, meaning: str, figure: float | None) -> str:
    return _family(name, "gauge", meaning, [] if figure is None else [({}, figure)])


def _family(name: str, kind: str, meaning: str, samples: Iterable[Sample]) -> str:
    name = f"darkroom_{name}"
    lines = [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{_labels(labels)} {figure}" for labels, figure in samples]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

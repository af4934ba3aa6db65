"""Check connections, by what may be shown of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from shared.ports.places import ConnectionFacts, Form
from shared.rules.diagnoses import Diagnosis
from shared.rules.symptoms import Symptom
from shared.rules.timestamps import rfc3339

#: Before its end a SAS is to be replaced.
_SOON = timedelta(days=7)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def check_connection(facts: ConnectionFacts, now: datetime, *, needs_queue: bool = False) -> Iterator[Diagnosis]:
    """Check one connection.

    Args:
        facts: What is known of it.
        now: Aware UTC.
        needs_queue: Whether it must reach queues too, for the blob trigger.
    """
    host = ", ".join(dict.fromkeys(urlsplit(url).netloc for url in facts.urls.values())) or "no host"

    def diagnose(symptom: Symptom, **more: object) -> Diagnosis:
        return Diagnosis(symptom, "connections", {"setting": facts.setting, "host": host, **more})

    yield diagnose(Symptom.CONNECTED, form=facts.form.value)
    if facts.shadow is not None:
        yield diagnose(Symptom.SHADOWED, used=facts.setting, ignored=facts.shadow)
    if facts.expires is not None and facts.expires <= now + _SOON:
        symptom = Symptom.SAS_EXPIRED if facts.expires <= now else Symptom.SAS_EXPIRES_SOON
        yield diagnose(symptom, moment=rfc3339(facts.expires))
    if any(_is_bare(url) for url in facts.urls.values()):
        yield diagnose(Symptom.NO_TLS)
    if needs_queue and "queue" not in facts.urls:
        yield diagnose(Symptom.NO_QUEUE_ENDPOINT)
    if facts.form in (Form.IDENTITY, Form.MANAGED):
        yield diagnose(Symptom.OWN_IDENTITY)


def _is_bare(url: str) -> bool:
    split = urlsplit(url)
    return split.scheme == "http" and split.hostname not in _LOOPBACK

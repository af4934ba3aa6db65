"""Ask every container, queue and table what this identity may do there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from shared.ports.places import Answer, Form, Place, ServiceTime, Verdict
from shared.rules.access import Act
from shared.rules.diagnoses import Diagnosis
from shared.rules.names import Kind
from shared.rules.symptoms import Symptom
from shared.runtime import Runtime
from shared.steps.operators.doctor.side_by_side import side_by_side

#: For all of them together.
WITHIN = timedelta(seconds=20)
#: After one of these every other act would get the same answer.
_FINAL = frozenset(
    {
        Verdict.MISSING,
        Verdict.KEYS_OFF,
        Verdict.NETWORK,
        Verdict.STRANGER,
        Verdict.NO_IDENTITY,
        Verdict.UNREACHABLE,
        Verdict.FAILING,
    }
)
_SYMPTOMS: Mapping[Verdict, Symptom] = {
    Verdict.MISSING: Symptom.ABSENT,
    Verdict.FORBIDDEN: Symptom.FORBIDDEN,
    Verdict.KEYS_OFF: Symptom.KEYS_OFF,
    Verdict.NETWORK: Symptom.NETWORK_RULES,
    Verdict.STRANGER: Symptom.UNKNOWN_CALLER,
    Verdict.NO_IDENTITY: Symptom.NO_IDENTITY,
    Verdict.UNREACHABLE: Symptom.UNREACHABLE,
    Verdict.FAILING: Symptom.FAILING,
    Verdict.REFUSED: Symptom.REFUSED,
}
#: What is not needed everywhere: its absence is told, and is no problem.
_SPARE: Mapping[tuple[Kind, Act], Symptom] = {
    (Kind.CONTAINER, Act.WRITE_BLOBS): Symptom.NO_UPLOADS,
    (Kind.QUEUE, Act.HIDE_MESSAGES): Symptom.NO_HIDING,
}


@dataclass
class Access:
    """What was found of one place.

    Attributes:
        place: The container, queue or table.
        diagnoses: What was found.
        rights: What may be done there.
        times: What the service said of its time.
        count: Messages in the queue, about; None where they were not counted.
    """

    place: Place
    diagnoses: list[Diagnosis] = field(default_factory=list)
    rights: list[Act] = field(default_factory=list)
    times: list[ServiceTime] = field(default_factory=list)
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class CheckAccess:
    """Try each act at each place.

    Attributes:
        places: All that Darkroom uses.
        spare: Names of queues that the host creates when it needs them, and of containers that only uploads write to.
        runtime: Time and threads.
    """

    places: Sequence[Place]
    spare: frozenset[str]
    runtime: Runtime

    def check(self) -> Iterator[Access]:
        """Yield what was found of each place, in their order.

        Costs: 1 request for each act of each place; 1 where none is answered.
        """
        calls = [_Visit(place, self.spare).visit for place in self.places]
        for place, access in zip(self.places, side_by_side(calls, within=WITHIN, runtime=self.runtime), strict=True):
            facts = {"seconds": f"{WITHIN.total_seconds():g}"}
            yield access or Access(place, [Diagnosis(Symptom.SILENT, _where(place), facts)])


@dataclass(frozen=True)
class _Visit:
    """All acts at one place, one after the other."""

    place: Place
    spare: frozenset[str]

    def visit(self) -> Access:
        """Try them, up to an answer that speaks for all."""
        access = Access(self.place)
        for act in self.place.acts:
            answer = self.place.try_act(act)
            access.times += [answer.time] if answer.time is not None else []
            access.count = answer.count if answer.count is not None else access.count
            if answer.verdict is Verdict.ALLOWED:
                access.rights.append(act)
                continue
            access.diagnoses.append(self._diagnose(act, answer))
            if answer.verdict in _FINAL:
                return access
        if access.rights:
            acts = ", ".join(act.phrase for act in access.rights)
            access.diagnoses.insert(0, Diagnosis(Symptom.ACCESSIBLE, _where(self.place), {"acts": acts}))
        return access

    def _diagnose(self, act: Act, answer: Answer) -> Diagnosis:
        place, connection = self.place, self.place.connection
        symptom = _SYMPTOMS[answer.verdict]
        if symptom is Symptom.NO_IDENTITY and connection.form not in (Form.IDENTITY, Form.MANAGED):
            symptom = Symptom.UNKNOWN_CALLER  # it is the key that is malformed
        is_spare = place.name in self.spare
        if symptom is Symptom.ABSENT and act is Act.KEEP_HOST_STATE:
            symptom = Symptom.NO_HOST_YET
        elif symptom is Symptom.ABSENT and is_spare and place.kind is Kind.QUEUE:
            symptom = Symptom.NO_POISON_YET
        elif symptom is Symptom.FORBIDDEN:
            symptom = Symptom.BEYOND_SAS if connection.form is Form.SAS else symptom
            if act is Act.HIDE_MESSAGES or (act is Act.WRITE_BLOBS and is_spare):
                symptom = _SPARE[place.kind, act]
        service = _SERVICES[place.kind]
        facts = {
            "act": act.phrase,
            "code": answer.code,
            "role": act.role,
            "letters": act.letters,
            "service": service,
            "setting": connection.setting,
            "host": urlsplit(connection.urls.get(service, "")).netloc,
        }
        return Diagnosis(symptom, _where(place), facts)


_SERVICES = {Kind.CONTAINER: "blob", Kind.QUEUE: "queue", Kind.TABLE: "table"}


def _where(place: Place) -> str:
    return f"{place.kind.value} {place.name}"

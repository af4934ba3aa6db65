"""``Audit`` of nothing: what ``verify`` finds is shown on real tables."""

from collections.abc import Iterator

from shared.errors import Lost
from shared.rules.audit import Group, Mending


class EmptyAudit:
    """A table without a row, and a container without a thumbnail."""

    def groups(self) -> Iterator[Group]:
        """See ``Audit.groups``."""
        return iter(())

    def look(self, group: Group) -> Group:
        """See ``Audit.look``."""
        return group

    def group_of(self, job_id: str) -> Group:
        """See ``Audit.group_of``."""
        raise Lost(job_id)

    def mend(self, group: Group, mending: Mending) -> None:
        """See ``Audit.mend``."""

    def thumbnails(self) -> Iterator[str]:
        """See ``Audit.thumbnails``."""
        return iter(())

    def has_thumbnail(self, name: str) -> bool:  # noqa: ARG002 - as the port has it
        """See ``Audit.has_thumbnail``."""
        return False

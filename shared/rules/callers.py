"""Who makes a request, as a header says it inside of this process: ASCII of a bounded length, whatever the name is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from urllib.parse import quote, unquote

from shared.rules.keys import ApiKey, Role

#: A longer name is cut to so many characters.
NAME_CHARACTERS = 128
#: A header has at most so many characters: each of a name takes up to four bytes of UTF-8, in three characters each.
HEADER_CHARACTERS = 12 * NAME_CHARACTERS + 32


class Proof(StrEnum):
    """By what a caller has shown who they are."""

    KEY = "key"
    PRINCIPAL = "principal"
    HOST = "host"
    COMMAND = "command"


@dataclass(frozen=True)
class Caller:
    """Who makes a request.

    Attributes:
        name: For people; it may have any characters, control characters among them: escape it.
        role: What they may do; None if nobody has given them a role.
        by: By what they have shown who they are.
    """

    name: str
    role: Role | None
    by: Proof

    @classmethod
    def of_key(cls, key: ApiKey) -> Self:
        """Return the bearer of a key; one without a name goes by its role."""
        return cls(key.name or key.role.value, key.role, Proof.KEY)

    def __str__(self) -> str:
        """Return role and name, for the log."""
        return self.name if self.role in (None, self.name) else f"{self.role}/{self.name}"

    def encode(self) -> str:
        """Return the header: proof, role and name. A long name is cut, and half a surrogate pair is ``?``."""
        role = "" if self.role is None else self.role.value
        return f"{self.by} {role} {quote(self.name[:NAME_CHARACTERS], safe='', errors='replace')}"

    @classmethod
    def decode(cls, header: str) -> Self:
        """Return the caller that a header names.

        Raises:
            ValueError: The header was not made by ``encode``.
        """
        if len(header) > HEADER_CHARACTERS:
            raise ValueError(f"a caller has {HEADER_CHARACTERS} characters at most")
        by, role, name = header.split(" ")
        return cls(unquote(name, errors="strict"), Role(role) if role else None, Proof(by))


#: Whoever has shown a key of the Functions host: each of them allows everything.
HOST_KEY = Caller("host-key", Role.OPERATOR, Proof.HOST)
#: Whoever has reached a host that asks for no key.
ANYONE = Caller("anyone", Role.OPERATOR, Proof.HOST)

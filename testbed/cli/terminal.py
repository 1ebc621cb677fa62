"""Who looks at a centre from its own terminal."""

from testbed.domain.names import Name
from testbed.domain.people import Actor, Role

__all__ = ["TERMINAL"]

TERMINAL = Actor(
    account=0,
    login="terminal",
    name=Name(ko="터미널", en="Terminal"),
    organisation=0,
    roles=frozenset({Role.ENGINEER}),
)

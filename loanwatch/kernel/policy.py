"""The engine of the policy table: who may do what, asked in one way by pages, actions, API and the printed matrix.

The table itself is `loanwatch.people.policy.TABLE`; nothing here knows a role or an act by name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Refused(Exception):
    """A person may not do this. `code` is stable for programs; `sentence` says why and is what the reader sees."""

    def __init__(self, sentence: str, code: str = "REFUSED") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


class Conflict(Exception):
    """The thing is no longer in the state the person saw (HTTP 409). Nothing was changed."""

    def __init__(self, sentence: str, code: str = "CONFLICT") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


class Holder(Protocol):
    """What the engine needs of a person: the roles held today."""

    @property
    def roles(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class Grant:
    """One line of the table: the roles that may, under which condition, and the sentence a refused reader gets."""

    roles: frozenset[str]
    because: Any  # a lazily translated sentence
    where: Callable[[Any, Any], bool] | None = None


def allows(table: dict[Any, Grant], holder: Holder, act: Any, subject: Any = None) -> bool:
    """Whether `holder` may do `act`, on `subject` where one is given. An act that is not in the table is refused."""
    grant = table.get(act)
    if grant is None or not (holder.roles & grant.roles):
        return False
    return subject is None or grant.where is None or grant.where(holder, subject)


def check(table: dict[Any, Grant], holder: Holder, act: Any, subject: Any = None) -> None:
    """As `allows`, but raises Refused with the table's own sentence."""
    if not allows(table, holder, act, subject):
        grant = table.get(act)
        raise Refused(str(grant.because) if grant else f"{act} is not in the policy table.", code=str(act).upper().replace(".", "_"))

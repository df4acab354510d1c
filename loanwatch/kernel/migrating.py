"""Migrations with many small operations, applied with one rendering of the models for each run of them.

Django renders every related model anew for each operation. With some 150 models that is a quarter of a second for each of
several hundred operations, which a first start, an installation and every test database would wait for.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from django.db.migrations import AddConstraint, AddField, AddIndex
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# They only add, each to a table that stands before the run begins, so none needs to see what another has done.
ADDING = (AddField, AddConstraint, AddIndex)


class InOneGo(Operation):
    """Operations that only add, as one. Not for altering what the same run adds."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = list(operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.operations], {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # rendered again, once, when the first operation asks
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Add {len(self.operations)} fields, constraints and indexes"


def in_one_go(operations: Iterable[Operation]) -> list[Operation]:
    """The operations with every run of adding ones put together."""
    found: list[Operation] = []
    for adding, run in groupby(operations, lambda operation: isinstance(operation, ADDING)):
        listed = list(run)
        found += [InOneGo(listed)] if adding and len(listed) > 1 else listed
    return found

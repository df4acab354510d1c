"""The printed state diagrams are those the code moves by, and the database allows the same moves."""

from inspections.management.commands.state_diagrams import PATH, page
from inspections.planning.models import Task
from inspections.planning.rules import MOVES as TASK
from inspections.planning.rules import OPEN, TO_DO
from inspections.visits.models import Visit
from inspections.visits.rules import MOVES as VISIT


def test_the_printed_states_are_the_tables_of_moves():
    assert PATH.read_text(encoding="utf-8") == page(), "run manage.py state_diagrams"


def test_every_state_has_its_line_of_moves():
    assert set(TASK) == set(Task.State.values)
    assert set(VISIT) == set(Visit.State.values)
    assert {state for state, after in TASK.items() if after} == set(OPEN) and set(TO_DO) < set(OPEN)

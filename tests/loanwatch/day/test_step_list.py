"""A changed list of steps is a change that somebody reviews."""

from pathlib import Path

from loanwatch.day import step_list, steps


def test_the_page_of_the_steps_says_what_the_code_does():
    page = Path(__file__).parents[3] / "docs" / "day.md"
    assert page.read_text() == step_list.as_markdown(), "run manage.py day_steps --markdown > docs/day.md and have it reviewed"


def test_every_step_says_what_it_does():
    assert list(step_list.WHAT) == [name for name, _ in steps.PLAN]

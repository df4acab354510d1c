"""The page docs/day.md: what each step of a day does, how it is cut, and what its checksum covers."""

from loanwatch.day.steps import PLAN

WHAT = {
    "receive": "Notes the deliveries of the day and what did not come.",
    "allocate": "Repayments meet demands; the state of each loan follows.",
    "observe": "One row of indicators for each loan on the book, then for each borrower of the slice.",
    "observe_branches": "Indicators that only a branch has.",
    "observe_staff": "Indicators of staff, from the dated facts that acts leave.",
    "warn": "All live rules over loans and borrowers; alerts that change are written, no other.",
    "warn_branches": "All live rules over branches and staff.",
    "gather": "The open alerts of a borrower come together in one case; a worse one raises its level.",
    "escalate": "Alerts that wait too long are told to account manager, branch head and credit administration in turn; so are findings that fall due or are late.",
    "propose": "Where the figures call for another class, a proposal waits for people.",
    "schedule": "Inspections, notices, tests and expiries that fall due open their tasks.",
    "examine": "What was handed in lately is examined: pictures, places, words and figures; flags are written, no other figure.",
    "draw": "Publishes the hash of next month's sealed seed; draws every inspection that was handed in and nobody has opened.",
    "tell": "Reminders and notices go to the outbox, once each.",
    "roll_up": "Figures and migrations of every node of the tree; a difference of 0.01 stops the close.",
}


def as_markdown() -> str:
    """The page as it is in the repository."""
    rows = [f"| {n} | `{name}` | {'by bucket' if cut else 'whole book'} | {WHAT.get(name, '')} |" for n, (name, cut) in enumerate(PLAN, 1)]
    return "\n".join([HEAD, "| | step | cut | what it does |", "| --- | --- | --- | --- |", *rows, TAIL])


HEAD = """# The steps of a business day

Made by `manage.py day_steps --markdown`; a test compares it with the code, so a changed list of steps is a change that somebody reviews.

A step begins when every unit of the step before is done. A step that is cut by bucket is done in slices of about 10,000 loans by as
many workers as there are; the result is the same for any number of slices. Each unit leaves its rows, seconds and a checksum over the
rows it is about (`trail_rununit`). The same steps run on a normal night, in a catch-up of missed days, for a loan that is tried again
(only that loan, as of each date it missed) and in a re-run of a closed day (over temporary tables).
"""
TAIL = """
What a step can't process is set aside: a single loan is found by trying ever smaller parts of the slice and stays out of this and
every later step and day until it is tried again with success. A day with something set aside closes only when a named person accepts
it with a reason (`accept_day`). Why the numbers are what they are: [decision 10](adr/0010-the-day-that-cannot-be-lost.md).
"""

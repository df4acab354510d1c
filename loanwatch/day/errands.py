"""What a person asked for and a worker does, by the name of its unit in the ledger. It comes before the steps of a day."""

from collections.abc import Callable

from loanwatch.day import repair, rerun
from loanwatch.trail.ledger import Unit

ERRANDS: dict[str, Callable[[Unit], None]] = {"retry": repair.do, "rerun": rerun.compare, "replace": rerun.replace}

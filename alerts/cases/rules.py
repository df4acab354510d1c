"""The life of a case. Pure."""

OPEN, CLOSED = "open", "closed"
# The day opens a case, a risk officer or ninety quiet days close it; what comes later opens the next one.
MOVES: dict[str, frozenset[str]] = {OPEN: frozenset({CLOSED}), CLOSED: frozenset()}
MOST_MEMBERS = 500  # of one cohort

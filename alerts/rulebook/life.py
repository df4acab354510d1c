"""The life of a rule version, as pages, actions, the guard in the database and docs/states.md know it. Pure."""

DRAFT, CHECKED, LIVE, RETIRED, DROPPED = "draft", "checked", "live", "retired", "dropped"

# State → the states it may move to. A returned version goes back to draft with a reason; one that a newer version replaces from a
# day on is retired from that day, and is in force until then.
MOVES: dict[str, frozenset[str]] = {
    DRAFT: frozenset({CHECKED, DROPPED}),
    CHECKED: frozenset({LIVE, DRAFT}),
    LIVE: frozenset({RETIRED}),
    RETIRED: frozenset(),
    DROPPED: frozenset(),
}
OPEN = frozenset({DRAFT, CHECKED})  # being worked on: one of these per rule
APPROVED = frozenset({LIVE, RETIRED})  # in force from valid_from to before valid_to

# Codes of the rules without a condition under which signals of people, inspections and outside stand: written by nobody, no part of
# the rulebook that people keep.
SYSTEM = "SIG-"

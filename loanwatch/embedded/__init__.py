"""Starts PostgreSQL, the broker, the workers, the scheduler and the web process on one machine, for demo and tests.

Read in this order: `bootstrap` (the interpreter), `dispatch` (what a command needs), `ensure` (borrow a server),
`keeper` (who runs it), `postgres` and `broker` (how), `schema` and `roles` (what is inside), `supervisor` (`up`).
"""

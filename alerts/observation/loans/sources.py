"""What a family asks of its sources: whether the lender has them at all, and which loans they tell something new of."""


def tells(table: str, such: str = "true") -> str:
    """SQL: whether the lender's sources have told of any row of `table` by now. Without one, "none" would be a guess.

    such: a condition on the row, alias `told`.
    """
    return f"(SELECT EXISTS (SELECT FROM {table} told WHERE told.lender_id = %(lender)s AND told.known_from <= %(known)s AND {such}))"


def told(table: str, subject: str = "n.loan_id", joined: str = "", bucket: bool = True) -> str:
    """News: loans of which a row of `table` (alias `n`) became known since the close before.

    Rows that begin later than they are known are the family's own to look for, by `recheck_on`. bucket: whether the table has one.
    """
    mine = "AND n.bucket BETWEEN %(lo)s AND %(hi)s" if bucket else ""
    return (
        f"SELECT {subject} FROM {table} n {joined} WHERE n.lender_id = %(lender)s {mine} AND n.known_from > %(previous)s AND n.known_from <= %(known)s"
    )


def corrected(subject: str, selected: str, joined: str) -> str:
    """News: loans concerned by a correction (alias `n`) of master data; subject: its label, such as `borrowers.covenant`."""
    return (
        f"SELECT {selected} FROM borrowers_correction n {joined} WHERE n.lender_id = %(lender)s AND n.subject = '{subject}' "
        "AND n.known_from > %(previous)s AND n.known_from <= %(known)s"
    )

"""The reason codes of feeds in words. `docs/feeds.md` lists the same codes for the people who make the files."""

from typing import Any

from django.utils.translation import gettext_lazy as _

FILE_REASONS: dict[str, Any] = {
    "EMPTY_FILE": _("The file is empty."),
    "TRUNCATED": _("The file was cut off before its end."),
    "UNREADABLE": _("The file is damaged or not of the kind that is expected."),
    "TOO_LARGE": _("The file is larger than its format allows."),
    "WRONG_ENCODING": _("The file is not written in the encoding that its format declares."),
    "IMPLAUSIBLE_ENCODING": _("The file can be decoded, but what comes out is no text of the languages expected."),
    "UNSAFE_ARCHIVE": _("The archive holds a dangerous path, a link, another archive or not exactly one file."),
    "MISSING_FILE": _("A file that belongs to the delivery is missing, or is there twice."),
    "AMBIGUOUS_JOIN": _("Two rows of a file that is joined have the same key."),
    "MISSING_COLUMN": _("The file lacks a column."),
    "EXTRA_COLUMN": _("The file has a column that its format does not declare."),
    "CONTROL_MISSING": _("The control record is missing."),
    "CONTROL_MISMATCH": _("The file does not agree with its control record."),
    "NO_ROWS_FOR_DATE": _("No row of the file belongs to the business date."),
    "NO_SUCH_MONTH": _("The file does not tell of the month of the business date."),
    "NO_BUSINESS_DAY": _("The date is no business day of the lender."),
    "FUTURE_DAY": _("The business date lies in the future."),
    "BACK_DATED": _("The feed was loaded for a later date already."),
    "DAY_CLOSED": _("The business day is closed."),
    "OTHER_CONTENT": _("The date was delivered before with other content."),
}
ROW_REASONS: dict[str, Any] = {
    "WRONG_CELL_COUNT": _("The row has more or fewer cells than the header."),
    "NUMBER_IN_TEXT": _("The cell is a number or date in a column of text: leading zeros may have been lost."),
    "FORMULA_ERROR": _("The cell holds the error of a formula."),
    "LOST_DIGITS": _("The number has more digits than a spreadsheet keeps: the last ones may have been lost."),
    "CONTROL_CHARACTER": _("The cell holds an invisible or control character."),
    "MISSING_VALUE": _("A value that is needed is missing."),
    "BAD_NUMBER": _("This is no number as the feed writes them."),
    "FULL_WIDTH": _("The digits are full-width, which the feed does not declare."),
    "TOO_PRECISE": _("The number has more decimals than the column allows."),
    "OUT_OF_RANGE": _("The value lies outside the range of the column."),
    "NEGATIVE_BALANCE": _("The balance is below zero."),
    "BAD_DATE": _("This is no date as the feed writes them, or there is no such day."),
    "FUTURE_DATE": _("The date lies after the business date."),
    "DATE_ORDER": _("The end lies before the beginning."),
    "NOT_A_CODE": _("The code is not in the list of the column."),
    "BAD_PATTERN": _("The text is not of the form that the column declares."),
    "TOO_LONG": _("The text is longer than the column allows."),
    "DUPLICATE_KEY": _("Another row of the file has the same key and other content."),
    "UNKNOWN_LOAN": _("The lender has no loan of this number."),
    "OTHER_LENDER": _("The loan of this number belongs to another lender."),
    "OTHER_BORROWER": _("The loan is there and belongs to another borrower."),
    "OTHER_CURRENCY": _("The loan is kept in another currency."),
    "CLOSED_LOAN": _("The loan has left the book before."),
    "UNKNOWN_PRODUCT": _("The lender has no such product."),
    "UNKNOWN_BRANCH": _("The lender has no such branch."),
    "UNKNOWN_BORROWER": _("The lender has no borrower of this number."),
    "UNKNOWN_ITEM": _("The lender has no collateral of this number."),
    "UNKNOWN_ACCOUNT": _("The lender has no deposit account of this number."),
    "UNKNOWN_GROUP": _("The lender has no customer group of this number."),
    "UNKNOWN_FACILITY": _("The lender has no facility of this number."),
    "UNKNOWN_COVENANT": _("The lender has no covenant of this number."),
    "UNKNOWN_REPAYMENT": _("The loan has no payment of this number and amount that could be taken back."),
    "UNKNOWN_FIELD": _("The fact has no field of this name."),
    "ALREADY_REVERSED": _("The payment has been taken back already."),
    "ENTERED_BY_A_PERSON": _("A person entered this payment by hand. Another person takes it back by hand."),
    "CHANGED_REPAYMENT": _("A payment of this number is known with other figures. Money is taken back by a reversal."),
    "CHANGED_INSTALMENT": _("This version of the repayment plan is known otherwise. Another plan is a further version."),
    "PLAN_REWRITES_THE_PAST": _("The new version of the repayment plan does not repeat what was due already."),
    "INCOMPLETE_PLAN": _("Another row of this version of the repayment plan is missing or can't be used. A plan is applied whole or not at all."),
    "DOES_NOT_BALANCE": _("Total assets do not equal total liabilities and equity."),
    "SAME_BORROWER": _("A borrower can't be related to itself."),
    "LOAN_OR_FACILITY": _("A covenant belongs to a loan or to a facility, not to both."),
}
REASONS = {**FILE_REASONS, **ROW_REASONS}
# What to do now, where the reason alone does not say it.
NEXT_STEPS: dict[str, Any] = {
    "TRUNCATED": _("Ask the sender for the whole file."),
    "CONTROL_MISSING": _("Ask the sender for the control record, or for the file with it."),
    "CONTROL_MISMATCH": _("Ask the sender which of the two is right; load the corrected file."),
    "MISSING_COLUMN": _("Ask the sender for the file with this column, or change the format."),
    "EXTRA_COLUMN": _("Declare the column in the format, or ask the sender to leave it out."),
    "NO_ROWS_FOR_DATE": _("Check the business date that was chosen, and the dates in the file."),
    "NO_BUSINESS_DAY": _("Choose the business day that the file is for."),
    "FUTURE_DAY": _("Choose the business day that the file is for."),
    "BACK_DATED": _("If the date had been left out, load the file again as back-dated. If the date is a slip, choose the right one."),
    "DAY_CLOSED": _("Load it as back-dated: it counts as known from now on, and the closed day stays as it was."),
    "OTHER_CONTENT": _("Look at the difference. A credit administrator who did not bring the file approves or declines it."),
}

_TOO_MANY = _("Too many rows can't be used.")


def sentence_of(code: str) -> str:
    """The sentence of a reason code; the code itself when it is of an older release."""
    return str(REASONS.get(code, code))


def next_step_of(code: str) -> str:
    """What to do about a reason code now; empty where its sentence says enough."""
    return str(NEXT_STEPS.get(code, ""))


def headline_of(reasons: dict[str, int]) -> str:
    """Why a file as a whole was not taken, in one sentence."""
    return sentence_of(next((code for code in reasons if code in FILE_REASONS), "")) or str(_TOO_MANY)

from django.apps import AppConfig


class BorrowersConfig(AppConfig):
    name = "borrowers"

    def ready(self) -> None:
        """Calendars lie upstream of loans: what a change of them moves is answered from here."""
        from borrowers.loans.holidays import moved_by
        from loanwatch.lenders.calendar_changes import ASKED

        if moved_by not in ASKED:
            ASKED.append(moved_by)

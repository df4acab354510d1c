"""Rows of deliveries that were set aside: list them, correct, release or reject them."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.db.models import Q

from borrowers.feeds import quarantine
from borrowers.feeds.models import QuarantinedRow
from borrowers.feeds.reasons import sentence_of
from borrowers.management.staff import access_of_staff
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.command import BookCommand


class Command(BookCommand):
    help = "Rows set aside by load_feed, with reason and line."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=["list", "correct", "release", "reject"])
        parser.add_argument("cells", nargs="*", metavar="COLUMN=TEXT", help="of correct: how the row should read")
        parser.add_argument("--delivery", type=int, help="number of the delivery")
        parser.add_argument("--line", type=int, help="line in the file; every waiting row of the delivery when left out")
        parser.add_argument("--state", choices=QuarantinedRow.State.values, help="of list: only rows in this state")
        parser.add_argument("--by", help="staff number of the person who acts")
        parser.add_argument("--note", default="", help="of reject: why")
        parser.add_argument("--limit", type=int, default=200, help="of list: at most so many rows")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        chosen = QuarantinedRow.objects.filter(delivery__lender=lender).select_related("delivery", "corrected_by", "decided_by")
        for name in ("delivery", "line", "state"):
            if options[name] is not None:
                chosen = chosen.filter(Q(**{"delivery_id" if name == "delivery" else name: options[name]}))
        if options["what"] == "list":
            rows = [_row(row) for row in chosen.order_by("delivery_id", "line")[: options["limit"]]]
            self.tell({"rows": rows, "count": chosen.count()}, options["json"], _table)
            return
        if not options["by"] or options["delivery"] is None:
            raise CommandError("Name the delivery and, with --by STAFF_NO, the person who acts.", returncode=2)
        access = access_of_staff(options["by"], lender)
        try:
            with transaction.atomic():
                waiting = list(chosen.filter(state=QuarantinedRow.State.WAITING).order_by("line"))
                if not waiting:
                    raise CommandError("No waiting row fits.")
                done = [_row(self._act(row, access, options)) for row in waiting]
        except (Refused, Conflict) as refused:
            raise CommandError(f"{refused.sentence} Nothing was done.") from None
        self.tell({"rows": done, "count": len(done)}, options["json"], _table)

    def _act(self, row: QuarantinedRow, access: Any, options: dict[str, Any]) -> QuarantinedRow:
        if options["what"] == "release":
            return quarantine.release_row(row_id=row.pk, by=access)
        if options["what"] == "reject":
            return quarantine.reject_row(row_id=row.pk, by=access, note=options["note"])
        if not options["cells"] or any("=" not in cell for cell in options["cells"]):
            raise CommandError("Say how the row should read: COLUMN=TEXT.", returncode=2)
        return quarantine.correct_row(row_id=row.pk, cells=dict(cell.split("=", 1) for cell in options["cells"]), by=access)


def _row(row: QuarantinedRow) -> dict[str, Any]:
    return {
        "delivery": row.delivery_id, "format": row.delivery.format, "business_date": str(row.delivery.business_date), "line": row.line,
        "reason": row.reason, "column": row.column, "value": row.value, "state": row.state, "raw": row.raw, "corrected": row.corrected,
        "corrected_by": row.corrected_by.staff_no if row.corrected_by else None,
        "decided_by": row.decided_by.staff_no if row.decided_by else None,
    }  # fmt: skip


def _table(answer: dict[str, Any]) -> str:
    lines = [
        f"{r['delivery']}  line {r['line']}  {r['state']}  {r['reason']} {r['column']} {r['value']!r}  {sentence_of(r['reason'])}"
        for r in answer["rows"]
    ]
    return "\n".join([*lines, f"{answer['count']} rows."])

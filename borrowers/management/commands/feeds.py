"""How the feeds stand: what is due, what came, what is missing."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from borrowers.feeds.board import LOOK_BACK, FeedDay, feed_days, now_of, strip_dates
from borrowers.feeds.due import Standing
from loanwatch.lenders.command import BookCommand, iso_date


class Command(BookCommand):
    help = "Feeds that are due, with what came. Exit status 1 when one is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=["due"])
        parser.add_argument("--upto", type=iso_date, help="the last business date; today when left out")
        parser.add_argument("--days", type=int, default=5, help=f"so many business dates, at most {LOOK_BACK}")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = self.lender(options["lender"])
        now = now_of(lender)
        if not 1 <= options["days"] <= LOOK_BACK:
            raise CommandError(f"--days is a number from 1 to {LOOK_BACK}.", returncode=2)
        dates = strip_dates(lender, options["upto"] or now.date(), options["days"])
        found = sorted(feed_days(lender, dates[0], dates[-1], now).values(), key=lambda d: (d.on, d.format))
        self.tell({"now": now.isoformat(timespec="minutes"), "feeds": [_row(day) for day in found]}, options["json"], _table)
        if any(day.standing is Standing.MISSING for day in found):
            raise SystemExit(1)


def _row(day: FeedDay) -> dict[str, Any]:
    return {
        "format": day.format, "business_date": str(day.on), "standing": day.standing.value,
        "due": day.due.isoformat(timespec="minutes") if day.due else None, "delivery": day.delivery,
        "came_at": day.came_at.isoformat(timespec="seconds") if day.came_at else None, "blocks_close": day.blocks_close, "contact": day.contact,
    }  # fmt: skip


def _table(answer: dict[str, Any]) -> str:
    lines = [f"{r['business_date']}  {r['standing']:8}  {r['format']}  due {r['due'] or '-'}" for r in answer["feeds"]]
    return "\n".join(lines) or "No feed is planned and none was delivered for these dates."

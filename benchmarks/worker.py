"""One worker of a measured night, a process of its own: `python -m benchmarks.worker DATABASE LENDER DAY`, started by the benchmark."""

import os
import sys
import time


def main() -> None:
    name, lender, day = sys.argv[1:]
    import django

    django.setup()
    from benchmarks.nights import use
    from loanwatch.day.actions import attempt
    from loanwatch.trail import ledger
    from loanwatch.trail.models import RunUnit

    use(name)
    RunUnit.objects.count()  # connected
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    os.read(0, 1)  # until the benchmark closes our input
    while True:
        if unit := ledger.claim(int(lender)):
            attempt(unit)
        elif RunUnit.objects.filter(lender_id=lender, business_date=day, state__in=["todo", "running"]).exists():
            time.sleep(0.005)  # the other worker still has a unit of this step
        else:
            return


if __name__ == "__main__":
    main()

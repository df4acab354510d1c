"""One import as a process of its own, to be killed: `python -m tests.faults.feeds.importing DATABASE LENDER FORMAT FILE DATE`.

Says `ready` when it is about to begin, so that whoever kills it hits the import and not the start of Python.
"""

import sys

import django
from django.core.management import call_command
from django.db import connections

if __name__ == "__main__":
    django.setup()
    database, lender, declared, path, day = sys.argv[1:]
    connections["default"].settings_dict["NAME"] = database
    connections["default"].ensure_connection()
    print("ready", flush=True)
    call_command("load_feed", declared, path, "--business-date", day, "--lender", lender, "--json")

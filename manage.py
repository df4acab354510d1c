#!/usr/bin/env python3
"""Every command of LoanWatch. On a bare machine it first makes `.venv` and fills it, with the standard library alone."""

import sys

from loanwatch.embedded import bootstrap

if __name__ == "__main__":
    bootstrap.enter(sys.argv)

    from loanwatch.embedded import dispatch

    sys.exit(dispatch.run(sys.argv))

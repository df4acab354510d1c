# Two commands are enough to begin: `make demo` and `make test`. Each makes .venv when it is missing.
PYTHON ?= python3
IN_VENV := .venv/bin/python
PYTEST := $(IN_VENV) -m pytest
FAST := not browser and not faults and not nights and not long
DEMO ?=

.DEFAULT_GOAL := help
.PHONY: help install runtime demo test check browser faults bench shots ci

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: ## makes .venv and fills it with everything development needs
	@$(PYTHON) manage.py install --dev

runtime:
	@$(PYTHON) manage.py install

demo: runtime ## starts LoanWatch with the demo book; Ctrl-C stops it
	@exec $(IN_VENV) manage.py up --demo $(DEMO)

test: install ## the fast suite, against a real PostgreSQL
	$(PYTEST) -n 2 --dist worksteal -m "$(FAST)"

check: install ## lint, types, layers, migrations, translations, API schema, deployment settings
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m mypy
	.venv/bin/lint-imports
	.venv/bin/djlint --lint --quiet templates
	$(IN_VENV) manage.py check --fail-level WARNING
	$(IN_VENV) manage.py makemigrations --check --dry-run
	$(IN_VENV) manage.py check_translations
	$(IN_VENV) manage.py spectacular --validate --fail-on-warn --file /dev/null
	LOANWATCH_SETTINGS=production LOANWATCH_HOSTS=loanwatch.example \
		LOANWATCH_SECRET_KEY=$$($(IN_VENV) -c 'import secrets; print(secrets.token_urlsafe(50))') \
		$(IN_VENV) manage.py check --deploy --fail-level WARNING

browser: install ## stories told in Chromium against real servers
	$(PYTEST) -m browser

faults: install ## kills real processes, tells the longer stories of days; LONG=1 adds the long ones
	LONG=$(LONG) $(PYTEST) -n 2 --dist loadfile -m "$(if $(LONG),faults or nights or long,(faults or nights) and not long)"

bench: install ## measures loading and the nightly run against their floors and goals; LOANS=200000 sets the size
	$(IN_VENV) -m benchmarks.loading --loans $(or $(LOANS),200000)
	$(IN_VENV) -m benchmarks.nightly --loans $(or $(LOANS),200000) --compare orm_bulk,orm_naive

shots: install ## pictures of every page, to look at
	$(IN_VENV) tests/browser/shots.py

ci: ## what .ci/run does
	$(MAKE) test
	$(MAKE) check
	$(MAKE) browser
	$(MAKE) faults

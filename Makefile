# Puente: `make demo` to see it work, `make test` to prove it. Both set everything up first.

SHELL := /bin/sh
PYTHON_BIN := .venv/bin/python
# Runs a command with the private PostgreSQL up, and clears it away again afterwards.
WITH_POSTGRES := $(PYTHON_BIN) -m config.postgres run --fast --
ERP ?= sql
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install demo test check format bench soak run worker messages requirements clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

install:  ## create .venv with the pinned packages (the other targets do this by themselves)
	@requirements/install

demo: install  ## a Spanish merchant's ERP and a Shopify store, kept in step on this machine (ERP=sql or tryton)
	@exec $(PYTHON_BIN) -m sandbox.demo --erp $(ERP) $(ARGS)

test: check  ## everything `check` does, then all tests
	@$(WITH_POSTGRES) $(PYTHON_BIN) -m sandbox.tryton build
	@exec $(WITH_POSTGRES) $(PYTHON_BIN) -m pytest -n auto --dist loadfile -m "not soak" $(ARGS)

check: install  ## format, lint, types, import contracts, templates, migrations, Shopify's schema
	@exec $(WITH_POSTGRES) .ci/check

format: install  ## put code and templates into shape
	@.venv/bin/ruff format --quiet . && .venv/bin/ruff check --quiet --fix .

bench: install  ## measure speed and Shopify points against the minimum
	@exec $(WITH_POSTGRES) $(PYTHON_BIN) -m pytest tests/bench/measure.py -s --timeout 900 $(ARGS)

soak: install  ## minutes of load under faults: nothing lost, nothing doubled
	@exec $(WITH_POSTGRES) $(PYTHON_BIN) -m pytest tests/soak -m soak -s $(ARGS)

run: install  ## the web server alone, for development, on port 8000
	@exec $(PYTHON_BIN) manage.py runserver --nostatic $(ARGS)

worker: install  ## the worker alone, under its watchdog
	@exec $(PYTHON_BIN) manage.py runq $(ARGS)

messages: install  ## collect the sentences of the screens, and compile their translations
	@$(PYTHON_BIN) manage.py makemessages -l es -i sandbox -i tests -i .venv -i .local --no-obsolete --no-location
	@for po in config/locale/*/LC_MESSAGES/*.po config/locale/*/*/LC_MESSAGES/*.po; do \
		[ ! -e "$$po" ] || msgfmt --check-format -o "$${po%.po}.mo" "$$po" || exit 1; \
	done

requirements: install  ## compile requirements/*.in again (after editing them)
	@cd requirements && for name in uv base dev; do \
		../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
			--custom-compile-command "make requirements" $$name.in -o $$name.txt || exit 1; \
	done

clean:  ## stop the private PostgreSQL and delete everything that was made here
	@if [ -x $(PYTHON_BIN) ]; then $(PYTHON_BIN) -m config.postgres destroy; fi
	@rm -rf .venv .local staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The commands of this project. Each one brings what it needs: environment, servers, database.

PYTHON = .venv/bin/python
IN_TEST = $(PYTHON) bin/env test $(PYTHON)
SCRIPTS = $(shell grep -slE '^#!.*python' bin/*)
QUICK = not slow and not pages and not browser and not elasticsearch and not flow and not bench
JOBS ?= 2

.PHONY: help demo demo-check test check soak bench bench-search services stop clean-data

help:
	@echo "make demo         the whole product with demo data (SEARCH=elasticsearch: with that engine)"
	@echo "make demo-check   start it, ask the first pages, stop"
	@echo "make test         all tests, on real servers"
	@echo "make check        format, lint, migrations and the quick tests, before each commit"
	@echo "make soak         kill -9 under load (CRASHES=200), and the properties with more examples (SOAK=1000); hours"
	@echo "make bench        figures"
	@echo "make bench-search figures of search in a market of DOCUMENTS=1000000"
	@echo "make services     start the servers that tests use and show what runs"
	@echo "make stop         end the demo and the servers of this checkout"
	@echo "make clean-data   stop, and delete the databases and uploads of this checkout"

demo:
	@bin/setup
	@$(PYTHON) bin/demo $(if $(SEARCH),--search $(SEARCH))

demo-check:
	@bin/setup
	@$(PYTHON) bin/demo --check $(if $(SEARCH),--search $(SEARCH))

test:
	@bin/setup --dev
	@$(PYTHON) bin/services up test --with elasticsearch
	$(IN_TEST) -m pytest -m "not bench" -n $(JOBS) --dist loadgroup

check:
	@bin/setup --dev
	@$(PYTHON) bin/services up test
	$(PYTHON) -m ruff format --check . $(SCRIPTS)
	$(PYTHON) -m ruff check . $(SCRIPTS)
	$(IN_TEST) manage.py makemigrations --check --dry-run
	TEST_DATABASE=usefirst_check $(IN_TEST) -m pytest -q --reuse-db -m "$(QUICK)" -n $(JOBS) --dist loadgroup

SOAK ?= 1000
CRASHES ?= 200
soak:
	@bin/setup --dev
	@$(PYTHON) bin/services up test
	CRASHES=$(CRASHES) $(IN_TEST) -m pytest -s -n 0 tests/crash
	ACCEPTANCE_EXAMPLES=$(SOAK) ACCEPTANCE_STEPS=40 $(IN_TEST) -m pytest -s -n 0 tests/contracts/billing/test_acceptance.py

bench:
	@bin/setup --dev
	@$(PYTHON) bin/services up bench --with elasticsearch
	$(PYTHON) bin/env bench $(PYTHON) -m pytest --reuse-db -m bench -s -n 0

DOCUMENTS ?= 1000000
bench-search:
	@bin/setup --dev
	@$(PYTHON) bin/services up bench --with elasticsearch
	BENCH_DOCUMENTS=$(DOCUMENTS) $(PYTHON) bin/env bench $(PYTHON) -m pytest --reuse-db -m bench -s -n 0 tests/bench/test_search.py

services:
	@bin/setup
	@$(PYTHON) bin/services up test --with elasticsearch
	@$(PYTHON) bin/services status

stop:
	@bin/setup
	@$(PYTHON) bin/demo --stop
	@$(PYTHON) bin/services down all

clean-data: stop
	@$(PYTHON) bin/services clean all

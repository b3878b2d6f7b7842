.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORLD := examples/wikimedia.toml
READY := $(VENV)/installed
GERRIT := build/gerrit
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)
INSTALL := $(SUDO) apt-get update -q && \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends

.PHONY: help demo test contract live e2e faults lint format types imports mutation check clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## See glaab at work on systems in memory: a dry run, then the approving run
	@echo '$$ glaab --world $(WORLD) dry-run'
	@$(BIN)/glaab --quiet --world $(WORLD) dry-run || test $$? -eq 3
	@echo
	@echo '$$ glaab --world $(WORLD) approve'
	@$(BIN)/glaab --quiet --world $(WORLD) approve || test $$? -eq 3
	@echo
	@echo 'Both ended with exit code 3: one account has to wait until it can be looked up.'

test: $(READY) ## Run the offline tests
	$(BIN)/pytest tests/unit

contract: $(READY) services ## Run the contract suites on memory, simulators and real servers
	$(BIN)/pytest tests/contract tests/unit/test_memory.py

live: $(READY) ## Run them against installations named by variables (docs/contract-tests.md)
	$(BIN)/pytest -m live tests/contract

e2e: $(READY) slapd ## Run the console script against all systems on loopback
	$(BIN)/pytest tests/e2e

faults: $(READY) slapd ## Break every request, kill the run at every step, run two at once
	$(BIN)/pytest tests/faults

lint: $(READY) ## Check format and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(READY) ## Put everything into the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(READY) ## Check types
	$(BIN)/mypy

imports: $(READY) ## Check who imports whom
	$(BIN)/lint-imports

mutation: $(READY) ## Mutate the domain and see whether its tests notice; a quarter of an hour
	$(BIN)/python -m pip install --quiet 'mutmut==3.8.1'
	$(BIN)/mutmut run --max-children 1
	$(BIN)/mutmut results
	$(BIN)/mutmut export-cicd-stats
	$(BIN)/python tests/mutation.py

check: lint types imports services ## Everything: lint, types, imports, all tests, full coverage
	$(BIN)/coverage erase
	$(BIN)/pytest --cov=glaab --cov-report= tests/unit tests/contract tests/e2e tests/faults
	$(BIN)/coverage report

.PHONY: services slapd mediawiki gerrit
services: slapd mediawiki gerrit

slapd:
	@test -x /usr/sbin/slapd || { \
		echo 'slapd is not installed: installing it, the contract tests need a real OpenLDAP'; \
		$(INSTALL) slapd; }

mediawiki: # micro-httpd stands in for the web server that the package depends on
	@test -e /usr/share/mediawiki/maintenance/install.php && test -x /usr/bin/php || { \
		echo 'MediaWiki is not installed: installing it, the contract tests need a real wiki'; \
		$(INSTALL) mediawiki micro-httpd php-cli php-sqlite3; }

gerrit: $(GERRIT)/fetched

$(GERRIT)/fetched: tests/contract/services/gerrit.pom.xml
	@command -v java >/dev/null && command -v mvn >/dev/null || { \
		echo 'java and mvn are not installed: installing them, the contract tests need a Gerrit'; \
		$(INSTALL) default-jre-headless maven; }
	rm -rf $(GERRIT)
	mvn --batch-mode --quiet --file $< dependency:copy-dependencies \
		-DoutputDirectory=$(CURDIR)/$(GERRIT)
	@touch $@

clean: ## Remove what was made
	rm -rf $(VENV) build mutants .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): pyproject.toml requirements.txt requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt --editable '.[dev]'
	@touch $@

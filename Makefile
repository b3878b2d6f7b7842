.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORLD := example
WITHOUT_LDAP := examples/keycloak.toml examples/vetted.toml
RUNTIME := $(VENV)/runtime-installed
READY := $(VENV)/installed
DOCS := $(VENV)/docs-installed
DEPLOYMENTS := $(VENV)/deployments-installed
GERRIT := build/gerrit
KEYCLOAK := build/keycloak
KEYCLOAK_DIST := org.keycloak:keycloak-quarkus-dist:26.7.3:tar.gz
SAMBA := build/samba
UNITS := build/systemd
COVERED := --cov=glaab --cov-report= --cov-fail-under=0
# Each process has servers of its own, so each is given tests that stand together. `make contract`
# prints a table of all, which one process alone can.
TWO_AT_ONCE := --numprocesses 2 --dist worksteal
# Sets have one order, so that both find the same tests, and a failure can be repeated.
export PYTHONHASHSEED := 0
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)
INSTALL := $(SUDO) apt-get update -q && \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends
INSTALL_ASLEEP := $(SUDO) sh tests/contract/services/install_asleep.sh

.PHONY: help demo test policies contract live e2e faults browser bench lint format types imports mutation
.PHONY: playground docs interleavings soak pictures deployments check rest clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUNTIME) ## See glaab at work on systems in memory
	@echo '$$ glaab --world $(WORLD) approve'
	@$(BIN)/glaab --quiet --world $(WORLD) approve || test $$? -eq 3
	@echo
	@echo 'Done. Why each of them was let in or not, in detail:'
	@echo '  $(BIN)/glaab --world $(WORLD) dry-run'

test: $(READY) ## Run the offline tests
	$(BIN)/pytest $(TWO_AT_ONCE) tests/unit

playground: $(READY) $(if $(filter $(WORLD),$(WITHOUT_LDAP)),,slapd) ## Start the systems of WORLD on loopback, simulated but LDAP, to try glaab on by hand
	$(BIN)/python -m tests.e2e $(WORLD)

policies: $(READY) ## Test that the example policies judge the example worlds as expected
	$(BIN)/glaab --policy src/glaab/policy.toml policy test example
	$(BIN)/glaab --policy examples/policy-keycloak.toml policy test examples/keycloak.toml
	$(BIN)/glaab --policy examples/policy-vetted.toml policy test examples/vetted.toml

contract: $(READY) services ## Run the contract suites on memory, simulators and real servers
	$(BIN)/pytest tests/contract $(wildcard tests/unit/*/test_memory.py)

live: $(READY) ## Run them against installations named by variables (docs/contract-tests.md)
	$(BIN)/pytest -m live tests/contract

e2e: $(READY) slapd ds389 samba ## Run the console script against all systems on loopback
	$(BIN)/pytest $(TWO_AT_ONCE) tests/e2e

faults: $(READY) slapd ds389 samba ## Break every request, kill the run at every step, run two at once
	$(BIN)/pytest $(TWO_AT_ONCE) tests/faults

interleavings: $(READY) ## Two runs over two accounts in every order of their requests; 20 minutes
	$(BIN)/pytest tests/faults/every_interleaving.py

browser: $(READY) chromium ## Open the page of `glaab report` in a real browser
	$(BIN)/pytest tests/browser

soak: $(READY) slapd ## See whether glaab watch grows in ten minutes, or in so many SECONDS
	$(BIN)/python -m tests.e2e.soak $(SECONDS)

bench: $(READY) slapd ## Measure start-up, cost and waits, and write docs/performance.md; an hour
	$(BIN)/python tests/benchmarks/start_up.py
	$(BIN)/python -m tests.benchmarks $(or $(BENCH),--write)
	$(BIN)/python -m tests.benchmarks.watch $(or $(BENCH),--write)

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

mutation: $(READY) ## Mutate the domain and see whether its tests notice; half an hour
	$(BIN)/python -m pip install --quiet 'mutmut==3.8.1'
	$(BIN)/mutmut run --max-children 1
	$(BIN)/mutmut results
	$(BIN)/mutmut export-cicd-stats
	$(BIN)/python tests/mutation.py

check: $(READY) ## Everything: lint, types, imports, all tests, full coverage
	$(BIN)/coverage erase
	PYTEST_ADDOPTS='$(COVERED)' $(MAKE) test
	$(MAKE) rest

rest: lint types imports policies services chromium deployments ## What check does after the offline tests
	$(BIN)/pytest $(TWO_AT_ONCE) $(COVERED) --cov-append tests/contract tests/e2e tests/browser
	$(BIN)/coverage report
	$(BIN)/pytest $(TWO_AT_ONCE) tests/faults

docs: $(DOCS) ## Build the site in build/docs, every link checked, nothing fetched from elsewhere
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/python tests/offline_site.py build/docs

pictures: $(READY) chromium ## Make the pictures of the README anew
	$(BIN)/python docs/pictures.py

deployments: $(DEPLOYMENTS) systemd ## Check the files in deploy/ with the tools of their platforms
	$(BIN)/kubernetes-validate --strict -k 1.25 -k 1.37 deploy/kubernetes/*.yaml
	$(BIN)/hadolint --failure-threshold style Containerfile
	rm -rf $(UNITS) && mkdir -p $(UNITS) && cp deploy/systemd/* $(UNITS)
	sed -i 's|/opt/glaab/bin|$(CURDIR)/$(BIN)|' $(UNITS)/*.service
	cd $(UNITS) && systemd-analyze verify --man=no *.service *.timer >said.txt 2>&1 && \
		test ! -s said.txt || { cat said.txt; exit 1; }
	cd $(UNITS) && for unit in *.service; do \
		systemd-analyze security --no-pager --offline=true --threshold=15 $$unit >exposure.txt; \
		code=$$?; tail -n 1 exposure.txt; test $$code = 0 || exit $$code; done

.PHONY: services slapd ds389 samba mediawiki gerrit keycloak systemd chromium
services: slapd ds389 samba mediawiki gerrit keycloak

slapd:
	@test -x /usr/sbin/slapd || { \
		echo 'slapd is not installed: installing it with apt-get, a real OpenLDAP is needed'; \
		$(INSTALL) slapd; }

ds389:
	@test -x /usr/sbin/ns-slapd || { \
		echo '389-DS is not installed: installing it, it stands in for the directory of FreeIPA'; \
		$(INSTALL_ASLEEP) 389-ds-base; }

samba: $(SAMBA)/provisioned

$(SAMBA)/provisioned: tests/contract/services/samba_provision.py
	@test -x /usr/sbin/samba && test -e /usr/share/samba/setup/provision.ldif || { \
		echo 'Samba is not installed: installing it, it stands in for an Active Directory'; \
		$(INSTALL_ASLEEP) samba samba-ad-provision samba-dsdb-modules samba-vfs-modules && \
		{ ! command -v systemctl >/dev/null || \
		$(SUDO) systemctl --quiet disable smbd nmbd samba-ad-dc; }; }
	rm -rf $(SAMBA)
	@mkdir -p build
	/usr/bin/python3 -I $< $(CURDIR)/$(SAMBA) >$(SAMBA).log 2>&1 || { cat $(SAMBA).log; exit 1; }
	@touch $@

mediawiki: # micro-httpd stands in for the web server that the package depends on
	@test -e /usr/share/mediawiki/maintenance/install.php && test -x /usr/bin/php || { \
		echo 'MediaWiki is not installed: installing it, the contract tests need a real wiki'; \
		$(INSTALL) mediawiki micro-httpd php-cli php-sqlite3; }

systemd:
	@command -v systemd-analyze >/dev/null || { \
		echo 'systemd is not installed: installing it, it checks the files in deploy/systemd'; \
		$(INSTALL) systemd; }

chromium:
	@test -x /usr/bin/chromium && test -x /usr/bin/chromedriver || { \
		echo 'chromium is not installed: installing it, the page is looked at in a real browser'; \
		$(INSTALL) chromium chromium-driver; }

gerrit: $(GERRIT)/fetched

$(GERRIT)/fetched: tests/contract/services/gerrit.pom.xml
	@command -v java >/dev/null && command -v mvn >/dev/null || { \
		echo 'java and mvn are not installed: installing them, the contract tests need a Gerrit'; \
		$(INSTALL) default-jre-headless maven; }
	rm -rf $(GERRIT)
	mvn --batch-mode --quiet --file $< dependency:copy-dependencies \
		-DoutputDirectory=$(CURDIR)/$(GERRIT)
	@touch $@

keycloak: $(KEYCLOAK)/provisioned

$(KEYCLOAK)/provisioned: tests/contract/services/keycloak_process.py | $(READY)
	@command -v java >/dev/null && command -v mvn >/dev/null || { \
		echo 'java and mvn are not installed: installing them, the contract tests need a Keycloak'; \
		$(INSTALL) default-jre-headless maven; }
	rm -rf $(KEYCLOAK)
	mvn --batch-mode --quiet dependency:copy -Dartifact=$(KEYCLOAK_DIST) \
		-DoutputDirectory=$(CURDIR)/$(KEYCLOAK)
	tar -xzf $(KEYCLOAK)/*.tar.gz -C $(KEYCLOAK) --strip-components=1
	rm $(KEYCLOAK)/*.tar.gz
	$(BIN)/python -m tests.contract.services.keycloak_process
	@touch $@

clean: ## Remove what was made
	rm -rf $(VENV) build mutants .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis

# From the root, so that pyenv does not insist on .python-version, which is the image's.
$(RUNTIME): pyproject.toml requirements.txt
	@echo 'Installing glaab into $(VENV), which takes half a minute'
	cd / && $(PYTHON) -m venv $(CURDIR)/$(VENV)
	sed '/^\.$$/d' requirements.txt >$(VENV)/pins.txt
	$(BIN)/python -m pip install --quiet --requirement $(VENV)/pins.txt --editable .
	@touch $@

$(READY): $(RUNTIME) requirements-dev.txt
	@echo 'Installing what the tests need, which takes another half'
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

$(DOCS): $(READY) requirements-docs.txt
	$(BIN)/python -m pip install --quiet --requirement requirements-docs.txt
	@touch $@

$(DEPLOYMENTS): $(READY) requirements-deployments.txt
	$(BIN)/python -m pip install --quiet --requirement requirements-deployments.txt
	@touch $@

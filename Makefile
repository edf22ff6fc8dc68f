# `make` alone lists the targets. Written for GNU make 3.81 and later.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

AUTH := services/auth/node_modules/.installed
POSTGRES := services/stack/node_modules/.installed
WEB := web-contract/node_modules/.installed
NEXT := web-contract/e2e/next/node_modules/.installed
LINT := web-contract/openapi/lint/node_modules/.installed
PAGE := web-contract/demo/dist/index.html
PAGE_SOURCES := $(shell find web-contract/client web-contract/demo \( -name node_modules -o -name dist -o -name test \) -prune -o -type f -print)

MODULES := sdk services bff
GOFUMPT := go run mvdan.cc/gofumpt@v0.12.0
GITLEAKS := go run github.com/zricethezav/gitleaks/v8@v8.30.1
GOLANGCI_LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# $(call step,WHAT,COMMAND) prints WHAT, runs COMMAND and prints how long it took.
# Everything goes to standard error: standard output is for results.
define step
@start=$$(date +%s); echo "$(1) …" >&2; { $(2); } >&2 || { echo "$(1): failed" >&2; exit 1; }; \
	echo "$(1): done ($$(( $$(date +%s) - start )) s)" >&2
endef

.PHONY: help
help: ## show this
	@echo 'Tasklane: a task backend for web apps that sign their users in with Better Auth.'
	@echo
	@echo 'usage: make TARGET [VARIABLE=value …]'
	@echo
	@awk -F ': .*## ' '/^[a-z-]+: .*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'variables of make up (default):'
	@echo '  PORT (3000)            the page, /api and /api/auth, on 127.0.0.1 like all the others'
	@echo '  TASKS_PORT (8080)      the task service;  TASKS_OPS_PORT (9090)  its operations port'
	@echo '  BFF_OPS_PORT (9091)    the operations port of the bff'
	@echo '  AUTH_PORT (3001)       Better Auth'
	@echo '  MAIL_PORT (3025)       a page with all sent mail, unless SMTP_URL and MAIL_FROM name a mail server'
	@echo '  POSTGRES_PORT (15432)  PostgreSQL'
	@echo '  DATA_DIR (.data)       the directory of the data and the generated secrets'
	@echo '  DATABASE_URL, DATABASE_URL_UNPOOLED   an existing server: as the runtime role, and as the owner'
	@echo '  REPLICAS (1)           up to 9 task services and bffs, behind round-robin proxies; one that ends is restarted;'
	@echo '                         their operations ports are printed, TASKS_OPS_PORT and BFF_OPS_PORT are ignored'
	@echo '  TRUSTED_ORIGINS        other origins whose pages may use the API, such as http://localhost:5173'
	@echo '  RATE_LIMIT_ENABLED (true)             false: no limit on sign-ins'
	@echo '  LOG_LEVEL, DRAIN_DELAY, RATE_LIMIT, CLIENT_RATE_LIMIT, OTEL_… are passed to the servers: see their READMEs'
	@echo
	@echo 'variables of make test:'
	@echo '  TEST_DATABASE_URL      an existing server, as a role that may create databases and roles'
	@echo '  CHROMIUM_PATH          the browser to use'
	@echo '  SKIP_E2E=1             leave out the browser tests'
	@echo '  TEST_SEED              the seed of random tests, which each of them prints'

.PHONY: up
up: tools $(AUTH) $(POSTGRES) $(PAGE) build ## install missing parts and run everything until Ctrl-C
	@exec .build/stack up --with-parent

.PHONY: test
test: tools $(AUTH) $(POSTGRES) $(PAGE) $(if $(filter 1,$(SKIP_E2E)),,$(NEXT)) build ## run every test, on real PostgreSQL, Better Auth and browsers
	@exec .build/stack test

.PHONY: test-pooled
test-pooled: tools $(POSTGRES) build ## run the tests of the store and the API through PgBouncer, 1.20 or later
	@exec .build/stack test --pooled

.PHONY: test-replicas
test-replicas: tools $(AUTH) $(POSTGRES) $(PAGE) $(NEXT) build ## run the browser tests and the conformance suite against two task services and two bffs
	@exec .build/stack test --replicas

.PHONY: test-compose
test-compose: tools ## build and start the compose stack on Docker, use it while its containers stop and die, and remove it
	cd services && go test -count=1 -timeout=60m -tags=engine -v -run '^TestStack$$' ./stack/compose

.PHONY: test-restore
test-restore: tools $(AUTH) $(POSTGRES) ## follow OPERATIONS.md to back up, restore elsewhere, find, erase and change passwords; needs pg_dump
	cd bff && go test -count=1 -timeout=10m -tags=drill -v -run '^Test(Restore|Passwords)_' ./internal/drill

.PHONY: test-monitoring
test-monitoring: tools $(AUTH) $(POSTGRES) ## run the queries of the dashboard and of the alerts on metrics of real servers, and promtool's tests
	@rm -rf .build/scrape && mkdir -p .build/scrape
	cd bff && SCRAPE_DIR=$(CURDIR)/.build/scrape go test -count=1 -tags=drill -run '^TestScrape$$' ./internal/drill
	cd services/deploy/check && GOWORK=off SCRAPE_DIR=$(CURDIR)/.build/scrape go test -count=1 ./monitoring
	cd services/deploy/check && GOWORK=off go tool promtool check config ../monitoring/prometheus.yml
	cd services/deploy/check && GOWORK=off go tool promtool test rules ../monitoring/rules_test.yml

.PHONY: test-migrations
test-migrations: tools $(POSTGRES) ## migrate a database of ten million tasks under load, and watch its locks; 10 GB, ten minutes
	cd services && TEST_ROWS=10000000 go test -count=1 -timeout=1h -v -run 'MigrationsHoldNoLock|LocksAreSeen' ./tasks/internal/store

.PHONY: soak
soak: tools $(AUTH) $(POSTGRES) build ## run the long versions of the stress and attack tests, and print their counts
	@exec .build/stack soak

.PHONY: bench
bench: tools $(AUTH) $(POSTGRES) build-bench ## run the benchmark, in half an hour, and write services/tasks/bench/RESULTS.md
	@exec .build/bench run --out services/tasks/bench/RESULTS.md

.PHONY: bench-quick
bench-quick: tools $(AUTH) $(POSTGRES) build-bench ## run a shorter benchmark, in two minutes, and print the results
	@exec .build/bench run --quick

.PHONY: build-bench
build-bench: build
	$(call step,building the benchmark,go build -buildvcs=false -o .build/ ./services/tasks/bench/cmd/bench)

.PHONY: build
build: tools ## build the programs into .build: tasks, bff and stack
	$(call step,building the Go programs,go build -buildvcs=false -ldflags "-X github.com/tasklane/tasklane/services/version.Revision=$$(git rev-parse --short HEAD 2>/dev/null)" -o .build/ ./services/stack/cmd/stack ./services/tasks/cmd/tasks ./bff/cmd/bff)

.PHONY: env
env: ## write .env, the settings of docker compose, with new passwords and secrets
	@test ! -e .env || { echo '.env exists already' >&2; exit 1; }
	@umask 077; while IFS= read -r line; do case "$$line" in [A-Z]*=) echo "$$line$$(openssl rand -hex 32)";; *) printf '%s\n' "$$line";; esac; done <.env.example >.env
	@echo 'wrote .env' >&2

# The spelling is American, and the program is "the bff".
BRITISH := [Cc]olour(s|ed)?|[Ll]icences?|[Nn]eighbours?|[Cc]atalogues?|[Cc]entred?|[Bb]ehaviours?|[Ll]abelled|[A-Za-z]+(normal|initial|summar|recogn|chron|optim|organ|serial)is(e|ed|es|ing|ation)

.PHONY: lint
lint: tools ## check the style and which packages import which
	$(call step,formatting,out=$$($(GOFUMPT) -l $(MODULES)); test -z "$$out" || { echo "run gofumpt on:"; echo "$$out"; exit 1; })
	$(call step,linting,for module in $(MODULES); do (cd $$module && $(GOLANGCI_LINT) run ./...) || exit 1; done)
	$(call step,checking the spelling,! git grep -nIwE '$(BRITISH)|(the|a) BFF' -- . ':!Makefile' ':!*-lock.json' ':!*/released/*')

.PHONY: generate
generate: build $(WEB) ## generate the OpenAPI documents and the TypeScript types
	$(call step,writing the OpenAPI documents,$(call emit,tasks,web-contract/openapi) && $(call emit,bff,web-contract/openapi))
	$(call step,writing the TypeScript types,npm --prefix web-contract run --silent generate)

# $(call emit,PROGRAM,DIRECTORY) writes a program's document, or keeps the old one if that fails.
emit = .build/$(1) openapi > .build/$(1).yaml && mv .build/$(1).yaml $(2)/$(1).yaml

.PHONY: verify
verify: build $(WEB) $(LINT) ## check generated files, documents, types, manifests and modules
	@mkdir -p .build/verify
	$(call step,comparing the OpenAPI documents,$(call compare,tasks) && $(call compare,bff))
	$(call step,linting the OpenAPI documents,npm --prefix web-contract/openapi/lint run --silent lint)
	$(call step,testing the linters,npm --prefix web-contract/openapi/lint run --silent test)
	$(call step,comparing with the released contract,npm --prefix web-contract/openapi/lint run --silent breaking)
	$(call step,generating clients,cd web-contract/openapi/generators && GOWORK=off go test ./...)
	$(call step,reading the manifests of Kubernetes,cd services/deploy/check && GOWORK=off go test -count=1 ./kubernetes)
	$(call step,comparing the TypeScript types,npm --prefix web-contract run --silent check -w openapi)
	$(call step,checking the TypeScript types and the package,npm --prefix web-contract run --silent verify)
	$(call step,looking for secrets,$(GITLEAKS) git --no-banner --redact --verbose --log-level=warn .)
	$(call step,checking the Go modules,for module in $(MODULES) web-contract/openapi/generators services/deploy/check; do (cd $$module && go mod tidy -diff) || exit 1; done)

# $(call compare,PROGRAM) fails if the program's committed document is out of date.
compare = $(call emit,$(1),.build/verify) && \
	{ diff -u web-contract/openapi/$(1).yaml .build/verify/$(1).yaml || { echo "web-contract/openapi/$(1).yaml is old: run make generate"; exit 1; }; }

.PHONY: release-contract
release-contract: ## make the current documents the released contract
	@mkdir -p web-contract/openapi/released
	cp web-contract/openapi/tasks.yaml web-contract/openapi/bff.yaml web-contract/openapi/released

.PHONY: tidy
tidy: tools ## run go mod tidy and format the Go files
	$(call step,tidying the Go modules,for module in $(MODULES); do (cd $$module && go mod tidy) || exit 1; done)
	$(call step,formatting,$(GOFUMPT) -w $(MODULES))

.PHONY: clean-data
clean-data: build ## remove the data of make up: users, tasks and secrets
	@.build/stack clean-data

.PHONY: clean
clean: ## remove built and installed files, but no data
	rm -rf .build web-contract/demo/dist web-contract/client/dist web-contract/e2e/next/.next web-contract/e2e/next/node_modules
	rm -rf services/auth/node_modules services/stack/node_modules web-contract/node_modules web-contract/openapi/lint/node_modules

# The contents of each npm installation, for the progress line.
$(AUTH): WHAT := Better Auth
$(POSTGRES): WHAT := PostgreSQL
$(WEB): WHAT := the page
$(LINT): WHAT := the OpenAPI linters
$(NEXT): WHAT := Next.js for the tests
$(AUTH) $(POSTGRES) $(WEB) $(LINT) $(NEXT): %/node_modules/.installed: %/package-lock.json | tools
	$(call step,installing $(WHAT) ($*),npm --prefix $* ci --no-audit --no-fund --loglevel=error)
	@mkdir -p $(@D)
	@touch $@

$(PAGE): $(WEB) $(PAGE_SOURCES) $(wildcard web-contract/*.json)
	$(call step,building the page,npm --prefix web-contract run --silent build)
	@touch $@

# Fails with one clear line if Go or Node is missing or too old.
.PHONY: tools
tools:
	@go env GOVERSION 2>/dev/null | awk -F '[o.]' '{ new = $$2 > 1 || $$3 >= 26 } END { exit !new }' || \
		{ echo "Go 1.26 or later is needed, and this is $$(go env GOVERSION 2>/dev/null || echo none): https://go.dev/dl/" >&2; exit 1; }
	@command -v node >/dev/null && command -v npm >/dev/null || { echo 'Node 20.19 or later with npm is needed: https://nodejs.org/' >&2; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' || \
		{ echo "Node 20.19 or later is needed, and this is $$(node --version): https://nodejs.org/" >&2; exit 1; }

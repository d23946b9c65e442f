# Everything here also works as plain `go test ./...` once `make setup` has run.

.PHONY: help demo test raced unraced quick setup containers lint golden full bench fuzz faults defects mutants marked soak clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## set up what is missing, then run the proof and print its tables
	-@go run ./cmd/corsproof setup --containers
	go run ./cmd/corsproof demo

test: setup containers lint ## set up what is missing, then run every test; nothing is skipped but the row that takes a Kubernetes cluster
	CORSPROOF_REQUIRE=all .ci/unchanged $(MAKE) --no-print-directory --jobs=2 raced unraced

# What takes longest begins first. Of the packages that drive a browser as many do so at a
# time as there are processors; those that don't go on meanwhile. make lint has vetted all.
#
# A program with the race detector in it sleeps a second before it ends, unless told not
# to; tests start some of their own again and again.
raced:
	GORACE=atexit_sleep_ms=0 go test -race -vet=off -shuffle=on -p 3 -timeout 30m $(TESTFLAGS) -skip $(UNRACED) ./scenarios ./cmd/corsproof $$(go list ./... | grep -vxF "$$(go list $(PURE))")

# What waits for a browser's turn comes last: the others use the processors meanwhile.
#
# Hundreds of gateway configs, all by way of code that other tests run under the race
# detector, which would have them take five times as long.
UNRACED = '^(TestDefects|TestFixes|TestKindsOfFault|TestKindsOfFaultInChromium)$$'
unraced:
	go test -vet=off -shuffle=on -timeout 30m $(TESTFLAGS) $(PURE)
	go test -vet=off -shuffle=on -timeout 30m $(TESTFLAGS) -run $(UNRACED) ./servers/gateway

# Packages that start no goroutine, so that the race detector has nothing to find in them.
# With it their loops over many cases take eight times as long. A test of harness holds the
# list to it.
PURE = ./harness/catalog ./harness/console ./harness/fetch/... ./harness/fuzz ./harness/judge ./harness/lint ./harness/pasted ./harness/policy ./harness/report ./harness/story ./harness/strict

quick: ## run the tests that need no set-up
	go test ./fixtures ./harness/fetch/... ./harness/report/...

setup: ## check what the machine has to have, then install the rest, pinned, into the cache directory
	servers/prerequisites.sh && go run ./cmd/corsproof setup

containers: setup ## get what the scenarios in containers take: as root on Debian a Docker Engine, and images
	servers/engine.sh && go run ./cmd/corsproof setup --containers

lint: ## vet, staticcheck, tidy, gofmt
	go vet -tags faults ./...
	go tool staticcheck ./...
	go mod tidy -diff
	test -z "$$(gofmt -l $$(go list -f '{{.Dir}}' ./...) | tee /dev/stderr)"

golden: setup ## rewrite the golden files; review them like code
	go test ./harness/catalog ./harness/policy ./harness/report ./harness/judge -run 'Golden|SchemaIsCurrent' -update
	go test ./cmd/corsproof -run TestErrorTexts -update
	CORSPROOF_DEFECTS=all go test ./servers/gateway -run 'Golden|^TestDefects$$|^TestFix$$|^TestSubstitute$$' -update

# The defects in Chromium take longest: a third of them each day, all with ALL=1.
TODAY := $(shell date -u +%Y%m%d)
THIRD_OF_TODAY := $(shell expr $$(date -u +%j) % 3)
FULL = mutants bench 'fuzz SEEDS=1' 'fuzz SEEDS=2' 'fuzz SEEDS=$(TODAY)' faults \
	'defects$(if $(ALL),, THIRD=$(THIRD_OF_TODAY))' marked 'soak ROUNDS=4'
full: setup containers ## run what make test leaves out; ALL=1 takes all defects in Chromium, not the third of the day
	.ci/full _artifacts/full $(FULL)

bench: setup ## run the benchmarks; one that misses its bound fails
	CORSPROOF_REQUIRE=all go test -run '^$$' -bench . -benchmem -timeout 30m ./...

SEEDS = 1 2 $(TODAY)
fuzz: setup ## generate 20,000 cases from each of three seeds, one of them today's, and hold Chromium against the model
	for seed in $(SEEDS); do go run ./cmd/corsproof fuzz --cases 20000 --seed $$seed || exit; done

faults: setup ## plant mistakes in the model, one at a time; corsproof fuzz has to find them with Chromium
	go test -tags faults ./harness/fuzz -run TestPlantedFaultsInChromium -count 1 -v -timeout 60m

defects: setup ## have Chromium judge a case of every decision in every gateway config with a mistake in it; THIRD=0, 1 or 2 takes a third
	CORSPROOF_REQUIRE=all CORSPROOF_DEFECTS=chromium CORSPROOF_DEFECTS_THIRD=$(THIRD) go test ./servers/gateway -run '^TestDefects$$' -timeout 3h -v

mutants: ## plant mistakes in the model, one at a time; the catalogue has to find them
	go run ./harness/fetch/internal/mutants

marked: setup containers ## run all tests, with those that are marked as too slow for make test
	CORSPROOF_REQUIRE=all CORSPROOF_FULL=1 CORSPROOF_DEFECTS=all .ci/soak 1

ROUNDS = 20
soak: setup containers ## run all tests twenty times, or ROUNDS, each time in fresh processes
	CORSPROOF_REQUIRE=all CORSPROOF_SOAK=1 .ci/soak $(ROUNDS)

clean: ## remove what was built in the checkout; the cache directory stays
	rm -rf _artifacts fixtures/*/node_modules fixtures/*/dist fixtures/fastapi/__pycache__ *.test *.out

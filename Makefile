# Thin front of Meson and Ninja. The two commands of the README are `make demo` and `make test`; each installs what is
# missing, builds, and runs.
BUILD ?= build
DEMO_SECONDS ?=
DEMO_SUMMARY ?=
SEED ?= 1
SEEDS ?= 20

.PHONY: all demo test bench fleet sanitize tsan fuzz sim sim-schedule checkers events kill api-properties lint format docs clean deps deps-build
all: deps $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja: | deps-build
	@meson setup $(BUILD) >$(BUILD).setup.log 2>&1 || { cat $(BUILD).setup.log; rm -rf $(BUILD); exit 1; }; rm -f $(BUILD).setup.log

deps:
	@tools/install-deps build test
deps-build:
	@tools/install-deps build

# The two programs alone: a newcomer waits for no test.
demo: | deps-build $(BUILD)/build.ninja
	@ninja -C $(BUILD) portcullis defender-twin
	@$(BUILD)/portcullis demo --dir $(CURDIR)/portcullis-demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS)) $(if $(DEMO_SUMMARY),--summary $(DEMO_SUMMARY))

test: all
	@tools/run-tests $(BUILD)

# Ratios, both sides in one run, saved in $(BUILD)/bench.json: make bench [BENCH_SIZE=short] (an eighth of the data) [BENCH_ONLY=transform].
bench: all
	@tools/run-bench $(BUILD) --size $(or $(BENCH_SIZE),full) $(addprefix --only ,$(BENCH_ONLY))

# A whole fleet over real sockets: memory, lag, commits and files, and an exact count at the end.
fleet: all
	@PORTCULLIS_BUILD=$(abspath $(BUILD)) tests/bench/fleet.py $(or $(TENANTS),500) $(or $(SECONDS),300)

# The same tests under AddressSanitizer and UndefinedBehaviorSanitizer, then the threaded ones under ThreadSanitizer.
sanitize: deps
	@tools/run-sanitized address,undefined
	@tools/run-sanitized thread

# Every fuzz target, or those that FUZZ_ONLY names ("json json_peer"), for FUZZ_SECONDS each (clang's libFuzzer, ASan and UBSan);
# findings stay in build-fuzz/findings.
fuzz:
	@tools/install-deps build test fuzz
	@tools/run-fuzz $(or $(FUZZ_SECONDS),600) $(FUZZ_ONLY)

# The seeded simulations, SEEDS of them from SEED on: all SEEDS of the response's worlds, a share for those of ingest, which take seconds a seed
# (tools/run-sim has the shares, and says at the end how many of each world ran). SEEDS=2000 ends within ten minutes on two cores.
sim: all
	@tools/run-sim $(BUILD) $(SEED) $(SEEDS)

# Ten thousand tenants' schedule: HOURS of virtual time.
sim-schedule: all
	@$(BUILD)/tests/sim/schedule_sim $(or $(HOURS),24) $(or $(TENANTS),10000) $(SEED)

# Our checker of events beside the one in Python: EVENTS generated ones of every table and target, BROKEN spoiled ones a version.
checkers: all
	@tests/golden/test_checkers.py $(addprefix $(BUILD)/,tests/golden/check_lines tests/golden/map_corpus defender-twin) tests/golden/events-1.*.ndjson \
	    --generated $(or $(EVENTS),100000) --broken $(or $(BROKEN),20000)

# What the twin makes of every table, mapped for all versions and class sets: EVENTS of them, none lost, none wrong.
events: all
	@tests/golden/test_generated.py $(addprefix $(BUILD)/,tests/golden/map_corpus tests/golden/check_lines defender-twin) $(or $(EVENTS),100000)

# Calls made up from the OpenAPI document, for SECONDS.
api-properties: all
	@PORTCULLIS_BUILD=$(abspath $(BUILD)) tests/integration/api_properties.py --seconds $(or $(SECONDS),600)

kill: all
	@tests/integration/kill.py --kills $(or $(KILLS),200) --named $(or $(NAMED),160)

lint:
	@tools/install-deps build test lint
	@tools/lint

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

# The pages of docs/ that are made from tables in the code.
docs: all
	@$(BUILD)/tests/docs/gen-docs errors >docs/errors.md
	@$(BUILD)/tests/docs/gen-docs microsoft-errors >docs/microsoft-errors.md
	@$(BUILD)/tests/docs/gen-docs settings >docs/settings.md
	@$(BUILD)/tests/docs/gen-docs policy-words >docs/policy-words.md
	@$(BUILD)/tests/docs/gen-docs roles >docs/roles.md
	@tools/gen-tables $(BUILD)/portcullis $(BUILD)/tests/golden/list_mappings >docs/tables.md

clean:
	@rm -rf build build-*

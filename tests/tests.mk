# The tests' targets; included by apxs.mk.

include $(wildcard tests/pool/pool.mk)

FUZZED_TOPOLOGY := admin/templates.c admin/text.c $(patsubst %,admin/topology_%.c,read service url)
FUZZED_DISCOVERY := admin/templates.c admin/text.c admin/word.c $(patsubst %,admin/discovery_%.c,read url)
FUZZED_APACHE := admin/templates.c admin/import_read.c $(patsubst %,admin/apache_%.c,file line pattern read rule site worker)

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_COMMON := $(BUILD)/tests/unit/unit.o $(BUILD)/tests/unit/model.o

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(UNIT_COMMON) $(DB)
	$(call SAY,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(APR_LIBS) -ljansson -lsqlite3 -lssl -lcrypto

# Files of the module that do without httpd, and of lyncadm that do without argv.
$(BUILD)/tests/unit/test_status: $(patsubst %,$(BUILD)/mod_lync/status_%.o,facts text json html metrics)
$(BUILD)/tests/unit/test_table: $(BUILD)/mod_lync/table.o
$(BUILD)/tests/unit/test_discovery: $(patsubst %.c,$(BUILD)/%.o,$(FUZZED_DISCOVERY))

unit: $(UNIT_TESTS)
	@set -e; for test in $(UNIT_TESTS); do $$test; done
.PHONY: unit

# Fuzz targets run under libFuzzer (fuzz), and their corpora as tests (check, with sanitizers).
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c tests/fuzz/driver.c $(wildcard db/*.c db/*.h) | $(GENERATED)
	@mkdir -p $(@D)
	$(call SAY,FUZZ,$@)
	$(Q)clang -fsanitize=fuzzer,address,undefined -g -O1 $(CPPFLAGS_ALL) -std=gnu11 -o $@ $(filter %.c,$^) \
	    $(APR_LIBS) -ljansson -lsqlite3 -lssl -lcrypto
$(BUILD)/fuzz/document: admin/document.c
$(BUILD)/fuzz/bundle: admin/bundle.c admin/bundle_chain.c
$(BUILD)/fuzz/topology: $(FUZZED_TOPOLOGY)
$(BUILD)/fuzz/discovery: $(FUZZED_DISCOVERY)
$(BUILD)/fuzz/apache: $(FUZZED_APACHE)

# Files with keys are made, not kept.
SEEDS := $(BUILD)/fuzz/seeds
$(SEEDS)/bundle: tests/fuzz/seeds.py tests/cli/zoo.py
	@$(PYTHON) tests/fuzz/seeds.py $@ && touch $@

run-fuzz: $(SEEDS)/bundle $(addprefix $(BUILD)/fuzz/,$(FUZZ))
	@set -e; for target in $(FUZZ); do \
	    mkdir -p $(BUILD)/fuzz/corpus-$$target; \
	    $(BUILD)/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
	        $(BUILD)/fuzz/corpus-$$target $$(ls -d tests/fuzz/corpus/$$target $(SEEDS)/$$target 2>/dev/null); done

$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(DB)
	$(call SAY,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(APR_LIBS) -ljansson -lsqlite3 -lssl -lcrypto
$(BUILD)/tests/fuzz/replay_document: $(BUILD)/admin/document.o
$(BUILD)/tests/fuzz/replay_bundle: $(BUILD)/admin/bundle.o $(BUILD)/admin/bundle_chain.o
$(BUILD)/tests/fuzz/replay_topology: $(patsubst %.c,$(BUILD)/%.o,$(FUZZED_TOPOLOGY))
$(BUILD)/tests/fuzz/replay_discovery: $(patsubst %.c,$(BUILD)/%.o,$(FUZZED_DISCOVERY))
$(BUILD)/tests/fuzz/replay_apache: $(patsubst %.c,$(BUILD)/%.o,$(FUZZED_APACHE))
$(BUILD)/tests/fuzz/replay.o: tests/fuzz/driver.c | $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CC) -c -DREPLAY $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@ $<

replay: $(SEEDS)/bundle $(patsubst %,$(BUILD)/tests/fuzz/replay_%,$(FUZZ))
	@set -e; for target in $(FUZZ); do printf 'fuzz %s: ' $$target; \
	    $(BUILD)/tests/fuzz/replay_$$target $$(ls tests/fuzz/corpus/$$target/* $(SEEDS)/$$target/* 2>/dev/null); done
.PHONY: run-fuzz replay

$(BUILD)/tests/bench/load: $(BUILD)/tests/bench/load.o $(DB)
	$(call SAY,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(APR_LIBS) -lsqlite3 -lssl -lcrypto

BENCH_PARTNERS := $(addprefix $(BUILD)/tests/bench/,client signin backend)
BENCH_COMMON := $(BUILD)/tests/bench/conn.o $(BUILD)/tests/bench/latency.o
$(BENCH_PARTNERS): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BENCH_COMMON)
	$(call SAY,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -lssl -lcrypto

# store: what reading a store costs; identity: who is served as whom; targets: only the table of them, from what was
# measured before; the others stand in tests/bench/workloads.py. reloads takes long: 100 of them for each proxy.
WORKLOADS ?= store identity get tls backend names download post rules hosts signin polls idle reload
SECONDS ?= 2
ROUNDS ?= 3
SIDE_BY_SIDE_BENCH = $(filter-out store identity targets,$(WORKLOADS))
BENCH := $(BUILD)/tests/bench/load $(BENCH_PARTNERS)
HOW_BENCH = --seconds $(SECONDS) --rounds $(ROUNDS) --json $(BUILD)/bench.json --markdown $(BUILD)/bench.md
RUN_BENCH = @BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/
run-bench: all $(BENCH) $(BUILD)/tests/mod_testpool.so
	$(if $(filter store,$(WORKLOADS)),$(BUILD)/tests/bench/load 10000)
	$(if $(filter identity,$(WORKLOADS)),$(RUN_BENCH)identity.py --json $(BUILD)/bench-identity.json)
	$(if $(SIDE_BY_SIDE_BENCH),$(RUN_BENCH)bench.py $(HOW_BENCH) $(SIDE_BY_SIDE_BENCH))
	$(if $(filter targets,$(WORKLOADS)),$(RUN_BENCH)targets.py $(BUILD)/bench.json)
.PHONY: run-bench

# Everything at once, for half an hour. The exit status tells.
MINUTES ?= 30
.PHONY: run-soak
run-soak: all $(BENCH_PARTNERS)
	$(RUN_BENCH)soak.py --minutes $(MINUTES) --json $(BUILD)/soak.json

# Random sequences of edit, apply, kill, corrupt and restore: SEED=… for those of a run that failed. A job mostly waits.
SEQUENCES ?= 1000
JOBS ?= 2
.PHONY: run-chaos
run-chaos: all $(BUILD)/tests/mod_testpool.so
	@BUILD=$(abspath $(BUILD)) $(PYTHON) tests/chaos/chaos.py --sequences $(SEQUENCES) --jobs $(JOBS) $(if $(SEED),--seed $(SEED))

# What testssl.sh finds under each TLS policy, beside its record.
.PHONY: run-testssl
run-testssl: all $(BUILD)/tests/mod_testpool.so
	@BUILD=$(abspath $(BUILD)) $(PYTHON) tests/testssl/testssl.py

# The main job, before one's eyes.
.PHONY: run-demo
run-demo: all $(BUILD)/tests/mod_testpool.so
	@BUILD=$(abspath $(BUILD)) $(PYTHON) tests/demo/demo.py

# What check runs. Results that depend on the program under test come last, so that the run ends
# with the test runners' own closing lines.
PYTEST := $(PYTHON) -m pytest -q -p no:cacheprovider
# Most tests wait most of the time: several at once, a file at a time.
SIDE_BY_SIDE ?= -n 4 --dist loadfile
SLOW_SIDE_BY_SIDE ?= -n 2 --dist loadfile
SOURCES_C := $(wildcard db/*.c mod_lync/*.c admin/*.c)
ASAN := SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer" HARDENING= OPTIMIZE="-O1 -g" BUILD=$(BUILD)/asan

# The compilers and the analyzers keep busy what the tests leave idle while they wait.
SUBMAKE := $(MAKE) --no-print-directory -f apxs.mk
PARALLEL := $(SUBMAKE) -j2
.PHONY: run-check check-clang check-static check-guards check-unit check-sanitize check-valgrind check-pytest
run-check:
	@+$(PARALLEL) all
	@+$(PARALLEL) check-static check-sanitize
	@+$(PARALLEL) check-guards check-unit check-valgrind
	@+$(SUBMAKE) check-pytest

check-clang:
	@+nice $(SUBMAKE) all CC=clang BUILD=$(BUILD)/clang

check-static: check-clang
	nice cppcheck --quiet -j 2 --enable=warning,performance,portability --error-exitcode=1 --inline-suppr --std=c11 \
	    --suppress=missingIncludeSystem --suppress=preprocessorErrorDirective -Idb -I$(BUILD)/gen db mod_lync admin
	@printf '%s\n' $(SOURCES_C) | nice xargs -P 2 -I @ clang --analyze -Xclang -analyzer-werror \
	    -Xclang -analyzer-output=text $(CPPFLAGS_ALL) $(HTTPD_INCLUDES) -std=gnu11 -o /dev/null @
	shellcheck tests/*.sh .ci/run templates/debian/*.postinst templates/debian/*.prerm templates/debian/*.postrm
	shellcheck -s bash templates/complete/lyncadm.bash

check-guards: all
	@LYNCADM=$(BUILD)/lyncadm tests/guards.sh

check-unit: unit

# The same with AddressSanitizer and UndefinedBehaviorSanitizer, end to end included. Not chaos: children that start and
# stop so slowly sometimes miss that httpd tells them to, when reloads follow each other at once.
check-sanitize:
	@+$(SUBMAKE) all unit replay $(ASAN)
	@set -e; for folder in tests/cli tests/httpd; do \
	    LYNC_SANITIZE=1 BUILD=$(abspath $(BUILD)/asan) $(PYTEST) $(SLOW_SIDE_BY_SIDE) $$folder; done

check-valgrind: all $(BUILD)/tests/mod_testpool.so
	LYNC_VALGRIND=1 BUILD=$(abspath $(BUILD)) $(PYTEST) $(SLOW_SIDE_BY_SIDE) -m smoke tests/httpd

# Debian's package starts a service where it is installed: the program alone is unpacked. Without it a test is left out.
PROMTOOL := $(BUILD)/tests/promtool
$(PROMTOOL):
	@mkdir -p $(BUILD)/prometheus && cd $(BUILD)/prometheus && apt-get -qq download prometheus && dpkg -x prometheus_*.deb .
	@cp $(BUILD)/prometheus/usr/bin/promtool $@ && rm -r $(BUILD)/prometheus
.PHONY: promtool
promtool: $(PROMTOOL)

check-pytest: all $(BUILD)/tests/mod_testpool.so run-deb
	-@[ -e $(PROMTOOL) ] || $(SUBMAKE) promtool
	@set -e; for folder in tests/pool tests/install; do BUILD=$(abspath $(BUILD)) $(PYTEST) $$folder; done
	@set -e; for folder in tests/cli tests/httpd tests/chaos; do \
	    BUILD=$(abspath $(BUILD)) $(PYTEST) $(SIDE_BY_SIDE) $$folder; done

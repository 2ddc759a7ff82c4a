# Builds the module of the simulated pool: $(BUILD)/tests/mod_testpool.so
# Included by apxs.mk, or alone: make -f tests/pool/pool.mk   (from anywhere)
POOL_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
BUILD    ?= build
APXS     ?= apxs
PYTHON3  ?= /usr/bin/python3

POOL_SOURCES := mod_testpool wire seen view ntlm token body reply discover soap ucwa site lab
POOL_OBJECTS := $(POOL_SOURCES:%=$(BUILD)/tests/pool/%.o)
POOL_CFLAGS  := $(shell $(APXS) -q CFLAGS) $(shell $(APXS) -q EXTRA_CPPFLAGS) \
	$(shell $(APXS) -q NOTEST_CPPFLAGS) -isystem $(shell $(APXS) -q INCLUDEDIR) \
	-isystem $(shell $(APXS) -q APR_INCLUDEDIR) -fPIC -fvisibility=hidden \
	-Wall -Wextra -Werror

$(BUILD)/tests/mod_testpool.so: $(POOL_OBJECTS)
	$(CC) -shared $(LDFLAGS) -o $@ $^ -lcrypto

$(BUILD)/tests/pool/%.o: $(POOL_DIR)/%.c $(POOL_DIR)/pool.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(POOL_CFLAGS) -c -o $@ $<

.PHONY: pool pool-check
pool: $(BUILD)/tests/mod_testpool.so

pool-check: pool
	TESTPOOL_MODULE=$(abspath $(BUILD)/tests/mod_testpool.so) $(PYTHON3) -m pytest -q -p no:cacheprovider $(POOL_DIR)/test_pool.py

# make -f apxs.mk            builds build/mod_lync.so and build/lyncadm
# make -f apxs.mk build      the same, after installing what that needs, and nothing else (Debian, as root)
# make -f apxs.mk demo       set-up, build, and the main job: a published Lync pool on loopback
# make -f apxs.mk check      set-up, build, and every test (an hour on two cores)
# make -f apxs.mk chaos      SEQUENCES (1000) of edit, apply, kill, corrupt and restore at random; SEED repeats them
# make -f apxs.mk testssl    testssl.sh on each TLS policy, beside what is recorded of it (4 minutes)
# make -f apxs.mk bench      what it costs beside mod_proxy, nginx and haproxy (tests/README.md); WORKLOADS="get tls"
# make -f apxs.mk soak       MINUTES (30) of everything at once: whether memory and descriptors stay flat
# make -f apxs.mk fuzz       fuzzes for FUZZ_SECONDS (60) a target
# make -f apxs.mk man        man pages into build/man: lyncadm's own, which it writes, and mod_lync's
# make -f apxs.mk install    into DESTDIR; PREFIX is /usr/local; the layout is what apxs says, Debian's or Red Hat's
# make -f apxs.mk deb        makes Debian packages in build/deb
# make -f apxs.mk setup      only installs what all of these need (Debian, as root)

BUILD ?= build
# One name however it is written: what has to be compiled again goes by it.
override BUILD := $(patsubst $(CURDIR)/%,%,$(BUILD))
APXS := $(or $(APXS),$(shell command -v apxs || command -v apxs2),apxs)
CC = gcc
PREFIX ?= /usr/local
PYTHON ?= /usr/bin/python3
FUZZ_SECONDS ?= 60
VERSION := $(shell sed -n '1s/^[^ ]* .\([^-]*\)-.*/\1/p' templates/debian/changelog)

# V=1 shows the commands.
Q := $(if $(V),,@)
SAY = $(if $(V),,@printf '  %s\t%s\n' $(1) $(2))

PACKAGES := gcc libc6-dev apache2-bin apache2-dev apache2-ssl-dev libapr1-dev libaprutil1-dev \
    libsqlite3-dev libssl-dev libjansson-dev libsmartcols-dev libcurl4-openssl-dev
PACKAGES_TEST := $(PACKAGES) python3 python3-pytest python3-pytest-xdist python3-cryptography python3-requests \
    python3-requests-ntlm libapache2-mod-auth-gssapi gss-ntlmssp libnss-wrapper procps openssl curl sqlite3
PACKAGES_CHECK := $(PACKAGES_TEST) git clang clang-tools libclang-rt-14-dev cppcheck shellcheck valgrind \
    libcmocka-dev chromium libnss3-tools pebble zsh bash-completion man-db groff-base sudo strace apparmor
PACKAGES_TESTSSL := $(PACKAGES_TEST) testssl.sh
PACKAGES_BENCH := $(PACKAGES_TEST) nginx-light haproxy
PACKAGES_DEB := $(PACKAGES) build-essential dpkg-dev debhelper lintian man-db

.PHONY: all setup build demo check chaos testssl bench soak fuzz install deb clean
.DELETE_ON_ERROR:
.SECONDARY:
all:

# What a clean machine lacks, installed or named. The work itself runs in a second make, because
# the flags below come from what this installs.
setup-%:
	@if ! command -v dpkg-query >/dev/null; then \
	    echo "no dpkg here, so nothing is installed; what is needed is what Debian has as" $($*); exit 0; fi; \
	missing=$$(for package in $($*); do \
	    dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	echo "not installed yet:" $$missing; \
	if [ "$$(id -u)" != 0 ]; then echo "run as root: apt-get install --no-install-recommends" $$missing; exit 1; fi; \
	echo "installing them with apt-get"; \
	apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing

setup: setup-PACKAGES_CHECK setup-PACKAGES_DEB setup-PACKAGES_TESTSSL setup-PACKAGES_BENCH
build: setup-PACKAGES
	@$(MAKE) --no-print-directory -f apxs.mk all
demo: setup-PACKAGES_TEST
	@$(MAKE) --no-print-directory -f apxs.mk run-demo
check: setup-PACKAGES_CHECK setup-PACKAGES_DEB
	@$(MAKE) --no-print-directory -f apxs.mk run-check
chaos: setup-PACKAGES_TEST
	@$(MAKE) --no-print-directory -f apxs.mk run-chaos
testssl: setup-PACKAGES_TESTSSL
	@$(MAKE) --no-print-directory -f apxs.mk run-testssl
bench: setup-PACKAGES_BENCH
	@$(MAKE) --no-print-directory -f apxs.mk run-bench
soak: setup-PACKAGES_TEST
	@$(MAKE) --no-print-directory -f apxs.mk run-soak
fuzz: setup-PACKAGES_CHECK
	@$(MAKE) --no-print-directory -f apxs.mk run-fuzz
deb: setup-PACKAGES_DEB
	@$(MAKE) --no-print-directory -f apxs.mk run-deb

ifneq ($(shell command -v $(APXS)),)

# The program's own flags only: APR's and httpd's say how they were built, not how we should be.
HTTPD_INCLUDES := -isystem $(shell $(APXS) -q INCLUDEDIR)
APR_INCLUDES := $(patsubst -I%,-isystem %,$(filter-out -I/usr/include,$(sort \
    $(shell apr-1-config --includes --cppflags) $(shell apu-1-config --includes))))
APR_LIBS := $(shell apu-1-config --link-ld) $(shell apr-1-config --link-ld)
OPTIMIZE ?= -O2 -g
HARDENING ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong
WARNINGS := -Wall -Wextra -Werror
# Red Hat's apachectl takes no arguments; httpd itself takes those of lyncadm. Debian's needs apachectl's environment.
PROGNAME ?= $(shell $(APXS) -q PROGNAME)
CONTROL ?= $(if $(filter apache2,$(PROGNAME)),apachectl,$(shell $(APXS) -q SBINDIR)/$(PROGNAME))
CPPFLAGS_ALL := -DLYNC_VERSION='"$(VERSION)"' -DLYNCADM_CONTROL='"$(CONTROL)"' \
    -Idb -I$(BUILD)/gen $(APR_INCLUDES) $(CPPFLAGS)
CFLAGS_ALL := -std=gnu11 $(OPTIMIZE) $(HARDENING) $(WARNINGS) -fPIC -fvisibility=hidden $(SANITIZE) $(CFLAGS)
LDFLAGS_ALL := -Wl,-z,relro,-z,now $(SANITIZE) $(LDFLAGS)

DB := $(patsubst %.c,$(BUILD)/%.o,$(wildcard db/*.c))
MODULE := $(patsubst %.c,$(BUILD)/%.o,$(wildcard mod_lync/*.c))
ADMIN := $(patsubst %.c,$(BUILD)/%.o,$(wildcard admin/*.c))
GENERATED := $(BUILD)/gen/schema.sql.h \
    $(patsubst templates/publish/%,$(BUILD)/gen/%.h,$(wildcard templates/publish/*.json templates/publish/*.html)) \
    $(patsubst templates/status/%,$(BUILD)/gen/%.h,$(wildcard templates/status/page.*)) \
    $(patsubst db/migrations/%,$(BUILD)/gen/%.h,$(wildcard db/migrations/*.sql))

all: $(BUILD)/mod_lync.so $(BUILD)/lyncadm

# Data becomes bytes of a C array.
BYTES = @mkdir -p $(@D) && od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g; $$ s/,$$//' >$@
$(BUILD)/gen/%.h: db/%
	$(BYTES)
$(BUILD)/gen/%.h: db/migrations/%
	$(BYTES)
$(BUILD)/gen/%.h: templates/publish/%
	$(BYTES)
$(BUILD)/gen/%.h: templates/status/%
	$(BYTES)

$(BUILD)/mod_lync/%.o: mod_lync/%.c | $(GENERATED)
	@mkdir -p $(@D)
	$(call SAY,CC,$<)
	$(Q)$(CC) -MMD -MP -c $(CPPFLAGS_ALL) $(HTTPD_INCLUDES) $(CFLAGS_ALL) -o $@ $<
$(BUILD)/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(call SAY,CC,$<)
	$(Q)$(CC) -MMD -MP -c $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@ $<

$(BUILD)/mod_lync.so: $(MODULE) $(DB)
	$(call SAY,LD,$@)
	$(Q)$(CC) -shared $(LDFLAGS_ALL) -o $@ $^ -lsqlite3 -lssl -lcrypto
$(BUILD)/lyncadm: $(ADMIN) $(DB)
	$(call SAY,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -ljansson -lsmartcols -lcurl $(APR_LIBS) -lsqlite3 -lssl -lcrypto

# A page for lyncadm and for each first word of a command.
MAN := $(BUILD)/man
.PHONY: man
man: $(BUILD)/lyncadm
	$(call SAY,MAN,$(MAN))
	$(Q)rm -rf $(MAN) && mkdir -p $(MAN) && $< help --man >$(MAN)/lyncadm.8
	$(Q)set -e; for word in $$($< help --complete -- ''); do $< help --man $$word >$(MAN)/lyncadm-$$word.8; done
	$(Q)install -m 644 templates/man/*.5 $(MAN)

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

# Where things go besides, as apxs says. Folders there, below DESTDIR or on this host, tell whose layout the configuration
# has.
UNIT ?= $(PROGNAME).service
LIBEXECDIR ?= $(shell $(APXS) -q LIBEXECDIR)
SYSCONFDIR ?= $(shell $(APXS) -q SYSCONFDIR)
MANDIR ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/$(if $(filter debian:/usr,$(LAYOUT):$(PREFIX)),vendor-completions,site-functions)
DEBIAN = $(DESTDIR)$(SYSCONFDIR)/mods-available
REDHAT = $(DESTDIR)$(SYSCONFDIR:/conf=)
LAYOUT ?= $(if $(wildcard $(DEBIAN) $(SYSCONFDIR)/mods-available),debian,$(if $(wildcard \
    $(addsuffix /conf.modules.d,$(REDHAT) $(SYSCONFDIR:/conf=))),redhat,other))

install: install-$(LAYOUT)
install-files: all man
	@$(if $(word 2,$(DESTDIR))$(filter-out /%,$(PREFIX)),\
	    echo "DESTDIR or PREFIX has blanks or PREFIX does not begin with /" && exit 1,:)
	install -D -m 644 $(BUILD)/mod_lync.so $(DESTDIR)$(LIBEXECDIR)/mod_lync.so
	install -D -m 755 $(BUILD)/lyncadm $(DESTDIR)$(PREFIX)/sbin/lyncadm
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man5 $(MAN)/*.5
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man8 $(MAN)/*.8
	install -D -m 644 templates/complete/lyncadm.bash $(DESTDIR)$(BASHDIR)/lyncadm
	install -D -m 644 templates/complete/_lyncadm $(DESTDIR)$(ZSHDIR)/_lyncadm
	for folder in /etc/lync /var/lib/lync; do \
	    [ -d $(DESTDIR)$$folder ] || install -d -m 755 $(DESTDIR)$$folder; done

# lync.conf, and what loads the module where no a2dismod is, are the administrator's once they are there.
LOAD = sed 's|/usr/lib/apache2/modules|$(LIBEXECDIR)|' templates/apache/lync.load
KEEP = install -D -m 644 /dev/stdin
install-debian: install-files
	$(LOAD) | $(KEEP) $(DEBIAN)/lync.load
	[ -e $(DEBIAN)/lync.conf ] || $(KEEP) $(DEBIAN)/lync.conf <templates/apache/lync.conf
	@echo "next: lyncadm init && a2enmod lync && systemctl restart $(UNIT)"
install-redhat: install-files
	[ -e $(REDHAT)/conf.modules.d/10-lync.conf ] || $(LOAD) | $(KEEP) $(REDHAT)/conf.modules.d/10-lync.conf
	[ -e $(REDHAT)/conf.d/lync.conf ] || { echo '<IfModule lync_module>' && cat templates/apache/lync.conf && \
	    echo '</IfModule>'; } | $(KEEP) $(REDHAT)/conf.d/lync.conf
	@echo "next: lyncadm init && systemctl restart $(UNIT)"
install-other: install-files
	@echo "$(SYSCONFDIR) has neither mods-available nor conf.modules.d: httpd's configuration needs the modules that are"
	@echo "named first, and these lines:"
	@$(LOAD) | cat - templates/apache/lync.conf | grep '^# Depends:\|^[^#]'
.PHONY: install-files install-debian install-redhat install-other

# Packages come from a copy, so that Debian's tools write nothing beside the sources; and from those alone: the
# environment, and what make was told, stay outside.
DEB := $(BUILD)/deb
DEB_SOURCES := apxs.mk tests/tests.mk LICENSE README.md CHANGES admin db mod_lync templates
DEB_COPY := $(DEB)/copy/mod_lync
run-deb: $(DEB)/made
$(DEB)/made: $(shell find $(DEB_SOURCES) -type f)
	@rm -rf $(DEB) && mkdir -p $(DEB_COPY)
	@cp -a --parents $(DEB_SOURCES) $(DEB_COPY) && cp -a templates/debian $(DEB_COPY)
	@sed -i "s/@PACKAGES@/$$(echo $(PACKAGES) | sed 's/ /, /g')/" $(DEB_COPY)/debian/control
	$(call SAY,DEB,$(DEB)/log)
	$(Q)cd $(DEB_COPY) && env -i PATH="$$PATH" HOME="$$HOME" dpkg-buildpackage -b --no-sign >../../log 2>&1 || \
	    { tail -n 40 ../../log; exit 1; }
	$(Q)TMPDIR=$(abspath $(DEB)/copy) lintian --fail-on error,warning $(DEB)/copy/*.changes
	@mkdir $(DEB)/debug && mv $(DEB)/copy/*-dbgsym_*.deb $(DEB)/debug/ && mv $(DEB)/copy/*.deb $(DEB)/
	@rm -r $(DEB)/copy && touch $@ && ls $(DEB)/*.deb
.PHONY: run-deb

include tests/tests.mk

else
all man install run-deb:
	@echo "cannot build: $(APXS) is not installed: run as root: make -f apxs.mk build" && exit 1
endif

clean:
	rm -rf $(BUILD)

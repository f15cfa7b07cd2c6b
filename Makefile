# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Everything that is built lands in $(BUILD); "make help" lists the targets.
# The compiler, the flags and the variants are chosen in scripts/variant.mk.

all: lib tools

include scripts/variant.mk

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DEMO ?= /usr/share

version-part = $(shell sed -n 's/.*IPCBUF_VERSION_$1 //p' include/ipcbuf/base.h)
SOVERSION := $(call version-part,MAJOR)
VERSION := $(SOVERSION).$(call version-part,MINOR).$(call version-part,PATCH)

LIB_A := $(BUILD)/libipcbuf.a
# How a shared library is called: by who links, by who is linked, and by itself.
ifeq ($(SYSTEM),darwin)
SO_PLAIN := libipcbuf.dylib
SONAME := libipcbuf.$(SOVERSION).dylib
SO_FILE := libipcbuf.$(VERSION).dylib
SO_FLAGS := -dynamiclib -install_name @rpath/$(SONAME) \
	-compatibility_version $(SOVERSION).0 -current_version $(VERSION)
else
SO_PLAIN := libipcbuf.so
SONAME := libipcbuf.so.$(SOVERSION)
SO_FILE := libipcbuf.so.$(VERSION)
SO_FLAGS := -shared -Wl,-soname,$(SONAME) -Wl,--version-script=lib/libipcbuf.map
endif
LIB_SO := $(BUILD)/$(SO_PLAIN)

HEADERS := $(wildcard include/ipcbuf/*.h)
# The C++ API of RaftLib/ipc.
CXX_HEADERS := $(wildcard include/raftlib/buffer*)
CXX_DETAILS := $(wildcard include/raftlib/detail/*.hpp)
# For programs that talk to the module themselves.
UAPI_HEADERS := $(wildcard include/uapi/linux/*.h)
MANPAGES := $(wildcard Documentation/man/*.[1-7])
# A folder in tools/ is one program, called ipcbuf-FOLDER; common is part of all.
LINUX_TOOLS := bench demo soak
LINUX_SAMPLES := epoll
elsewhere = $(if $(filter-out linux,$(SOURCES_FOR)),$1)
TOOLS := $(filter-out common $(call elsewhere,$(LINUX_TOOLS)),$(notdir $(patsubst %/,%,$(wildcard tools/*/))))
TOOL_PROGS := $(patsubst $(BUILD)/ipcbuf-ipcbuf,$(BUILD)/ipcbuf,\
		$(TOOLS:%=$(BUILD)/ipcbuf-%))
# Not to be installed: it is a test.
INSTALLED_PROGS := $(filter-out $(BUILD)/ipcbuf-soak,$(TOOL_PROGS))
CXX_SAMPLES := $(patsubst samples/%.cpp,$(BUILD)/samples/%,$(wildcard samples/*.cpp))
SAMPLES := $(filter-out $(call elsewhere,$(LINUX_SAMPLES:%=$(BUILD)/samples/%)),\
	$(patsubst samples/%.c,$(BUILD)/samples/%,$(wildcard samples/*.c)) \
	$(CXX_SAMPLES))

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $1/*.c))
# The one part of a tool that is C++ is left out where there is no compiler for it.
WITHOUT_CXX := tools/bench/cxx_end_none
WITH_CXX := tools/bench/cxx_end
HAVE_CXX := $(shell command -v $(firstword $(CXX)))
tool-objects = $(if $(HAVE_CXX),$(filter-out $(WITHOUT_CXX:%=$(BUILD)/obj/%.o),\
	$(call objects,$1) $(patsubst %.cpp,$(BUILD)/obj/%.o,$(wildcard $1/*.cpp))),\
	$(call objects,$1))
tool-link = $(if $(filter %/$(notdir $(WITH_CXX)).o,$1),\
	$(CXX) $(ALL_CXXFLAGS) -static-libstdc++ -static-libgcc,$(CC) $(ALL_CFLAGS))
# What only one system has is called so, or by what that has alone.
ONLY_linux := %_linux %_ofd %_futex %_posix_sem %_memfd kmod %_kmod
ONLY_darwin := %_darwin %_fcntl
OTHER_SYSTEMS := $(foreach system,$(filter-out $(SOURCES_FOR),linux darwin),$(ONLY_$(system)))
LIB_OBJS := $(filter-out $(OTHER_SYSTEMS:%=$(BUILD)/obj/lib/%.o),$(call objects,lib)) \
	$(if $(DARWIN_RULES),$(BUILD)/obj/selftests/darwin/parts/functions.o)
TOOL_COMMON := $(call objects,tools/common)
TOOL_OBJS := $(TOOL_COMMON) $(foreach tool,$(TOOLS),$(call tool-objects,tools/$(tool)))

lib: $(LIB_SO) $(LIB_A)
tools: $(TOOL_PROGS)
samples: $(SAMPLES)

# --- compiling ---------------------------------------------------------------

# One set of objects makes both libraries: where they are linked into
# a program, the linker turns the position-independent accesses into direct ones.
# liburcu keeps its readers less aligned than it declares them.
$(LIB_OBJS): MODE_FLAGS := -fPIC -fvisibility=hidden -ftls-model=initial-exec \
	$(if $(findstring undefined,$(SAN)),-fno-sanitize=alignment) $(DARWIN_FLAGS)
$(LIB_OBJS): PKG_FLAGS = $(URCU_CFLAGS)
$(TOOL_OBJS): PKG_FLAGS = $(TOOL_CFLAGS)
# Where the benchmark's peers are installed.
$(BUILD)/obj/tools/bench/peers.o: MODE_FLAGS := -DPEERS_FOLDER='"$(LIBDIR)/ipcbuf-bench"'

$(BUILD)/obj/%.o: %.c $(CONFIG) Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -Iinclude $(MODE_FLAGS) $(PKG_FLAGS) -MMD -MP -c $< -o $@

$(BUILD)/obj/%.o: %.cpp $(CONFIG) Makefile
	@mkdir -p $(@D)
	$(call say,CXX,$@)
	$(Q)$(CXX) $(ALL_CXXFLAGS) -Iinclude/raftlib -Iinclude -MMD -MP -c $< -o $@

$(LIB_A): $(LIB_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/$(SO_FILE): $(LIB_OBJS) lib/libipcbuf.map
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(SO_LDFLAGS) $(SO_FLAGS) $(LDFLAGS) \
		-o $@ $(LIB_OBJS) $(URCU_LIBS) $(SYS_LIBS)

$(LIB_SO): $(BUILD)/$(SO_FILE)
	$(Q)ln -sf $(SO_FILE) $(BUILD)/$(SONAME)
	$(Q)ln -sf $(SONAME) $@

# The tools hold the library, so that they run from wherever they are put.
define tool-rule
$1: $(call tool-objects,tools/$2) $(TOOL_COMMON) $(LIB_A)
	$$(call say,LD,$$@)
	$$(Q)$$(call tool-link,$$^) $$(PROG_LDFLAGS) $$(LDFLAGS) -o $$@ $$^ \
		$(if $(filter linux,$(SYSTEM)),-Wl$(comma)--as-needed) $$(TOOL_LIBS) $$(URCU_LIBS) $$(SYS_LIBS)
endef
$(foreach tool,$(TOOLS),$(eval $(call tool-rule,$(patsubst \
	%/ipcbuf-ipcbuf,%/ipcbuf,$(BUILD)/ipcbuf-$(tool)),$(tool))))

$(SAMPLES): LINK = $(CC) $(ALL_CFLAGS)
$(CXX_SAMPLES): LINK = $(CXX) $(ALL_CXXFLAGS)
$(SAMPLES): $(BUILD)/samples/%: $(BUILD)/obj/samples/%.o $(LIB_A)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LINK) $(PROG_LDFLAGS) $(LDFLAGS) -o $@ $^ \
		$(URCU_LIBS) $(SYS_LIBS)

-include $(LIB_OBJS:.o=.d) $(TOOL_OBJS:.o=.d)
-include $(SAMPLES:$(BUILD)/samples/%=$(BUILD)/obj/samples/%.d)

include tools/bench/peers/peers.mk

# --- the kernel module -------------------------------------------------------
# What make was told (KDIR=, KERNEL=, V=) reaches the scripts by its environment.

module:
	$(Q)scripts/module

# As root often knows no compiler, what "make module" built is taken.
module-install:
	$(Q)scripts/module-install

DKMS_SOURCE = $(DESTDIR)/usr/src/ipcbuf-$(VERSION)

# dkms builds in a copy, where the Kbuild is not to find this Makefile.
dkms-install:
	$(INSTALL) -d $(DKMS_SOURCE)/kmod $(DKMS_SOURCE)/include/uapi/linux
	$(INSTALL) -m 644 Kbuild $(DKMS_SOURCE)
	$(INSTALL) -m 644 $(wildcard kmod/*.[ch]) $(DKMS_SOURCE)/kmod
	$(INSTALL) -m 644 $(UAPI_HEADERS) $(DKMS_SOURCE)/include/uapi/linux
	sed 's|@VERSION@|$(VERSION)|' kmod/dkms.conf.in >$(DKMS_SOURCE)/dkms.conf
	@echo "now: dkms install ipcbuf/$(VERSION)"

kmod-matrix:
	$(Q)scripts/kmod-matrix

# --- running -----------------------------------------------------------------
# What bootstrap installs is looked for anew by a make of its own.

again = $(MAKE) --no-print-directory

demo:
	$(Q)scripts/bootstrap base
	+$(Q)$(again) $(BUILD)/ipcbuf-demo
	$(BUILD)/ipcbuf-demo $(DEMO)

bench:
	$(Q)scripts/bootstrap base bench
	+$(Q)$(again) $(BUILD)/ipcbuf-bench peers
	$(PEER_ENVIRONMENT) $(BUILD)/ipcbuf-bench $(BENCH)

# README's table and plot, and the whole report in Documentation.
bench-readme:
	+$(Q)scripts/bench-readme $(BENCH)

kselftest:
	$(Q)scripts/bootstrap $(BOOTSTRAP_SETS)
	+$(Q)$(again) all
	$(Q)scripts/kselftest $(BUILD) $(TESTS)

# No more than build them.
selftests:
	$(Q)scripts/bootstrap $(filter-out vm module,$(BOOTSTRAP_SETS))
	+$(Q)$(again) lib tools
	$(Q)scripts/kselftest --build $(BUILD) $(TESTS)

# All that can be had for macOS, and a look at it; nothing of it runs here. The
# selftests come last, as that makes what they want once more.
macos:
	$(Q)scripts/bootstrap base selftest macos
	+$(Q)$(again) SYSTEM=darwin ARCH=x86_64 lib tools samples
	+$(Q)$(again) SYSTEM=darwin ARCH=x86_64 selftests
	+$(Q)$(again) SYSTEM=darwin ARCH=arm64 lib tools samples
	+$(Q)$(again) SYSTEM=darwin ARCH=arm64 selftests
	$(Q)scripts/check-macos build/macos-x86_64 build/macos-arm64

kselftest-debug:
	$(Q)scripts/bootstrap $(BOOTSTRAP_SETS)
	+$(Q)$(again) all
	$(Q)scripts/kselftest-debug $(BUILD) $(TESTS)

crash-exhaustive:
	$(Q)scripts/bootstrap $(BOOTSTRAP_SETS)
	+$(Q)$(again) all
	$(Q)scripts/crash-exhaustive $(BUILD) $(TESTS)

mutants:
	$(Q)scripts/bootstrap base selftest
	$(Q)scripts/mutants $(MUTANTS)

soak:
	$(Q)scripts/bootstrap base
	+$(Q)$(again) $(BUILD)/ipcbuf-soak
	$(BUILD)/ipcbuf-soak $(SOAK)

fuzz:
	$(Q)scripts/bootstrap base check
	$(Q)scripts/fuzz $(FUZZ_SECONDS)

check:
	$(Q)scripts/bootstrap base selftest check
	$(Q)scripts/check

model:
	$(Q)scripts/bootstrap check
	scripts/model

# --- installing --------------------------------------------------------------

INSTALL ?= install

PC_FILES := $(BUILD)/ipcbuf.pc $(BUILD)/ipcbuf-raftlib.pc

$(PC_FILES): $(BUILD)/%.pc: lib/%.pc.in include/ipcbuf/base.h FORCE
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' $< >$@

install: $(LIB_SO) $(LIB_A) $(INSTALLED_PROGS) $(PC_FILES) install-peers
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig \
		$(DESTDIR)$(INCLUDEDIR)/ipcbuf $(DESTDIR)$(INCLUDEDIR)/linux \
		$(DESTDIR)$(INCLUDEDIR)/raftlib/detail
	$(INSTALL) -m 755 $(INSTALLED_PROGS) $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 644 $(LIB_A) $(BUILD)/$(SO_FILE) $(DESTDIR)$(LIBDIR)
	ln -sf $(SO_FILE) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/$(SO_PLAIN)
	$(INSTALL) -m 644 $(PC_FILES) $(DESTDIR)$(LIBDIR)/pkgconfig
	$(INSTALL) -m 644 $(HEADERS) $(DESTDIR)$(INCLUDEDIR)/ipcbuf
	$(INSTALL) -m 644 $(CXX_HEADERS) $(DESTDIR)$(INCLUDEDIR)/raftlib
	$(INSTALL) -m 644 $(CXX_DETAILS) $(DESTDIR)$(INCLUDEDIR)/raftlib/detail
	$(INSTALL) -m 644 $(UAPI_HEADERS) $(DESTDIR)$(INCLUDEDIR)/linux
	set -e; for page in $(MANPAGES); do \
		folder=man$${page##*.}; \
		$(INSTALL) -D -m 644 -t $(DESTDIR)$(MANDIR)/$$folder $$page; \
		for name in $$(scripts/man-names $$page); do \
			echo ".so $$folder/$${page##*/}" \
				>$(DESTDIR)$(MANDIR)/$$folder/$$name; \
		done; \
	done
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

uninstall: uninstall-peers
	rm -f $(INSTALLED_PROGS:$(BUILD)/%=$(DESTDIR)$(BINDIR)/%) \
		$(DESTDIR)$(LIBDIR)/libipcbuf.a \
		$(DESTDIR)$(LIBDIR)/$(SO_PLAIN) \
		$(DESTDIR)$(LIBDIR)/$(SONAME) \
		$(DESTDIR)$(LIBDIR)/$(SO_FILE) \
		$(PC_FILES:$(BUILD)/%=$(DESTDIR)$(LIBDIR)/pkgconfig/%) \
		$(HEADERS:include/%=$(DESTDIR)$(INCLUDEDIR)/%) \
		$(CXX_HEADERS:include/%=$(DESTDIR)$(INCLUDEDIR)/%) \
		$(CXX_DETAILS:include/%=$(DESTDIR)$(INCLUDEDIR)/%) \
		$(UAPI_HEADERS:include/uapi/%=$(DESTDIR)$(INCLUDEDIR)/%)
	rm -f $(foreach page,$(notdir $(MANPAGES)) \
		$(shell scripts/man-names $(MANPAGES)),\
		$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(page))
	-@rmdir $(DESTDIR)$(INCLUDEDIR)/ipcbuf
	-@rmdir -p --ignore-fail-on-non-empty $(DESTDIR)$(INCLUDEDIR)/raftlib/detail
	-@rmdir $(DESTDIR)$(INCLUDEDIR)/linux 2>/dev/null

clean:
	rm -rf build $(filter-out build build/%,$(BUILD))

help:
	@cat scripts/help.txt

FORCE:

.PHONY: all lib tools samples module module-install dkms-install kmod-matrix \
	demo bench bench-readme kselftest selftests macos kselftest-debug crash-exhaustive mutants soak fuzz check model \
	install uninstall clean help FORCE
.DELETE_ON_ERROR:

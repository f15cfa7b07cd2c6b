# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Which compiler, which flags, and where to build.
#
#   SAN=address|undefined|thread   with a sanitizer, in build/asan …
#   SAN=address+undefined          with both, in build/asan-ubsan
#   ARCH=aarch64                   for another machine, in build/aarch64
#   LIBC=musl                      with another C library, in build/musl; ARCH=armhf:
#                                  for 32 bits, in build/armhf
#   SYSTEM=darwin ARCH=arm64       for macOS, in build/macos-arm64 (or x86_64)
#   DARWIN_RULES=1                 macOS's sources for Linux, in build/darwin-rules:
#                                  the selftests then keep to its rules
#   CC=clang BUILD=build/clang     with another compiler
#   WERROR=                        warnings don't stop the build
#   V=1                            print the commands
#
# The choice is written to $(BUILD)/config.mk: what is built again when it
# changes depends on that file, and the selftests take their flags from there.

# For where make would take them for its own.
comma := ,
plus := +

HOST_ARCH := $(shell uname -m)
ARCH ?= $(HOST_ARCH)
# Linux's name for it; macOS calls it so itself.
override ARCH := $(patsubst arm64,aarch64,$(ARCH))
SYSTEM ?= linux
BOOTSTRAP_SETS := base selftest vm module
SYS_LIBS := -pthread -lrt
PROG_LDFLAGS := -Wl,-z,relro -Wl,-z,now
EMULATOR :=
# Shared libraries bind to all that they use, and to nothing by accident.
SO_LDFLAGS := -Wl,-z,defs -Wl,-z,relro -Wl,-z,now

ifeq ($(SYSTEM),darwin)
BUILD ?= build/macos-$(patsubst aarch64,arm64,$(ARCH))
BOOTSTRAP_SETS := base selftest macos
CC := $(CURDIR)/scripts/zig-cc $(ARCH)-macos
CXX := $(CURDIR)/scripts/zig-cc c++ $(ARCH)-macos
AR := $(CURDIR)/scripts/zig-cc ar
SYSROOT := $(shell scripts/zig-sysroot --path $(ARCH)-macos)
SYS_LIBS :=
PROG_LDFLAGS :=
SO_LDFLAGS :=
else ifneq ($(SYSTEM),linux)
$(error SYSTEM=$(SYSTEM): linux or darwin)
else ifneq ($(filter armhf,$(ARCH))$(filter musl,$(LIBC)),)
ZIG_TARGET := $(if $(filter armhf,$(ARCH)),arm-linux-musleabihf,$(ARCH)-linux-musl)
BUILD ?= build/$(if $(filter armhf,$(ARCH)),armhf,musl)
SYSROOT := $(shell scripts/zig-sysroot --path $(ZIG_TARGET))
CC := $(CURDIR)/scripts/zig-cc $(ZIG_TARGET)
CXX := $(CURDIR)/scripts/zig-cc c++ $(ZIG_TARGET)
AR := $(CURDIR)/scripts/zig-cc ar
BOOTSTRAP_SETS := base selftest musl
# There is no such C library here to load.
PROG_LDFLAGS := -static
EMULATOR := $(if $(filter armhf,$(ARCH)),qemu-arm,env)
else ifneq ($(ARCH),$(HOST_ARCH))
ifneq ($(ARCH),aarch64)
$(error ARCH=$(ARCH): only aarch64 and armhf can be built for from here)
endif
BUILD ?= build/aarch64
CC := aarch64-linux-gnu-gcc
AR := aarch64-linux-gnu-ar
SYSROOT := $(shell scripts/arm64-sysroot --path)
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/aarch64-linux-gnu/pkgconfig pkg-config
# Static programs run under the emulator without a foreign system around them.
PROG_LDFLAGS := -static
EMULATOR := qemu-aarch64
BOOTSTRAP_SETS := base selftest cross
endif

ifneq ($(findstring zig-cc,$(CC)),)
URCU_CFLAGS := -isystem $(SYSROOT)/include
URCU_LIBS := $(SYSROOT)/lib/liburcu-bp.a $(SYSROOT)/lib/liburcu-common.a
TOOL_CFLAGS := $(URCU_CFLAGS)
TOOL_LIBS := $(SYSROOT)/lib/libxxhash.a $(SYSROOT)/lib/libjson-c.a
endif

# What the sources are chosen for.
SOURCES_FOR := $(SYSTEM)
ifneq ($(DARWIN_RULES),)
SOURCES_FOR := darwin
BUILD ?= build/darwin-rules
DARWIN_FLAGS := -DIPCB_NO_MEMBARRIER -Iselftests/darwin/parts/include \
	-include selftests/darwin/parts/include/darwin.h
BOOTSTRAP_SETS := base selftest
endif

PKG_CONFIG ?= pkg-config
ifeq ($(origin CC),default)
CC := gcc
endif
# Of the same family, for the C++ samples and selftests.
ifeq ($(origin CXX),default)
CXX := $(subst clang,clang++,$(subst gcc,g++,$(CC)))
endif
CC_IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))

SAN_DIR_address := asan
SAN_DIR_undefined := ubsan
SAN_DIR_thread := tsan
SAN_DIR_address+undefined := asan-ubsan
ifneq ($(SAN),)
ifeq ($(SAN_DIR_$(SAN)),)
$(error SAN=$(SAN): address, undefined, address+undefined or thread)
endif
BUILD ?= build/$(SAN_DIR_$(SAN))
SAN_FLAGS := -fsanitize=$(subst $(plus),$(comma),$(SAN)) -fno-sanitize-recover=all -fno-omit-frame-pointer
ifeq ($(CC_IS_CLANG)$(SAN),thread)
# gcc warns of every fence that ThreadSanitizer doesn't see.
SAN_FLAGS += -Wno-tsan
endif
# The sanitizers' own functions come from the program.
SO_LDFLAGS := $(filter-out %defs,$(SO_LDFLAGS))
endif

BUILD ?= build

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(Q),@printf '  %-3s %s\n' $1 $2)

CFLAGS ?= -O2 -g
WERROR ?= -Werror
WARNINGS := -Wall -Wextra -Wshadow -Wconversion $(WERROR)
# Sizes are of 64 bits wherever they are shared; who can't map as much is refused
# the region (ipcb_memory_addressable).
ifeq ($(ARCH),armhf)
WARNINGS += -Wno-shorten-64-to-32
endif
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE= $(WARNINGS) $(CPPFLAGS) $(CFLAGS) $(SAN_FLAGS)
CXX_STD := c++17
ALL_CXXFLAGS := -std=$(CXX_STD) $(WARNINGS) -Wpedantic $(CPPFLAGS) $(CFLAGS) $(SAN_FLAGS)

# pkg-config is asked once, by the first rule that needs the answer.
need = $(if $(shell $(PKG_CONFIG) --exists $1 && echo yes),,\
	$(error $1 is missing: run scripts/bootstrap $(filter-out selftest,$(BOOTSTRAP_SETS))))
ask = $(strip $(call need,$2)$(shell $(PKG_CONFIG) $1 $2))
once = $(eval $1 := $$(call ask,$2,$3))$($1)

ifeq ($(findstring zig-cc,$(CC)),)
URCU_CFLAGS = $(call once,URCU_CFLAGS,--cflags,liburcu-bp)
URCU_LIBS = $(call once,URCU_LIBS,--libs,liburcu-bp)
TOOL_CFLAGS = $(call once,TOOL_CFLAGS,--cflags,libxxhash json-c)
TOOL_LIBS = $(call once,TOOL_LIBS,--libs,libxxhash json-c)
endif

define CONFIG_TEXT
CC := $(CC)
TEST_CFLAGS := $(ALL_CFLAGS) $(URCU_CFLAGS) $(if $(SAN)$(EMULATOR),-DFEW_VARIANTS)
CXX := $(CXX)
TEST_CXXFLAGS := $(ALL_CXXFLAGS)
TEST_LDFLAGS := $(PROG_LDFLAGS) $(LDFLAGS)
TEST_LIBS := $(URCU_LIBS) $(SYS_LIBS)
EMULATOR := $(EMULATOR)
DARWIN_RULES := $(DARWIN_RULES)
SYSTEM := $(SYSTEM)
endef

# Two makes of one folder at a time, which find nothing to do, aren't in each other's way.
CONFIG := $(BUILD)/config.mk
CONFIG_NEW := $(CONFIG).$(shell echo $$PPID)
$(CONFIG): FORCE
	$(shell mkdir -p $(@D))$(file >$(CONFIG_NEW),$(CONFIG_TEXT))
	@if cmp -s $(CONFIG_NEW) $@; then rm $(CONFIG_NEW); else mv $(CONFIG_NEW) $@; fi

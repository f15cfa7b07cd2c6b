# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# What ipcbuf is measured beside: tools/bench/peers/NAME.c, .cpp or NAME/ makes
# $(BUILD)/bench/NAME.so. A peer whose library isn't on this machine is left out;
# nothing else is linked to any of them.

PEERS := boost-lockfree boost-mq boost-msm ck dpdk iceoryx iceoryx2 jemalloc mimalloc \
	mimalloc-ck readerwriterqueue zmq
PEER_DIR := $(BUILD)/bench
PEER_SOURCES := tools/bench/peers

# A header by which it is seen that the library is there.
PEER_NEEDS_boost-lockfree := boost/lockfree/spsc_queue.hpp
PEER_NEEDS_boost-mq := boost/interprocess/ipc/message_queue.hpp
PEER_NEEDS_boost-msm := boost/interprocess/managed_shared_memory.hpp
PEER_NEEDS_ck := ck_ring.h
PEER_NEEDS_dpdk := dpdk/rte_ring.h
PEER_NEEDS_iceoryx := iceoryx/v2*/iceoryx_posh/iceoryx_posh_types.hpp sys/acl.h
PEER_NEEDS_jemalloc := jemalloc/jemalloc.h
PEER_NEEDS_mimalloc := mimalloc.h
PEER_NEEDS_mimalloc-ck := mimalloc.h ck_ring.h
PEER_NEEDS_readerwriterqueue := readerwriterqueue/readerwriterqueue.h
PEER_NEEDS_zmq := zmq.h

peer-header = $(firstword $(wildcard $(addsuffix /$1,/usr/local/include /usr/include)))
peer-lacks = $(strip $(foreach header,$(PEER_NEEDS_$1),\
	$(if $(call peer-header,$(header)),,$(header))))
# Neither for another machine or system nor with a sanitizer.
PEERS_HERE := $(if $(EMULATOR)$(SAN)$(filter-out linux,$(SOURCES_FOR)),,$(strip \
	$(foreach peer,$(filter-out iceoryx2,$(PEERS)),\
	$(if $(call peer-lacks,$(peer)),,$(peer)))))
PEER_PLUGINS := $(PEERS_HERE:%=$(PEER_DIR)/%.so)

# Their own headers' warnings are not ours to mend: hence -isystem.
PEER_CXXFLAGS_iceoryx = -isystem $(patsubst %/iceoryx_posh/iceoryx_posh_types.hpp,%,\
	$(call peer-header,$(firstword $(PEER_NEEDS_iceoryx))))
PEER_LIBS_iceoryx := -liceoryx_posh_roudi -liceoryx_posh -liceoryx_hoofs -liceoryx_platform
PEER_CFLAGS_dpdk = $(patsubst -I%,-isystem %,$(call once,DPDK_CFLAGS,--cflags,libdpdk))
PEER_LIBS_dpdk := -lrte_mempool -lrte_ring -lrte_eal
# What jemalloc has to find when the program starts, see its source.
PEER_ENVIRONMENT := GLIBC_TUNABLES=glibc.rtld.optional_static_tls=4096
PEER_LIBS_mimalloc := -lmimalloc
PEER_LIBS_mimalloc-ck := -lmimalloc
PEER_LIBS_zmq := -lzmq
# It doesn't say itself which version it is; Debian's package does.
PEER_CXXFLAGS_readerwriterqueue = -DREADERWRITERQUEUE_VERSION='"$(firstword $(subst -, ,\
	$(shell dpkg-query -W -f '$${Version}' libreaderwriterqueue-dev 2>/dev/null)))"'

peers: $(PEER_PLUGINS)

# Libraries that a peer names and doesn't call would be loaded for nothing.
PEER_LINK = -shared -Wl,--version-script=$(PEER_SOURCES)/peers.map \
	-Wl,--as-needed $(SO_LDFLAGS) $(LDFLAGS) -o $@ $< $(PEER_LIBS_$*) -pthread -lrt
PEER_DEPENDENCIES = -MMD -MP -MF $(BUILD)/obj/$(PEER_SOURCES)/$*.d -MT $@

$(PEER_DIR)/%.so: $(PEER_SOURCES)/%.c $(PEER_SOURCES)/peers.map $(PEER_SOURCES)/peers.mk $(CONFIG)
	@mkdir -p $(@D) $(BUILD)/obj/$(PEER_SOURCES)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -fPIC $(PEER_CFLAGS_$*) $(PEER_DEPENDENCIES) $(PEER_LINK)

$(PEER_DIR)/%.so: $(PEER_SOURCES)/%.cpp $(PEER_SOURCES)/peers.map $(PEER_SOURCES)/peers.mk $(CONFIG)
	@mkdir -p $(@D) $(BUILD)/obj/$(PEER_SOURCES)
	$(call say,CXX,$@)
	$(Q)$(CXX) $(ALL_CXXFLAGS) -fPIC $(PEER_CXXFLAGS_$*) $(PEER_DEPENDENCIES) $(PEER_LINK)

-include $(PEERS_HERE:%=$(BUILD)/obj/$(PEER_SOURCES)/%.d)

# --- iceoryx2 ----------------------------------------------------------------
# By cargo, which fetches what it needs; so never unless it is asked for.

PEER_CRATE := $(PEER_SOURCES)/iceoryx2

$(PEER_DIR)/iceoryx2.so: $(wildcard $(PEER_CRATE)/*.rs $(PEER_CRATE)/Cargo.*)
	@mkdir -p $(@D)
	$(call say,RS,$@)
	$(Q)CARGO_TARGET_DIR=$(abspath $(BUILD)/obj/$(PEER_CRATE)) cargo build --quiet \
		--release --locked --manifest-path $(PEER_CRATE)/Cargo.toml
	$(Q)cp $(BUILD)/obj/$(PEER_CRATE)/release/libbench_iceoryx2.so $@

bench-peers:
	$(Q)scripts/bootstrap base bench peers
	+$(Q)$(again) peers
	+$(Q)$(again) $(PEER_DIR)/iceoryx2.so || echo "iceoryx2 is left out: it needs" \
		"cargo with Rust 1.89 or later (https://rustup.rs) and crates.io"

# --- checking and installing -------------------------------------------------

PEER_CHECK := $(BUILD)/obj/$(PEER_SOURCES)/check/check

$(PEER_CHECK): $(call objects,$(PEER_SOURCES)/check)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(PROG_LDFLAGS) $(LDFLAGS) -o $@ $^ -ldl $(SYS_LIBS)

-include $(patsubst %.o,%.d,$(call objects,$(PEER_SOURCES)/check))

# What was built, with iceoryx2 where that was asked for at one time.
PEERS_BUILT = $(wildcard $(PEERS:%=$(PEER_DIR)/%.so))

check-peers: peers $(PEER_CHECK)
	$(Q)scripts/check-peers $(PEER_CHECK) $(PEER_DIR) $(PEERS)

PEER_LIBDIR = $(DESTDIR)$(LIBDIR)/ipcbuf-bench

install-peers:
	$(if $(PEERS_BUILT),$(INSTALL) -d $(PEER_LIBDIR))
	$(if $(PEERS_BUILT),$(INSTALL) -m 755 $(PEERS_BUILT) $(PEER_LIBDIR))

uninstall-peers:
	rm -f $(PEERS:%=$(PEER_LIBDIR)/%.so)
	-@rmdir $(PEER_LIBDIR) 2>/dev/null

.PHONY: peers bench-peers check-peers install-peers uninstall-peers

// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The accounts. See ledger.h. */
#include "ledger.h"

#include "random.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WRONG_EXIT 3

enum fate {
	FATE_UNSURE,
	FATE_SENT,
	FATE_FAILED,
	FATE_RECEIVED,
};

/* All in one order: what is killed between two stores has done the first. */
static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static uint64_t fate_word(uint64_t number, enum fate fate)
{
	return number << 2 | fate;
}

static uint64_t *fate_of(struct ledger_lane *lane, uint64_t number)
{
	return &lane->fates[number % FATES];
}

static bool settle_one(struct ledger_lane *lane, uint64_t number,
		       enum fate fate)
{
	uint64_t unsure = fate_word(number, FATE_UNSURE);

	return __atomic_compare_exchange_n(fate_of(lane, number), &unsure,
					   fate_word(number, fate), false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static uint64_t last_taken(const struct ledger_lane *lane)
{
	return load(&lane->taken) >> 16;
}

struct ledger *ledger_new(unsigned int workers, uint64_t seed)
{
	struct ledger *ledger = mmap(NULL, sizeof(*ledger),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct random random = { seed };
	struct ledger_lane *lane;
	uint32_t i;

	if (ledger == MAP_FAILED)
		return NULL;
	ledger->lanes = workers * LANES_PER_WORKER;
	for (i = 0; i < ledger->lanes; i++) {
		lane = &ledger->lane[i];
		lane->producer = i % workers;
		lane->consumer = (uint32_t)random_below(&random, workers);
		lane->depth_slots = 1u << random_below(&random, 9);
	}
	return ledger;
}

void ledger_wrong(struct ledger *ledger, const char *format, ...)
{
	char what[400], text[480];
	va_list args;

	__atomic_fetch_add(&ledger->violations, 1, __ATOMIC_SEQ_CST);
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(text, sizeof(text), "ipcbuf-soak: WRONG: pid %d: %s\n",
		 (int)getpid(), what);
	/* In one piece, whoever else says something. */
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(WRONG_EXIT + 1);
	_exit(WRONG_EXIT);
}

void cell_beat(struct ledger_cell *cell, enum ledger_doing doing,
	       uint32_t lane)
{
	__atomic_store_n(&cell->lane, lane, __ATOMIC_RELAXED);
	__atomic_store_n(&cell->doing, doing, __ATOMIC_RELAXED);
	__atomic_fetch_add(&cell->beats, 1, __ATOMIC_RELEASE);
}

uint64_t ledger_begin(struct ledger_lane *lane, unsigned int count)
{
	uint64_t first = load(&lane->begun) + 1, i;

	if (first + count - last_taken(lane) > FATES)
		return 0;
	store(&lane->begun, first + count - 1);
	for (i = 0; i < count; i++)
		store(fate_of(lane, first + i),
		      fate_word(first + i, FATE_UNSURE));
	return first;
}

void ledger_settle(struct ledger *ledger, struct ledger_lane *lane,
		   uint64_t first, unsigned int count, unsigned int sent)
{
	uint64_t number;

	for (number = first; number < first + sent; number++)
		settle_one(lane, number, FATE_SENT);
	for (; number < first + count; number++)
		if (!settle_one(lane, number, FATE_FAILED))
			ledger_wrong(ledger, "record %llu of lane %td came "
				     "though sending it had failed",
				     (unsigned long long)number,
				     lane - ledger->lane);
	store(&lane->begun, first + sent - 1);
}

uint64_t ledger_carry(const struct ledger_lane *lane)
{
	return load(&lane->taken) & 0xffff;
}

static void set_taken(struct ledger_lane *lane, uint64_t number,
		      uint64_t asked)
{
	store(&lane->taken, number << 16 | (asked < 0xffff ? asked : 0xffff));
}

void ledger_ask(struct ledger_lane *lane, uint64_t carry, uint64_t count)
{
	set_taken(lane, last_taken(lane), carry + count);
}

/* Between what came last and @end; up to @first other deaths may excuse. */
static void missing(struct ledger *ledger, struct ledger_lane *lane,
		    uint64_t carry, uint64_t end, uint64_t first)
{
	uint64_t number = last_taken(lane) + 1, word, lost = 0, burned = 0;

	for (; number < end; number++) {
		word = load(fate_of(lane, number));
		if (number >= first || word == fate_word(number, FATE_SENT) ||
		    word == fate_word(number, FATE_RECEIVED))
			lost++;
		else
			burned++;
	}
	if (lost > carry)
		ledger_wrong(ledger, "lane %td: %llu records are lost before "
			     "%llu (its batch began at %llu, the last was %llu), "
			     "of which the dead can have taken %llu",
			     lane - ledger->lane, (unsigned long long)lost,
			     (unsigned long long)end, (unsigned long long)first,
			     (unsigned long long)last_taken(lane),
			     (unsigned long long)carry);
	ledger_count(ledger, COUNT_LOST, lost);
	ledger_count(ledger, COUNT_BURNED, burned);
}

void ledger_came(struct ledger *ledger, struct ledger_lane *lane,
		 uint64_t *carry, uint64_t number, uint64_t first,
		 uint64_t more)
{
	uint64_t word;

	if (number <= last_taken(lane))
		ledger_wrong(ledger, "lane %td: record %llu came after %llu",
			     lane - ledger->lane, (unsigned long long)number,
			     (unsigned long long)last_taken(lane));
	word = __atomic_exchange_n(fate_of(lane, number),
				   fate_word(number, FATE_RECEIVED),
				   __ATOMIC_SEQ_CST);
	if (word != fate_word(number, FATE_UNSURE) &&
	    word != fate_word(number, FATE_SENT))
		ledger_wrong(ledger, "lane %td: record %llu came, of which the "
			     "accounts say %llu:%llu", lane - ledger->lane,
			     (unsigned long long)number,
			     (unsigned long long)word >> 2,
			     (unsigned long long)word & 3);
	missing(ledger, lane, *carry, number, first);
	*carry = 0;
	set_taken(lane, number, more);
}

void ledger_end(struct ledger *ledger, struct ledger_lane *lane)
{
	uint64_t end = load(&lane->begun) + 1;

	missing(ledger, lane, ledger_carry(lane), end, end);
}

bool ledger_has_record(const struct ledger_lane *lane)
{
	uint64_t number = last_taken(lane) + 1, end = load(&lane->begun) + 1;

	for (; number < end; number++)
		if (load(&lane->fates[number % FATES]) ==
		    fate_word(number, FATE_SENT))
			return true;
	return false;
}

bool ledger_has_room(const struct ledger_lane *lane)
{
	return load(&lane->begun) - last_taken(lane) <= lane->depth_slots;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The threads' flags, see reader.h. */
#include "reader.h"

#include <pthread.h>
#include <stdlib.h>

#include "region.h"

__thread struct ipcb_reader *ipcb_reader;
struct ipcbuf_region ipcb_no_region;

/* Does G2 reach all threads? Constant once the first region is open. */
static int asymmetric;
static pthread_key_t thread_end_key;
static int usable;	/* the same */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
/* Protected by mutex; only ever prepended to. */
static struct ipcb_reader *readers;

static struct ipcb_reader *new_reader(void)
{
	struct ipcb_reader *reader =
		aligned_alloc(sizeof(*reader), sizeof(*reader));

	if (reader) {
		*reader = (struct ipcb_reader){
			.last_region = &ipcb_no_region,
			.next = readers,
		};
		readers = reader;
	}
	return reader;
}

static void give_back(struct ipcb_reader *reader)
{
	pthread_mutex_lock(&mutex);
	reader->taken = 0;
	pthread_mutex_unlock(&mutex);
}

void ipcb_reader_note(struct ipcbuf_region *region, struct ipcb_cache *cache)
{
	if (!ipcb_reader)
		return;
	ipcb_reader->last_cache = cache;
	ipcb_store_relaxed(&ipcb_reader->last_region, region);
}

void ipcb_reader_forget(void)
{
	if (ipcb_reader)
		ipcb_store_relaxed(&ipcb_reader->last_region, &ipcb_no_region);
}

static void thread_end(void *reader)
{
	ipcb_reader_forget();
	ipcb_reader = NULL;
	give_back(reader);
}

void ipcb_reader_join(void)
{
	struct ipcb_reader *reader;

	if (ipcb_reader || !usable)
		return;
	pthread_mutex_lock(&mutex);
	for (reader = readers; reader && reader->taken; reader = reader->next)
		;
	if (!reader)
		reader = new_reader();
	if (reader)
		reader->taken = 1;
	pthread_mutex_unlock(&mutex);
	if (!reader)
		return;
	if (pthread_setspecific(thread_end_key, reader))
		give_back(reader);
	else
		ipcb_reader = reader;
}

/* The list as it is now: who joins later finds the handle shut. */
static struct ipcb_reader *first_reader(void)
{
	struct ipcb_reader *first;

	pthread_mutex_lock(&mutex);
	first = readers;
	pthread_mutex_unlock(&mutex);
	return first;
}

/* G1 for the regions' short ways; a thread's own store in the meantime stands. */
static void shut(struct ipcb_reader *reader, struct ipcbuf_region *closed)
{
	if (ipcb_load_relaxed(&reader->last_region) == closed)
		ipcb_cas_acq_rel(&reader->last_region, closed, &ipcb_no_region);
}

/* G3. Acquire: pairs with W and R4. */
static void await(const struct ipcb_reader *reader)
{
	struct ipcb_backoff backoff = IPCB_BACKOFF_INIT(IPCBUF_FOREVER);
	uint32_t looks = ipcb_load_acquire(&reader->looks);

	while (ipcb_load_acquire(&reader->inside) &&
	       ipcb_load_acquire(&reader->looks) - looks < 2)
		ipcb_backoff(&backoff);
}

void ipcb_grace_period(struct ipcbuf_region *closed)
{
	struct ipcb_reader *reader;

	ipcb_rcu_synchronize();
	for (reader = first_reader(); reader && closed; reader = reader->next)
		shut(reader, closed);
	/* G2 */
	ipcb_fence_full();
	if (asymmetric)
		ipcb_membarrier_process();
	for (reader = first_reader(); reader; reader = reader->next)
		await(reader);
}

int ipcb_reader_init(void)
{
	if (pthread_key_create(&thread_end_key, thread_end))
		return -ENOMEM;
	asymmetric = ipcb_membarrier_register_process();
	usable = asymmetric || IPCB_ALWAYS_FENCES;
	return 0;
}

void ipcb_reader_fork_prepare(void)
{
	pthread_mutex_lock(&mutex);
}

void ipcb_reader_fork_parent(void)
{
	pthread_mutex_unlock(&mutex);
}

/* Nobody is behind the other threads' flags any more. */
void ipcb_reader_fork_child(void)
{
	struct ipcb_reader *reader;

	for (reader = readers; reader; reader = reader->next)
		if (reader != ipcb_reader) {
			ipcb_store_relaxed(&reader->inside, 0);
			reader->last_region = &ipcb_no_region;
			reader->taken = 0;
		}
	pthread_mutex_unlock(&mutex);
}

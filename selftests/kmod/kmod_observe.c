// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What can be seen from outside: /proc/PID/fdinfo, debugfs, tracepoints. The
 * latter two take root.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES 65536

FIXTURE(observe) {
	struct kmod_region r;
};

FIXTURE_SETUP(observe)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
}

FIXTURE_TEARDOWN(observe)
{
	kmod_region_end(&self->r);
}

/* A line of fdinfo as a word; "?" where there is none. */
static const char *line_of(int fd, const char *key)
{
	static char value[128];

	return kmod_fdinfo(fd, key, value) ? value : "?";
}

static int64_t number_of(int fd, const char *key)
{
	const char *text = line_of(fd, key);
	char *end;
	long long number = strtoll(text, &end, 10);

	MUST(*text && !*end);
	return number;
}

static int wait_once(void *arg)
{
	struct kmod_region *region = arg;

	MUST_EQ(0, kmod_wait(region->fd, 0, 0, IPCBUF_IOC_FOREVER));
	return 0;
}

/* Fails if fdinfo doesn't tell what a region is, what it holds and who waits. */
TEST_F(observe, fdinfo)
{
	int fd = self->r.fd;
	pid_t peer;

	EXPECT_EQ(self->r.id, number_of(fd, "ipcbuf-id"));
	EXPECT_STREQ(self->r.name, line_of(fd, "ipcbuf-name"));
	EXPECT_EQ(BYTES, number_of(fd, "ipcbuf-size"));
	EXPECT_EQ(0, number_of(fd, "ipcbuf-used"));
	ASSERT_EQ(0, kmod_commit(fd, 0, 8192, 0));
	EXPECT_EQ(8192, number_of(fd, "ipcbuf-used"));
	EXPECT_EQ(0, number_of(fd, "ipcbuf-waiters"));
	peer = peer_start(wait_once, &self->r);
	kmod_await_waiters(fd, 1);
	EXPECT_EQ(1, number_of(fd, "ipcbuf-waiters"));
	EXPECT_EQ(1, kmod_wake(fd, 0, 1));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, number_of(fd, "ipcbuf-waiters"));
}

/* Fails if fdinfo doesn't tell which member a descriptor is, was, or isn't. */
TEST_F(observe, fdinfo_states)
{
	const struct ipcbuf_control *control;
	int looker = kmod_attach(self->r.fd, IPCBUF_IOC_RDONLY);
	int fd = kmod_attach(self->r.fd, 0);

	control = kmod_control(fd, KMOD_SLOTS);
	ASSERT_NE(NULL, control);
	EXPECT_STREQ("observer", line_of(looker, "ipcbuf-state"));
	EXPECT_EQ(-1, number_of(looker, "ipcbuf-slot"));
	EXPECT_STREQ("opened", line_of(fd, "ipcbuf-state"));
	EXPECT_EQ(-1, number_of(fd, "ipcbuf-slot"));
	ASSERT_EQ(5, kmod_join(fd, 5, NULL));
	EXPECT_STREQ("member", line_of(fd, "ipcbuf-state"));
	EXPECT_EQ(5, number_of(fd, "ipcbuf-slot"));
	EXPECT_EQ(1, number_of(fd, "ipcbuf-generation"));
	ASSERT_EQ(0, kmod_leave(fd));
	EXPECT_STREQ("left", line_of(fd, "ipcbuf-state"));
	ASSERT_EQ(5, kmod_join(fd, 5, NULL));
	EXPECT_EQ(2, number_of(fd, "ipcbuf-generation"));
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_STREQ("dead", line_of(fd, "ipcbuf-state"));
	EXPECT_EQ(5, number_of(fd, "ipcbuf-slot"));
	EXPECT_EQ(2, number_of(fd, "ipcbuf-generation"));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, close(looker));
}

/* Fails if fdinfo doesn't tell what a doorbell is for. */
TEST_F(observe, fdinfo_doorbell)
{
	int bell = kmod_doorbell(self->r.fd, 4096, 77);

	ASSERT_LE(0, bell);
	EXPECT_EQ(self->r.id, number_of(bell, "ipcbuf-id"));
	EXPECT_EQ(4096, number_of(bell, "ipcbuf-offset"));
	EXPECT_EQ(77, number_of(bell, "ipcbuf-value"));
	EXPECT_EQ(0, close(bell));
}

#define COLUMNS 20

/* A file's line as words; those of its header say which is which. */
struct row {
	char text[2][512];
	char *words[2][COLUMNS];
};

static void split(char *text, char *words[COLUMNS])
{
	unsigned int i;

	text[strcspn(text, "\n")] = '\0';
	for (i = 0; i < COLUMNS; i++)
		words[i] = strtok(i ? NULL : text, " \t");
}

/* The n-th line that begins with the id; false: there is none. */
static bool find_row(const char *path, uint64_t id, unsigned int n,
		     struct row *ret)
{
	FILE *file = kmod_debugfs(path, "re");
	bool found = false;

	MUST(file);
	MUST(fgets(ret->text[0], sizeof(ret->text[0]), file));
	split(ret->text[0], ret->words[0]);
	MUST(!strcmp(ret->words[0][0], "id"));
	while (!found && fgets(ret->text[1], sizeof(ret->text[1]), file))
		if (strtoull(ret->text[1], NULL, 10) == id && !n--)
			found = true;
	if (found)
		split(ret->text[1], ret->words[1]);
	fclose(file);
	return found;
}

static const char *cell(const struct row *row, const char *column)
{
	unsigned int i;

	for (i = 0; i < COLUMNS && row->words[0][i]; i++)
		if (!strcmp(row->words[0][i], column))
			return row->words[1][i] ? row->words[1][i] : "?";
	return "?";
}

static int64_t cell_number(const struct row *row, const char *column)
{
	return atoll(cell(row, column));
}

#define NEED_DEBUGFS() \
	do { \
		if (kmod_exists(self->r.id) < 0) \
			SKIP(return, "no debugfs"); \
	} while (0)

/* Fails if debugfs doesn't tell of a region's size, memory and use. */
TEST_F(observe, regions)
{
	struct row row;
	pid_t peer;

	NEED_DEBUGFS();
	ASSERT_EQ(0, kmod_commit(self->r.fd, 0, 8192, 0));
	ASSERT_EQ(1, kmod_join(self->r.fd, 1, NULL));
	peer = peer_start(wait_once, &self->r);
	kmod_await_waiters(self->r.fd, 1);
	ASSERT_TRUE(find_row("ipcbuf/regions", self->r.id, 0, &row));
	EXPECT_STREQ(self->r.name, cell(&row, "name"));
	EXPECT_EQ(BYTES, cell_number(&row, "size"));
	EXPECT_EQ(8192, cell_number(&row, "used"));
	EXPECT_EQ(KMOD_SLOTS, cell_number(&row, "slots"));
	EXPECT_EQ(1, cell_number(&row, "members"));
	EXPECT_EQ(1, cell_number(&row, "waiters"));
	EXPECT_EQ(0, cell_number(&row, "deaths"));
	EXPECT_EQ(0600, strtol(cell(&row, "mode"), NULL, 8));
	EXPECT_FALSE(find_row("ipcbuf/regions", self->r.id, 1, &row));
	EXPECT_EQ(1, kmod_wake(self->r.fd, 0, 1));
	EXPECT_EQ(0, peer_wait(peer));
	kmod_unmap_control(self->r.control, KMOD_SLOTS);
	self->r.control = NULL;
	ASSERT_TRUE(find_row("ipcbuf/regions", self->r.id, 0, &row));
	EXPECT_EQ(0, cell_number(&row, "members"));
	EXPECT_EQ(0, cell_number(&row, "waiters"));
	EXPECT_EQ(1, cell_number(&row, "deaths"));
}

/* Fails if a region without a name breaks the lines, or isn't told of. */
TEST_F(observe, regions_without_name)
{
	int fd = kmod_create(self->r.device, "", BYTES, 3);
	struct row row;

	NEED_DEBUGFS();
	ASSERT_LE(0, fd);
	ASSERT_TRUE(find_row("ipcbuf/regions", kmod_stat(fd).id, 0, &row));
	EXPECT_EQ(BYTES, cell_number(&row, "size"));
	EXPECT_EQ(3, cell_number(&row, "slots"));
	EXPECT_EQ(0, close(fd));
}

static int be_member(void *arg)
{
	struct { struct kmod_region *region; int joined, leave; } *at = arg;

	MUST(kmod_member(at->region->fd, 6, NULL, NULL) >= 0);
	gate_post(at->joined, 1);
	gate_wait(at->leave);
	return 0;
}

/* Fails if debugfs doesn't tell of a member as long as it is one, or is dead. */
TEST_F(observe, members)
{
	struct { struct kmod_region *region; int joined, leave; } at = {
		&self->r, gate_new(), gate_new(),
	};
	struct row row;
	pid_t peer;

	NEED_DEBUGFS();
	EXPECT_FALSE(find_row("ipcbuf/members", self->r.id, 0, &row));
	peer = peer_start(be_member, &at);
	gate_wait(at.joined);
	ASSERT_TRUE(find_row("ipcbuf/members", self->r.id, 0, &row));
	EXPECT_STREQ(self->r.name, cell(&row, "name"));
	EXPECT_EQ(6, cell_number(&row, "slot"));
	EXPECT_EQ(1, cell_number(&row, "generation"));
	EXPECT_EQ(peer, cell_number(&row, "pid"));
	EXPECT_STREQ("member", cell(&row, "state"));
	EXPECT_FALSE(find_row("ipcbuf/members", self->r.id, 1, &row));
	gate_post(at.leave, 1);
	EXPECT_EQ(0, peer_wait(peer));
	ASSERT_TRUE(find_row("ipcbuf/members", self->r.id, 0, &row));
	EXPECT_EQ(6, cell_number(&row, "slot"));
	EXPECT_EQ(1, cell_number(&row, "generation"));
	EXPECT_STREQ("dead", cell(&row, "state"));
	EXPECT_FALSE(find_row("ipcbuf/members", self->r.id, 1, &row));
	EXPECT_EQ(0, kmod_reap(self->r.fd, 6, 1));
	EXPECT_FALSE(find_row("ipcbuf/members", self->r.id, 0, &row));
	/* Nor is there one that has left. */
	ASSERT_EQ(2, kmod_join(self->r.fd, 2, NULL));
	ASSERT_TRUE(find_row("ipcbuf/members", self->r.id, 0, &row));
	EXPECT_EQ(getpid(), cell_number(&row, "pid"));
	EXPECT_EQ(0, kmod_leave(self->r.fd));
	EXPECT_FALSE(find_row("ipcbuf/members", self->r.id, 0, &row));
}

/* Fails if a dead member that is dead and open is told of twice. */
TEST_F(observe, dead_and_open)
{
	const struct ipcbuf_control *control;
	struct row row;
	int fd;

	NEED_DEBUGFS();
	fd = kmod_member(self->r.fd, 3, &control, NULL);
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_TRUE(find_row("ipcbuf/members", self->r.id, 0, &row));
	EXPECT_STREQ("dead", cell(&row, "state"));
	EXPECT_FALSE(find_row("ipcbuf/members", self->r.id, 1, &row));
	EXPECT_EQ(0, close(fd));
	EXPECT_TRUE(find_row("ipcbuf/members", self->r.id, 0, &row));
	EXPECT_FALSE(find_row("ipcbuf/members", self->r.id, 1, &row));
}

static int64_t look_as_other(void *unused)
{
	FILE *file;

	kmod_become(54321);
	file = fopen("/sys/kernel/debug/ipcbuf/regions", "re");
	return file ? 1 : -errno;
}

/* Fails if others than root see all regions. */
TEST_F(observe, root_only)
{
	NEED_DEBUGFS();
	EXPECT_EQ(-EACCES, kmod_ask(look_as_other, NULL));
}

/* A buffer of the test's own for tracepoints; the module's are on in it. */
#define TRACING "/sys/kernel/tracing"

static bool write_trace(const char *instance, const char *file,
			const char *text)
{
	char path[192];
	FILE *opened;

	snprintf(path, sizeof(path), "%s/%s", instance, file);
	opened = fopen(path, "we");
	if (!opened)
		return false;
	fputs(text, opened);
	return !fclose(opened);
}

/* Is there a line of the event that has this text? */
static bool traced(const char *instance, const char *event, const char *text)
{
	char path[192], line[512];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/trace", instance);
	file = fopen(path, "re");
	MUST(file);
	while (fgets(line, sizeof(line), file))
		found |= strstr(line, event) && strstr(line, text);
	fclose(file);
	return found;
}

static void make_events(struct kmod_region *region)
{
	int fd = kmod_open(region->device, region->name, 0);
	const struct ipcbuf_control *control = kmod_control(fd, KMOD_SLOTS);

	MUST(control);
	MUST_EQ(7, kmod_join(fd, 7, NULL));
	MUST_EQ(-ETIMEDOUT, kmod_wait(fd, 256, 0, 0));
	MUST_EQ(0, kmod_wake(fd, 512, 1));
	kmod_unmap_control(control, KMOD_SLOTS);
	MUST_EQ(0, close(fd));
}

/* Fails if one of the tracepoints is missing, or doesn't say which region it is of. */
TEST_F(observe, tracepoints)
{
	struct kmod_region traced_region;
	char instance[128], id[32];
	FILE *there = kmod_tracefs("events/ipcbuf/enable", "re");
	bool possible;

	if (!there)
		SKIP(return, "no tracefs, or no rights");
	fclose(there);
	snprintf(instance, sizeof(instance), TRACING "/instances/kmod-%d",
		 (int)getpid());
	if (mkdir(instance, 0700))
		SKIP(return, "can't make a trace buffer");
	possible = write_trace(instance, "events/ipcbuf/enable", "1\n");
	EXPECT_TRUE(possible);
	kmod_region_begin(&traced_region, BYTES);
	make_events(&traced_region);
	snprintf(id, sizeof(id), "id=%llu ",
		 (unsigned long long)traced_region.id);
	EXPECT_TRUE(traced(instance, "ipcbuf_create:", id));
	EXPECT_TRUE(traced(instance, "ipcbuf_create:", traced_region.name));
	EXPECT_TRUE(traced(instance, "ipcbuf_attach:", id));
	EXPECT_TRUE(traced(instance, "ipcbuf_wait:", id));
	EXPECT_TRUE(traced(instance, "ipcbuf_wait:", "offset=256 "));
	EXPECT_TRUE(traced(instance, "ipcbuf_wake:", id));
	EXPECT_TRUE(traced(instance, "ipcbuf_wake:", "offset=512 "));
	EXPECT_TRUE(traced(instance, "ipcbuf_death:", id));
	EXPECT_TRUE(traced(instance, "ipcbuf_death:", "slot=7 "));
	EXPECT_TRUE(write_trace(instance, "events/ipcbuf/enable", "0\n"));
	kmod_region_end(&traced_region);
	EXPECT_EQ(0, rmdir(instance));
}

KMOD_HARNESS_MAIN

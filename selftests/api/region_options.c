// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* What may stand in the options, and where the environment decides. */
#include "../common/variants.h"

#include <string.h>
#include <unistd.h>

FIXTURE(options) {
	struct ipcbuf_region_options options;
	char name[IPCBUF_NAME_MAX + 1];
	struct ipcbuf_region *region;
};

FIXTURE_SETUP(options)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	options.size_bytes = 1 * MIB;
	self->options = options;
	self->region = POISON;
	region_new_name(self->name);
	ASSERT_EQ(0, unsetenv("IPCBUF_REGION"));
	ASSERT_EQ(0, unsetenv("IPCBUF_WAIT"));
}

FIXTURE_TEARDOWN(options)
{
}

/* The same for both ways to make a region; nothing may be left behind. */
static void expect_refusal(struct __test_metadata *_metadata, int error,
			   FIXTURE_DATA(options) *self)
{
	EXPECT_EQ(error, ipcbuf_region_create(self->name, &self->options,
					      &self->region));
	EXPECT_EQ(error,
		  ipcbuf_region_open_or_create(self->name, &self->options,
					       &self->region));
	EXPECT_EQ(-ENOENT, ipcbuf_region_open(self->name, NULL,
					      &self->region));
	EXPECT_EQ(POISON, self->region);
}

static void expect_made(struct __test_metadata *_metadata, uint32_t backend,
			uint32_t wait, FIXTURE_DATA(options) *self)
{
	struct ipcbuf_region_info info;

	ASSERT_EQ(0, ipcbuf_region_create(self->name, &self->options,
					  &self->region));
	info = region_info(self->region);
	EXPECT_EQ(backend, info.backend);
	EXPECT_EQ(wait, info.wait);
	EXPECT_EQ(0, ipcbuf_region_close(self->region));
	EXPECT_EQ(backend_has_names(backend) ? 0 : -ENOENT,
		  ipcbuf_region_unlink(self->name));
}

/* Fails if a backend that nobody has heard of stands for one that exists. */
TEST_F(options, unknown_backend)
{
	const uint32_t unknown[] = { 5, 77, 256, 0x7fffffff, 0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		self->options.backend = unknown[i];
		expect_refusal(_metadata, -EINVAL, self);
		self->options.backend = 0;
		self->options.wait = unknown[i];
		expect_refusal(_metadata, -EINVAL, self);
		self->options.wait = 0;
	}
}

/* Fails if flags that mean nothing, or nothing here, are let through. */
TEST_F(options, unknown_flags)
{
	const uint32_t flags[] = { 2, 0x80000000, 0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		self->options.flags = flags[i];
		expect_refusal(_metadata, -EINVAL, self);
	}
}

/* Fails if mode bits that aren't permissions are let through. */
TEST_F(options, mode_beyond_permissions)
{
	self->options.mode = 01777;
	expect_refusal(_metadata, -EINVAL, self);
	self->options.mode = 0xffffffff;
	expect_refusal(_metadata, -EINVAL, self);
}

/* Fails if a structure that wasn't initialised is read all the same. */
TEST_F(options, struct_bytes)
{
	self->options.struct_bytes = 0;
	expect_refusal(_metadata, -EINVAL, self);
	self->options.struct_bytes = sizeof(size_t);
	expect_refusal(_metadata, -EINVAL, self);
}

static bool module_is_here(void)
{
	return !access("/dev/ipcbuf", R_OK | W_OK);
}

/* The default where the module isn't asked. */
static uint32_t plain_wait(void)
{
	return system_why_not(IPCBUF_BACKEND_POSIX, IPCBUF_WAIT_FUTEX) ?
	       IPCBUF_WAIT_SYSV_SEM : IPCBUF_WAIT_FUTEX;
}

/* What the manual says. */
static uint32_t default_backend(void)
{
	return module_is_here() ? IPCBUF_BACKEND_KMOD : IPCBUF_BACKEND_POSIX;
}

static uint32_t default_wait(void)
{
	return module_is_here() ? IPCBUF_WAIT_KMOD : plain_wait();
}

/* Fails if the defaults aren't those of the manual. */
TEST_F(options, defaults)
{
	expect_made(_metadata, default_backend(), default_wait(), self);
	ASSERT_EQ(0, setenv("IPCBUF_REGION", "", 1));
	ASSERT_EQ(0, setenv("IPCBUF_WAIT", "", 1));
	expect_made(_metadata, default_backend(), default_wait(), self);
}

/* Fails if the module is taken for what it can't do where nobody asked for it. */
TEST_F(options, default_goes_with_the_rest)
{
	self->options.wait = IPCBUF_WAIT_SYSV_SEM;
	expect_made(_metadata, IPCBUF_BACKEND_POSIX, IPCBUF_WAIT_SYSV_SEM,
		    self);
	NEED_BACKEND(POSIX, POSIX_SEM);
	self->options.wait = IPCBUF_WAIT_POSIX_SEM;
	expect_made(_metadata, IPCBUF_BACKEND_POSIX, IPCBUF_WAIT_POSIX_SEM,
		    self);
	NEED_BACKEND(POSIX, FUTEX);
	self->options.wait = IPCBUF_WAIT_FUTEX;
	expect_made(_metadata, default_backend(), IPCBUF_WAIT_FUTEX, self);
}

/* Fails if a pair of backends that can't go together is made all the same. */
TEST_F(options, pairs_that_cannot_be)
{
	static const uint32_t pairs[][2] = {
		{ IPCBUF_BACKEND_KMOD, IPCBUF_WAIT_POSIX_SEM },
		{ IPCBUF_BACKEND_KMOD, IPCBUF_WAIT_SYSV_SEM },
		{ IPCBUF_BACKEND_POSIX, IPCBUF_WAIT_KMOD },
		{ IPCBUF_BACKEND_SYSV, IPCBUF_WAIT_KMOD },
		{ IPCBUF_BACKEND_MEMFD, IPCBUF_WAIT_KMOD },
		{ IPCBUF_BACKEND_MEMFD, IPCBUF_WAIT_SYSV_SEM },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		self->options.backend = pairs[i][0];
		self->options.wait = pairs[i][1];
		expect_refusal(_metadata, -EOPNOTSUPP, self);
	}
}

/* Fails if the module is said to be there where it isn't. */
TEST_F(options, module_that_is_not_there)
{
	int error;

	if (module_is_here())
		SKIP(return, "the module is there");
	error = access("/dev/ipcbuf", F_OK) ? -EOPNOTSUPP : -EACCES;
	self->options.backend = IPCBUF_BACKEND_KMOD;
	expect_refusal(_metadata, error, self);
	self->options.backend = 0;
	ASSERT_EQ(0, setenv("IPCBUF_REGION", "kmod", 1));
	expect_refusal(_metadata, error, self);
}

/* By their numbers. */
static const char *const backends[] = { NULL, "posix", "sysv", "memfd" };
static const char *const waits[] = { NULL, "futex", "posix-sem", "sysv-sem" };

/* Fails if the environment doesn't decide where the program didn't. */
TEST_F(options, environment_decides)
{
	uint32_t i;

	for (i = 1; i < ARRAY_SIZE(backends); i++) {
		if (system_why_not(i, plain_wait()))
			continue;
		ASSERT_EQ(0, setenv("IPCBUF_REGION", backends[i], 1));
		expect_made(_metadata, i, plain_wait(), self);
	}
	ASSERT_EQ(0, setenv("IPCBUF_REGION", "posix", 1));
	for (i = 1; i < ARRAY_SIZE(waits); i++) {
		if (system_why_not(IPCBUF_BACKEND_POSIX, i))
			continue;
		ASSERT_EQ(0, setenv("IPCBUF_WAIT", waits[i], 1));
		expect_made(_metadata, IPCBUF_BACKEND_POSIX, i, self);
	}
}

/* Fails if what other systems have is made here, or taken for a misspelling. */
TEST_F(options, known_and_not_here)
{
	unsigned int absent = 0;
	uint32_t i;

	for (i = 1; i < ARRAY_SIZE(backends); i++) {
		if (!system_why_not(i, plain_wait()))
			continue;
		self->options.backend = i;
		expect_refusal(_metadata, -EOPNOTSUPP, self);
		self->options.backend = 0;
		ASSERT_EQ(0, setenv("IPCBUF_REGION", backends[i], 1));
		expect_refusal(_metadata, -EOPNOTSUPP, self);
		ASSERT_EQ(0, unsetenv("IPCBUF_REGION"));
		absent++;
	}
	for (i = 1; i < ARRAY_SIZE(waits); i++) {
		if (!system_why_not(IPCBUF_BACKEND_POSIX, i))
			continue;
		self->options.wait = i;
		expect_refusal(_metadata, -EOPNOTSUPP, self);
		self->options.wait = 0;
		ASSERT_EQ(0, setenv("IPCBUF_WAIT", waits[i], 1));
		expect_refusal(_metadata, -EOPNOTSUPP, self);
		ASSERT_EQ(0, unsetenv("IPCBUF_WAIT"));
		absent++;
	}
	if (!absent)
		SKIP(return, "this system has all that needs no module");
}

/* Fails if the environment overrides what the program chose. */
TEST_F(options, program_comes_first)
{
	ASSERT_EQ(0, setenv("IPCBUF_REGION", "memfd", 1));
	ASSERT_EQ(0, setenv("IPCBUF_WAIT", "futex", 1));
	self->options.backend = IPCBUF_BACKEND_SYSV;
	self->options.wait = IPCBUF_WAIT_SYSV_SEM;
	expect_made(_metadata, IPCBUF_BACKEND_SYSV, IPCBUF_WAIT_SYSV_SEM,
		    self);
	ASSERT_EQ(0, setenv("IPCBUF_REGION", "nonsense", 1));
	ASSERT_EQ(0, setenv("IPCBUF_WAIT", "nonsense", 1));
	expect_made(_metadata, IPCBUF_BACKEND_SYSV, IPCBUF_WAIT_SYSV_SEM,
		    self);
}

/* Fails if a spelling mistake in the environment is passed over. */
TEST_F(options, junk_in_environment)
{
	static const char *const junk[] = { "x", "POSIX", "posix ", "posixx",
					    "pos", "1", "sysv,posix" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(junk); i++) {
		ASSERT_EQ(0, setenv("IPCBUF_REGION", junk[i], 1));
		expect_refusal(_metadata, -EINVAL, self);
		ASSERT_EQ(0, unsetenv("IPCBUF_REGION"));
		ASSERT_EQ(0, setenv("IPCBUF_WAIT", junk[i], 1));
		expect_refusal(_metadata, -EINVAL, self);
		ASSERT_EQ(0, unsetenv("IPCBUF_WAIT"));
	}
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* What madvise() does here; see advice.h. */
#include "advice.h"

#include "check.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES 4096u

static volatile char *page_new(void)
{
	volatile char *page = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	MUST(page != MAP_FAILED);
	*page = 1;
	return page;
}

static void page_end(volatile char *page)
{
	MUST_EQ(0, munmap((void *)page, BYTES));
}

bool advice_removes(void)
{
	volatile char *page = page_new();
	bool removed = !madvise((void *)page, BYTES, MADV_REMOVE) && !*page;

	page_end(page);
	return removed;
}

bool advice_hides(void)
{
	volatile char *page = page_new();
	int status;
	pid_t pid;

	MUST_EQ(0, madvise((void *)page, BYTES, MADV_DONTFORK));
	pid = fork();
	MUST(pid >= 0);
	if (!pid)
		_exit(!msync((void *)page, BYTES, MS_ASYNC));
	MUST_EQ(pid, waitpid(pid, &status, 0));
	page_end(page);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Finds the peers. A peer's shared object is asked for what it is in a child
 * process, which ends with it: whatever it loads or starts stays out of this
 * one. See peers.h.
 */
#include "peers.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PEERS_FOLDER
#define PEERS_FOLDER "/usr/local/lib/ipcbuf/bench"
#endif

/* A peer that can't say what it is within this time is absent. */
#define PROBE_SECONDS 20

static const struct peer *const built_in[] = {
	&peer_ipcbuf, &peer_libc, &peer_pipe, &peer_socket, &peer_mqueue,
};

static void describe(const struct peer *peer, struct peer_info *info)
{
	snprintf(info->name, sizeof(info->name), "%s", peer->name);
	snprintf(info->what, sizeof(info->what), "%s", peer->what);
	info->flags = peer->flags;
	info->depth_max = peer->depth_max;
	info->record_max = peer->record_max;
	info->heap = peer->alloc &&
		     !(peer->flags & (PEER_NO_HEAP | PEER_COPIES));
	info->link = peer->try_send && peer->try_recv;
	info->sleeps = peer->send && peer->recv;
}

static const struct peer *load(const char *path, char *error,
			       size_t error_bytes)
{
	const struct peer *(*get)(void);
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct peer *peer;

	if (library)
		*(void **)&get = dlsym(library, "bench_peer");
	if (!library || !get) {
		snprintf(error, error_bytes, "%s", dlerror());
		return NULL;
	}
	peer = get();
	if (peer->abi == PEER_ABI)
		return peer;
	snprintf(error, error_bytes, "made for another ipcbuf-bench");
	return NULL;
}

static _Noreturn void probe(int out, struct peer_info *info)
{
	const struct peer *peer;

	alarm(PROBE_SECONDS);
	if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(1);
	peer = load(info->path, info->absent, sizeof(info->absent));
	if (peer)
		describe(peer, info);
	_exit(write(out, info, sizeof(*info)) != sizeof(*info));
}

static int ask(struct peer_info *info)
{
	struct peer_info answer;
	int ends[2];
	ssize_t got;
	pid_t pid;

	if (pipe(ends))
		return -errno;
	pid = fork();
	if (!pid)
		probe(ends[1], info);
	close(ends[1]);
	got = pid > 0 ? read(ends[0], &answer, sizeof(answer)) : -1;
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (got == sizeof(answer))
		*info = answer;
	else
		snprintf(info->absent, sizeof(info->absent),
			 "it died when it was asked what it is");
	return 0;
}

static int is_peer(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot != entry->d_name && !strcmp(dot, ".so");
}

static int add_file(const char *folder, const char *file, struct peers *peers)
{
	struct peer_info *info = &peers->peers[peers->count];

	if (peers->count == PEERS_MAX)
		return -E2BIG;
	if (snprintf(info->path, sizeof(info->path), "%s/%s", folder, file) >=
	    (int)sizeof(info->path))
		return -ENAMETOOLONG;
	snprintf(info->name, sizeof(info->name), "%.*s",
		 (int)(strlen(file) - 3), file);
	peers->count++;
	return ask(info);
}

static int add_folder(const char *folder, struct peers *peers)
{
	struct dirent **files;
	int count = scandir(folder, &files, is_peer, alphasort);
	int ret = 0;
	int i;

	if (count < 0)
		return -errno;
	for (i = 0; i < count; i++) {
		if (!ret)
			ret = add_file(folder, files[i]->d_name, peers);
		free(files[i]);
	}
	free(files);
	return ret;
}

/* The folder bench beside this program. */
static int beside_program(char *folder, size_t folder_bytes)
{
	char path[512];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (length < 0)
		return -errno;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	return snprintf(folder, folder_bytes, "%s/bench", path) <
	       (int)folder_bytes ? 0 : -ENAMETOOLONG;
}

static int add_usual(struct peers *peers)
{
	char folder[256];
	int ret = beside_program(folder, sizeof(folder));

	if (!ret)
		ret = add_folder(folder, peers);
	if (ret == -ENOENT)
		ret = add_folder(PEERS_FOLDER, peers);
	return ret == -ENOENT ? 0 : ret;
}

int peers_find(const char *folder, struct peers *ret_peers)
{
	unsigned int i;

	memset(ret_peers, 0, sizeof(*ret_peers));
	for (i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
		ret_peers->peers[i].table = built_in[i];
		describe(built_in[i], &ret_peers->peers[i]);
	}
	ret_peers->count = i;
	return folder ? add_folder(folder, ret_peers) : add_usual(ret_peers);
}

int peers_load(const struct peer_info *info, const struct peer **ret_peer)
{
	char error[160];

	*ret_peer = info->table ? info->table
				: load(info->path, error, sizeof(error));
	return *ret_peer ? 0 : -ENOPKG;
}

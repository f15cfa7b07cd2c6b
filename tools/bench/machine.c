// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* What /proc, /sys and uname(2) tell about the machine. See machine.h. */
#define _GNU_SOURCE
#include "machine.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* The first line of a file below a processor's directory, or "". */
static void read_cpu_file(int cpu, const char *file, char *text, int size)
{
	char path[128];
	FILE *stream;

	text[0] = '\0';
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/%s", cpu,
		 file);
	stream = fopen(path, "re");
	if (!stream)
		return;
	if (fgets(text, size, stream))
		text[strcspn(text, "\n")] = '\0';
	fclose(stream);
}

bool machine_same_core(int a, int b)
{
	char of_a[MACHINE_TEXT_MAX];
	char of_b[MACHINE_TEXT_MAX];

	read_cpu_file(a, "topology/thread_siblings", of_a, sizeof(of_a));
	read_cpu_file(b, "topology/thread_siblings", of_b, sizeof(of_b));
	return of_a[0] && !strcmp(of_a, of_b);
}

static bool same_package(int a, int b)
{
	char of_a[MACHINE_TEXT_MAX];
	char of_b[MACHINE_TEXT_MAX];

	read_cpu_file(a, "topology/physical_package_id", of_a, sizeof(of_a));
	read_cpu_file(b, "topology/physical_package_id", of_b, sizeof(of_b));
	return !strcmp(of_a, of_b);
}

/* Another core of the same package is best, the same processor worst. */
static int rank(int first, int other)
{
	if (first == other)
		return 0;
	if (machine_same_core(first, other))
		return 1;
	return same_package(first, other) ? 3 : 2;
}

static int choose_second(const cpu_set_t *usable, int first)
{
	int best = first;
	int cpu;

	for (cpu = 0; cpu < CPU_SETSIZE && rank(first, best) < 3; cpu++)
		if (CPU_ISSET((unsigned int)cpu, usable) &&
		    rank(first, cpu) > rank(first, best))
			best = cpu;
	return best;
}

static int choose_first(const cpu_set_t *usable)
{
	int cpu = 0;

	while (cpu < CPU_SETSIZE && !CPU_ISSET((unsigned int)cpu, usable))
		cpu++;
	return cpu;
}

static bool usable_cpu(const cpu_set_t *usable, int cpu)
{
	return cpu < CPU_SETSIZE && CPU_ISSET((unsigned int)cpu, usable);
}

int machine_choose_cpus(struct bench_options *options)
{
	int *cpus = options->cpus;
	cpu_set_t usable;

	if (sched_getaffinity(0, sizeof(usable), &usable))
		return -errno;
	if (cpus[ROLE_A] < 0)
		cpus[ROLE_A] = choose_first(&usable);
	if (cpus[ROLE_B] < 0)
		cpus[ROLE_B] = choose_second(&usable, cpus[ROLE_A]);
	if (!usable_cpu(&usable, cpus[ROLE_A]) ||
	    !usable_cpu(&usable, cpus[ROLE_B]))
		return -EINVAL;
	return 0;
}

/* "key : value"; x86 and others name the model, all name their features. */
static void parse_cpuinfo_line(char *line, struct machine *machine)
{
	char *value = strchr(line, ':');

	if (!value)
		return;
	value += strspn(value, ": \t");
	value[strcspn(value, "\n")] = '\0';
	if (!strncmp(line, "model name", 10) || !strncmp(line, "uarch", 5))
		snprintf(machine->cpu, sizeof(machine->cpu), "%.100s", value);
	if (!strncmp(line, "flags", 5) && strstr(value, " hypervisor"))
		machine->virtual = true;
}

static void read_cpuinfo(struct machine *machine)
{
	FILE *stream = fopen("/proc/cpuinfo", "re");
	char line[8192];

	if (!stream)
		return;
	while (fgets(line, sizeof(line), stream))
		parse_cpuinfo_line(line, machine);
	fclose(stream);
}

static bool share_cache(int a, int b)
{
	char of_a[MACHINE_TEXT_MAX];
	char of_b[MACHINE_TEXT_MAX];

	read_cpu_file(a, "cache/index3/shared_cpu_list", of_a, sizeof(of_a));
	read_cpu_file(b, "cache/index3/shared_cpu_list", of_b, sizeof(of_b));
	return of_a[0] && !strcmp(of_a, of_b);
}

static void describe_topology(const int cpus[ROLES], struct machine *machine)
{
	int a = cpus[ROLE_A], b = cpus[ROLE_B];
	const char *where = a == b ? "one processor" :
			    machine_same_core(a, b) ? "threads of one core" :
			    same_package(a, b) ? "cores of one package" :
			    "cores of two packages";

	snprintf(machine->topology, sizeof(machine->topology),
		 "processors %d and %d: %s%s", a, b, where,
		 a != b && share_cache(a, b) ? " with one L3 cache" : "");
}

/* user nice system idle iowait irq softirq steal; guests are in user already. */
static void add_ticks(const char *line, struct machine_ticks *ticks)
{
	unsigned long long t[8] = { 0 };
	unsigned int i;

	sscanf(line, "%llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1],
	       &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]);
	ticks->stolen += t[7];
	for (i = 0; i < 8; i++)
		ticks->all += t[i];
}

void machine_read_ticks(const int cpus[ROLES], struct machine_ticks *ret_ticks)
{
	FILE *stream = fopen("/proc/stat", "re");
	char line[512];
	int cpu, at;

	memset(ret_ticks, 0, sizeof(*ret_ticks));
	while (stream && fgets(line, sizeof(line), stream))
		if (sscanf(line, "cpu%d%n", &cpu, &at) == 1 &&
		    line[3] != ' ' &&
		    (cpu == cpus[ROLE_A] || cpu == cpus[ROLE_B]))
			add_ticks(line + at, ret_ticks);
	if (stream)
		fclose(stream);
}

void machine_describe(const struct bench_options *options,
		      struct machine *ret_machine)
{
	struct utsname names;
	cpu_set_t usable;

	memset(ret_machine, 0, sizeof(*ret_machine));
	if (!sched_getaffinity(0, sizeof(usable), &usable))
		ret_machine->cpus = (unsigned int)CPU_COUNT(&usable);
	if (!uname(&names)) {
		/* What a distribution calls its build says nothing elsewhere. */
		names.release[strcspn(names.release, "-")] = '\0';
		snprintf(ret_machine->kernel, sizeof(ret_machine->kernel),
			 "%.30s %.60s %.30s", names.sysname, names.release,
			 names.machine);
		snprintf(ret_machine->cpu, sizeof(ret_machine->cpu), "%.60s",
			 names.machine);
	}
	if (getloadavg(&ret_machine->load, 1) != 1)
		ret_machine->load = 0;
	read_cpuinfo(ret_machine);
	describe_topology(options->cpus, ret_machine);
	read_cpu_file(options->cpus[ROLE_A], "cpufreq/scaling_governor",
		      ret_machine->governor, sizeof(ret_machine->governor));
}

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

void machine_describe(const struct bench_options *options,
		      struct machine *ret_machine)
{
	struct utsname names;
	cpu_set_t usable;

	memset(ret_machine, 0, sizeof(*ret_machine));
	if (!sched_getaffinity(0, sizeof(usable), &usable))
		ret_machine->cpus = (unsigned int)CPU_COUNT(&usable);
	if (!uname(&names)) {
		snprintf(ret_machine->kernel, sizeof(ret_machine->kernel),
			 "%.30s %.60s %.30s", names.sysname, names.release,
			 names.machine);
		snprintf(ret_machine->cpu, sizeof(ret_machine->cpu), "%.60s",
			 names.machine);
	}
	if (getloadavg(&ret_machine->load, 1) != 1)
		ret_machine->load = 0;
	read_cpuinfo(ret_machine);
	read_cpu_file(options->cpus[ROLE_A], "cpufreq/scaling_governor",
		      ret_machine->governor, sizeof(ret_machine->governor));
}

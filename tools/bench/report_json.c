// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The results as one JSON object, each single value included. Times are in
 * nanoseconds, memory in bytes. See report.h.
 */
#include "latency.h"
#include "report.h"

#include <json-c/json.h>

static void add_text(struct json_object *object, const char *key,
		     const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key,
		       double value)
{
	json_object_object_add(object, key, json_object_new_double(value));
}

static void add_count(struct json_object *object, const char *key,
		      uint64_t value)
{
	json_object_object_add(object, key,
			       json_object_new_int64((int64_t)value));
}

static void add_flag(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

static struct json_object *machine_object(const struct results *results)
{
	const struct machine *machine = &results->machine;
	struct json_object *object = json_object_new_object();

	add_text(object, "cpu", machine->cpu);
	add_text(object, "kernel", machine->kernel);
	add_text(object, "governor", machine->governor);
	add_text(object, "topology", machine->topology);
	add_flag(object, "virtual", machine->virtual);
	add_count(object, "processors", machine->cpus);
	add_number(object, "load", machine->load);
	add_number(object, "steal", results->steal);
	add_number(object, "clock", results->clock_ns);
	return object;
}

static struct json_object *setting_object(const struct results *results)
{
	const struct bench_options *options = results->options;
	struct json_object *object = json_object_new_object();

	add_text(object, "version", ipcbuf_version());
	add_text(object, "region", results->backend);
	add_text(object, "wait", results->wait);
	add_count(object, "repetitions", options->reps);
	add_count(object, "burst", options->burst_ns);
	add_flag(object, "shortened", options->quick);
	add_number(object, "seconds", results->seconds);
	return object;
}

static void add_doubt(const char *doubt, void *argument)
{
	json_object_array_add(argument, json_object_new_string(doubt));
}

static struct json_object *doubts_array(const struct results *results)
{
	struct json_object *array = json_object_new_array();

	report_doubts(results, add_doubt, array);
	return array;
}

static struct json_object *peers_array(const struct peers *peers)
{
	struct json_object *array = json_object_new_array();
	struct json_object *object;
	unsigned int i;

	for (i = 0; i < peers->count; i++) {
		object = json_object_new_object();
		add_text(object, "name", peers->peers[i].name);
		add_text(object, "what", peers->peers[i].what);
		add_text(object, "absent", peers->peers[i].absent);
		add_flag(object, "copies",
			 peers->peers[i].flags & PEER_COPIES);
		add_flag(object, "threads",
			 peers->peers[i].flags & PEER_THREADS);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *quantiles_array(const struct latency *latency)
{
	struct json_object *array = json_object_new_array(), *pair;
	unsigned int k;

	for (k = 0; k < QUANTILES; k++) {
		pair = json_object_new_array();
		json_object_array_add(pair, json_object_new_double(
					      latency_probability(k)));
		json_object_array_add(pair, json_object_new_double(
					      latency->quantiles[k]));
		json_object_array_add(array, pair);
	}
	return array;
}

static struct json_object *latency_object(const struct result *result)
{
	struct json_object *object = json_object_new_object();
	struct latency latency;

	result_latency(result, &latency);
	add_count(object, "samples", latency.count);
	add_number(object, "p50", latency.p50);
	add_number(object, "p99", latency.p99);
	add_number(object, "p99.9", latency.p999);
	add_number(object, "max", latency.max);
	json_object_object_add(object, "quantiles", quantiles_array(&latency));
	return object;
}

static void add_values(struct json_object *object, const struct result *result)
{
	struct json_object *values = json_object_new_array();
	struct summary summary;
	uint64_t switches = 0;
	unsigned int i;

	result_summarise(result, &summary);
	add_number(object, "median", summary.median);
	add_number(object, "min", summary.min);
	add_number(object, "max", summary.max);
	for (i = 0; i < result->count; i++) {
		json_object_array_add(values, json_object_new_double(
					      result->outcomes[i].value));
		switches += result->outcomes[i].switches;
	}
	json_object_object_add(object, "values", values);
	if (result_summarise_line(result, &summary))
		add_number(object, "line", summary.median);
	add_count(object, "switches", switches);
	if (result->outcomes[0].latency.count)
		json_object_object_add(object, "latency",
				       latency_object(result));
}

static struct json_object *cell_object(const struct results *results,
				       const struct result *result)
{
	const struct family *family = result->cell->family;
	struct json_object *object = json_object_new_object();
	double factor;

	add_text(object, "name", result->cell->name);
	add_text(object, "family", family->name);
	add_text(object, "parameter", result->cell->column);
	add_text(object, "peer", result->cell->row);
	add_text(object, "unit", family->unit == UNIT_NS ? "ns" : "bytes");
	json_object_object_add(object, "error",
			       json_object_new_int(result->error));
	if (!result_exists(result))
		return object;
	add_values(object, result);
	if (results_compare(results, result, family->beside, &factor)) {
		add_text(object, "beside", family->beside);
		add_number(object, "factor", factor);
	}
	return object;
}

static struct json_object *cells_array(const struct results *results)
{
	struct json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < results->count; i++)
		json_object_array_add(array, cell_object(results,
							 &results->results[i]));
	return array;
}

void report_json(const struct results *results, FILE *out)
{
	struct json_object *root = json_object_new_object();

	json_object_object_add(root, "machine", machine_object(results));
	json_object_object_add(root, "setting", setting_object(results));
	json_object_object_add(root, "doubts", doubts_array(results));
	json_object_object_add(root, "peers", peers_array(results->peers));
	json_object_object_add(root, "cells", cells_array(results));
	fprintf(out, "%s\n", json_object_to_json_string_ext(
			root, JSON_C_TO_STRING_PRETTY));
	json_object_put(root);
}

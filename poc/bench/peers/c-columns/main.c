/*
 * C peer of `bun run bench core`: the engine's own witness kernel, compiled by gcc -O3 -march=native. One JSON line on stdout.
 *
 * c-columns exit|mask DUMP earshot|helium cell|arrival WARM ITERATIONS
 */
#include "judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t thread_cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *filled(size_t bytes) {
  void *memory = malloc(bytes);
  if (memory == NULL) exit(2);
  /* What no verdict is, so that every page is there before the clock starts. */
  memset(memory, 0xff, bytes);
  return memory;
}

/* The hash of poc/bench/verdict-digest.ts. */
static uint32_t lane_a = 0x811c9dc5, lane_b = 0x12345678;
static void digest(uint32_t word) {
  lane_a = (lane_a ^ word) * 0x01000193u;
  lane_b = ((lane_b << 5 | lane_b >> 27) ^ word) * 0x9e3779b1u;
}

static void print_verdicts(const char *variant, const epoch_t *epoch, const verdicts_t *out) {
  uint32_t *place = filled(epoch->rows * sizeof *place);
  for (size_t at = 0; at < epoch->rows; at++) place[epoch->log_row[at]] = (uint32_t)at;
  uint64_t counts[256] = {0};
  int64_t measured = 0, limit = 0;
  for (size_t row = 0; row < epoch->rows; row++) {
    uint32_t at = place[row];
    counts[out->reason[at]]++;
    measured += out->measured[at];
    limit += out->limit[at];
    digest(out->reason[at]);
    digest((uint32_t)out->measured[at]);
    digest((uint32_t)out->limit[at]);
  }
  printf("],\"counts\":{");
  const char *separator = "";
  for (int reason = 0; reason < 256; reason++) {
    if (counts[reason] == 0) continue;
    printf("%s\"%d\":%" PRIu64, separator, reason, counts[reason]);
    separator = ",";
  }
  printf("},\"sumMeasured\":%" PRId64 ",\"sumLimit\":%" PRId64 ",\"hash\":\"%08x%08x\",\"variant\":\"c-%s\"}\n", measured, limit,
         lane_a, lane_b, variant);
}

int main(int count, char **arguments) {
  if (count != 7) {
    fprintf(stderr, "usage: c-columns exit|mask DUMP earshot|helium cell|arrival WARM ITERATIONS\n");
    return 2;
  }
  bool mask = strcmp(arguments[1], "mask") == 0, helium = strcmp(arguments[3], "helium") == 0;
  dump_t dump = dump_open(arguments[2]);
  epoch_t epoch = epoch_load(&dump, helium, strcmp(arguments[4], "arrival") == 0);
  static loss_t loss;
  loss_build(&loss, helium ? 2.998e8 : 299792458.0);
  verdicts_t out = {filled(epoch.rows), filled(epoch.rows * 4), filled(epoch.rows * 4), filled(epoch.rows * 4)};
  int warm = atoi(arguments[5]), iterations = atoi(arguments[6]);
  printf("{\"stage\":\"validate\",\"items\":%zu,\"cpuNsPerItem\":[", epoch.rows);
  for (int pass = -warm; pass < iterations; pass++) {
    uint64_t from = thread_cpu_ns();
    if (helium)
      (mask ? judge_helium_mask : judge_helium_exit)(&epoch, &loss, out);
    else
      (mask ? judge_earshot_mask : judge_earshot_exit)(&epoch, &loss, out);
    if (pass >= 0) printf("%s%.3f", pass == 0 ? "" : ",", (double)(thread_cpu_ns() - from) / (double)epoch.rows);
  }
  print_verdicts(arguments[1], &epoch, &out);
  return 0;
}

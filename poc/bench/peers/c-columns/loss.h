/* Free-space loss in whole 0.1 dB by table, as in poc/src/radio/path-loss.ts: the least k with (d f)^2 <= T[k]. */
#ifndef EARSHOT_BENCH_LOSS_H
#define EARSHOT_BENCH_LOSS_H

#include <stdint.h>
#include <string.h>

enum { MAX_LOSS_DDB = 3000, SLOT_SHIFT = 46, MAX_SLOTS = 6400 };

typedef struct {
  double thresholds[MAX_LOSS_DDB + 1];
  /* 1 / T[k]. */
  double inverses[MAX_LOSS_DDB + 1];
  uint16_t start[MAX_SLOTS];
  uint32_t first_slot;
} loss_t;

void loss_build(loss_t *loss, double speed_of_light);

static inline uint32_t loss_slot(double squared) {
  uint64_t bits;
  memcpy(&bits, &squared, sizeof bits);
  return (uint32_t)(bits >> SLOT_SHIFT);
}

static inline int32_t loss_ddb(const loss_t *loss, double squared) {
  if (!(squared > loss->thresholds[0])) return 0;
  if (squared >= loss->thresholds[MAX_LOSS_DDB]) return MAX_LOSS_DDB;
  uint32_t k = loss->start[loss_slot(squared) - loss->first_slot];
  return (int32_t)k + (squared > loss->thresholds[k]);
}

#endif

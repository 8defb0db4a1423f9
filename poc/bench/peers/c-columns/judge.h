/* The witness kernel: one verdict per row, in one pass. */
#ifndef EARSHOT_BENCH_JUDGE_H
#define EARSHOT_BENCH_JUDGE_H

#include "epoch.h"
#include "loss.h"

typedef struct {
  uint8_t *reason;
  int32_t *measured;
  int32_t *limit;
  /* Of a row that passes: received power over the greatest allowed, at most 1. The engine keeps it for the median excess loss. */
  float *link_ratio;
} verdicts_t;

void judge_earshot_exit(const epoch_t *epoch, const loss_t *loss, verdicts_t out);
void judge_earshot_mask(const epoch_t *epoch, const loss_t *loss, verdicts_t out);
void judge_helium_exit(const epoch_t *epoch, const loss_t *loss, verdicts_t out);
void judge_helium_mask(const epoch_t *epoch, const loss_t *loss, verdicts_t out);

#endif

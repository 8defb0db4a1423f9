#include "loss.h"

#include <math.h>

void loss_build(loss_t *loss, double speed_of_light) {
  long double pi = 3.14159265358979323846264338327950288L;
  long double unit = (long double)speed_of_light / (4 * pi);
  for (int k = 0; k <= MAX_LOSS_DDB; k++) loss->thresholds[k] = (double)(unit * unit * powl(10.0L, k / 100.0L));
  for (int k = 0; k <= MAX_LOSS_DDB; k++) loss->inverses[k] = 1 / loss->thresholds[k];
  loss->first_slot = loss_slot(loss->thresholds[0]);
  uint32_t slots = loss_slot(loss->thresholds[MAX_LOSS_DDB]) - loss->first_slot + 1;
  for (uint32_t slot = 0, k = 0; slot < slots; slot++) {
    uint64_t bits = (uint64_t)(loss->first_slot + slot) << SLOT_SHIFT;
    double from;
    memcpy(&from, &bits, sizeof from);
    while (from > loss->thresholds[k]) k++;
    loss->start[slot] = (uint16_t)k;
  }
}

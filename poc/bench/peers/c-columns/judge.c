/*
 * The algorithm of poc/src/verify/witness-kernel.ts in C: a fast path that passes a row whose every figure is surely inside its
 * limit, by squared chords and without a root, and the preset's ordered list for all others. `mask` joins the comparisons
 * without branches, `exit` leaves at the first that fails. Both presets are compiled apart, so that no rule is looked up per row.
 */
#include "judge.h"

#include <math.h>
#include <stdlib.h>

enum {
  FREQUENCY_TOLERANCE_HZ = 100000,
  LEAST_FREQUENCY_HZ = 100000000,
  MIN_CELLS = 8,
  GRID_DECIDES_BELOW_M = 500,
  EARSHOT_TOLERANCE_DDB = 100,
};
/* What rounding to whole metres may change: a limit by this much, a distance from 300 m on by this factor, squared. */
#define ROUNDING_M 0.52
#define CERTAIN_RATIO (1 / 1.0035)
#define SQUARE_METRES (1 / 65536.0)
enum {
  VALID = 0,
  NOT_ASSERTED = 2,
  ENTROPY_EXPIRED = 3,
  INVALID_CAPABILITY = 5,
  GATEWAY_NOT_FOUND = 8,
  DENIED = 9,
  BAD_RSSI = 11,
  INVALID_REGION = 12,
  MAX_DISTANCE_EXCEEDED = 13,
  INVALID_FREQUENCY = 14,
  SELF_WITNESS = 15,
  STALE = 16,
  BELOW_MIN_DISTANCE = 19,
  DUPLICATE = 20,
  TOO_LATE = 22,
  LATE = 32,
  EARLY = 33,
  BAD_SNR = 34,
  INVALID_DATA_RATE = 35,
};

#define EARTH_RADIUS_M 6371007.180918475
static const double INVERSE_24_R2 = 1 / (24 * EARTH_RADIUS_M * EARTH_RADIUS_M);
static const double INVERSE_1920_R4 = 1 / (1920 * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M);
static const double INVERSE_640_R4 = 3 / (640 * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M);
static const double SERIES_LIMIT_M = 300000;
/* Least SNR by spreading factor, 0.1 dB. */
static const int16_t SNR_FLOOR_DDB[16] = {[5] = -75, -100, -120, -143, -175, -197, -233, -263};

typedef struct {
  int32_t reason, measured, limit;
} verdict_t;

/* What the ordered list looks at, filled for the few rows that reach it. */
typedef struct {
  const epoch_t *epoch;
  const loss_t *loss;
  const hotspot_t *witness, *beaconer;
  const beacon_t *beacon;
  const row_t *row;
  uint32_t id;
  bool repeated;
  int8_t stored_cells;
  int32_t lag_zero_ms, lag_limit_ms;
} facts_t;

/* Squared chord of an arc of `metres`, in squared units of a position. */
static double chord_sq_of(double metres) {
  double sq = metres * metres;
  double chord = metres * (1 - sq * (INVERSE_24_R2 - sq * INVERSE_1920_R4));
  return chord * chord * 65536;
}

static double chord_sq(const hotspot_t *a, const hotspot_t *b) {
  double dx = (double)a->x - b->x, dy = (double)a->y - b->y, dz = (double)a->z - b->z;
  return dx * dx + dy * dy + dz * dz;
}

static double surface_m(double chord_sq) {
  double chord = sqrt(chord_sq) / 256;
  if (__builtin_expect(chord > SERIES_LIMIT_M, 0)) return 2 * EARTH_RADIUS_M * asin(fmin(chord / (2 * EARTH_RADIUS_M), 1));
  double sq = chord * chord;
  return chord * (1 + sq * (INVERSE_24_R2 + sq * INVERSE_640_R4));
}

static inline int32_t axial(int32_t di, int32_t dj) {
  int32_t most = di > dj ? di : dj, least = di < dj ? di : dj;
  return (most > 0 ? most : 0) - (least < 0 ? least : 0);
}

static inline bool same_place(const hotspot_t *a, const hotspot_t *b) { return ((a->meta ^ b->meta) & META_PLACE) == 0; }

static inline int32_t grid_cells(const hotspot_t *a, const hotspot_t *b, int8_t stored) {
  return same_place(a, b) ? axial(a->i - b->i, a->j - b->j) : stored;
}

#define FAIL(condition, why, value, bound) \
  if (condition) return (verdict_t){why, value, bound}

static verdict_t identity(const facts_t *f) {
  int32_t meta = f->witness->meta;
  FAIL(f->repeated && (meta & META_UNREGISTERED) == 0, DUPLICATE, 2, 1);
  FAIL(meta & META_UNREGISTERED, GATEWAY_NOT_FOUND, 0, 1);
  FAIL(meta & META_NOT_ASSERTED, NOT_ASSERTED, 0, 1);
  FAIL(meta & META_SUSPENDED, DENIED, 1, 0);
  FAIL(f->id == f->beacon->hotspot, SELF_WITNESS, (int32_t)f->id, (int32_t)f->beacon->hotspot);
  return (verdict_t){VALID, 0, 0};
}

static int32_t distance_m(const facts_t *f) { return (int32_t)(surface_m(chord_sq(f->witness, f->beaconer)) + 0.5); }

/* Highest RSSI that free space allows. */
static int32_t bound_ddbm(const facts_t *f, int32_t metres, int32_t tolerance) {
  double v = (double)metres * f->row->frequency_hz;
  return f->beacon->eirp_ddbm + tolerance + f->witness->gain - loss_ddb(f->loss, v * v);
}

static int32_t frequency_difference(const facts_t *f) {
  return abs((int32_t)(f->row->frequency_hz - f->beacon->frequency_hz));
}

static __attribute__((noinline)) verdict_t list_earshot(const facts_t *f) {
  verdict_t first = identity(f);
  if (first.reason != VALID) return first;
  int32_t delay = f->row->receive_ms - f->beacon->zero_ms, difference = frequency_difference(f);
  int32_t region = f->witness->meta & META_REGION, other = f->beaconer->meta & META_REGION;
  int32_t data_rate = (int32_t)(f->row->word >> 24), snr = (int16_t)f->row->levels, rssi = f->row->levels >> 16;
  int32_t floor = SNR_FLOOR_DDB[f->beacon->data_rate & 15];
  FAIL(f->witness->meta & META_DATA_ONLY, INVALID_CAPABILITY, 0, 1);
  FAIL(delay > 30000, LATE, delay, 30000);
  FAIL(delay < -86400000, EARLY, delay, -86400000);
  FAIL(region != other, INVALID_REGION, region, other);
  FAIL(difference > FREQUENCY_TOLERANCE_HZ, INVALID_FREQUENCY, difference, FREQUENCY_TOLERANCE_HZ);
  FAIL(data_rate != f->beacon->data_rate, INVALID_DATA_RATE, data_rate, f->beacon->data_rate);
  int32_t metres = distance_m(f);
  FAIL(metres < 300, BELOW_MIN_DISTANCE, metres, 300);
  FAIL(metres > 100000, MAX_DISTANCE_EXCEEDED, metres, 100000);
  FAIL(snr < floor, BAD_SNR, snr, floor);
  int32_t bound = bound_ddbm(f, metres, EARSHOT_TOLERANCE_DDB);
  FAIL(rssi > bound, BAD_RSSI, rssi, bound);
  return (verdict_t){VALID, 0, 0};
}

static __attribute__((noinline)) verdict_t list_helium(const facts_t *f) {
  verdict_t first = identity(f);
  if (first.reason != VALID) return first;
  int32_t age = f->row->receive_ms - f->beacon->zero_ms, behind = f->row->receive_ms - f->lag_zero_ms;
  int32_t difference = frequency_difference(f), rssi = f->row->levels >> 16;
  int32_t region = f->witness->meta & META_REGION, other = f->beaconer->meta & META_REGION;
  FAIL(age < 0 || age > 180999, ENTROPY_EXPIRED, age, 180999);
  FAIL(behind > f->lag_limit_ms, TOO_LATE, behind, f->lag_limit_ms);
  FAIL(f->witness->meta & META_DATA_ONLY, INVALID_CAPABILITY, 0, 1);
  FAIL(difference > FREQUENCY_TOLERANCE_HZ, INVALID_FREQUENCY, difference, FREQUENCY_TOLERANCE_HZ);
  FAIL(region != other, INVALID_REGION, region, other);
  int32_t cells = grid_cells(f->beaconer, f->witness, f->stored_cells);
  FAIL(cells < MIN_CELLS, BELOW_MIN_DISTANCE, cells, MIN_CELLS);
  int32_t metres = distance_m(f);
  FAIL(metres > 100999, MAX_DISTANCE_EXCEEDED, metres, 100999);
  int32_t bound = bound_ddbm(f, metres, 0);
  FAIL(rssi > bound, BAD_RSSI, rssi, bound);
  return (verdict_t){VALID, 0, 0};
}

/* What the fast path compares squared chords with, worked out once. */
typedef struct {
  double near_sq, grid_sq, far_sq;
} limits_t;

static inline __attribute__((always_inline)) void judge_group(const epoch_t *epoch, const loss_t *loss, const limits_t *limits,
                                                              verdicts_t out, size_t group, bool helium, bool mask) {
  const beacon_t *beacon = &epoch->beacon[group];
  size_t from = epoch->start[group], to = epoch->start[group + 1];
  if (beacon->reason != VALID) {
    for (size_t at = from; at < to; at++) {
      out.reason[at] = (uint8_t)beacon->reason;
      out.measured[at] = beacon->measured;
      out.limit[at] = beacon->limit;
    }
    return;
  }
  if (from == to) return;
  hotspot_t *hotspots = epoch->hotspot;
  const hotspot_t *beaconer = &hotspots[beacon->hotspot];
  const double bx = beaconer->x, by = beaconer->y, bz = beaconer->z;
  const double near_sq = limits->near_sq, grid_sq = limits->grid_sq, far_sq = limits->far_sq;
  const int32_t stamp = (int32_t)group + 1;
  const int32_t base = beacon->eirp_ddbm + (helium ? 0 : EARSHOT_TOLERANCE_DDB);
  const int32_t floor_ddb = helium ? INT16_MIN : SNR_FLOOR_DDB[beacon->data_rate & 15];
  const int32_t first_ms = beacon->first_ms > 0 ? beacon->first_ms : 0;
  int32_t last_ms = beacon->last_ms, lag_zero = 0, lag_limit = INT32_MAX;
  if (helium) {
    int32_t first_row = epoch->row[from].receive_ms;
    bool beacon_first = beacon->receive_ms <= first_row;
    lag_zero = beacon_first ? beacon->receive_ms : first_row;
    lag_limit = beacon_first ? 4000 : 1500;
    if (lag_zero + lag_limit < last_ms) last_ms = lag_zero + lag_limit;
  }
  const int32_t place = !helium ? 0 : (beaconer->meta & META_PENTAGON) == 0 ? META_PENTAGON : META_PLACE;
  const int32_t wanted = beaconer->meta & (META_REGION | place);
  const int32_t bars = place | META_REGION | META_UNREGISTERED | META_NOT_ASSERTED | META_SUSPENDED | META_DATA_ONLY |
                       (beacon->frequency_hz < LEAST_FREQUENCY_HZ || last_ms < first_ms ? META_ALWAYS : 0);
  const uint32_t window_ms = last_ms - first_ms;
  for (size_t at = from; at < to; at++) {
    const row_t *row = &epoch->row[at];
    const uint32_t id = row->word & 0xffffff;
    hotspot_t *witness = &hotspots[id];
    const bool repeated = witness->stamp == stamp;
    witness->stamp = stamp;
    const int32_t rssi = row->levels >> 16, snr = (int16_t)row->levels;
    const uint32_t difference = row->frequency_hz - beacon->frequency_hz + FREQUENCY_TOLERANCE_HZ;
    const bool unbarred = ((witness->meta ^ wanted) & bars) == 0;
    double ratio = 0;
    bool passes;
    if (mask) {
      passes = unbarred & !repeated & (id != beacon->hotspot) & (difference <= 2 * FREQUENCY_TOLERANCE_HZ) &
               ((uint32_t)(row->receive_ms - first_ms) <= window_ms) &
               (helium | ((int32_t)(row->word >> 24) == beacon->data_rate)) & (snr >= floor_ddb);
    } else {
      passes = unbarred && !repeated && id != beacon->hotspot && difference <= 2 * FREQUENCY_TOLERANCE_HZ &&
               (uint32_t)(row->receive_ms - first_ms) <= window_ms &&
               (helium || (int32_t)(row->word >> 24) == beacon->data_rate) && snr >= floor_ddb;
    }
    if (mask || passes) {
      const double dx = witness->x - bx, dy = witness->y - by, dz = witness->z - bz;
      const double sq = dx * dx + dy * dy + dz * dz, frequency = row->frequency_hz;
      const uint32_t allowed = (uint32_t)(base + witness->gain - rssi);
      ratio = sq * SQUARE_METRES * frequency * frequency * loss->inverses[allowed <= MAX_LOSS_DDB ? allowed : 0];
      bool near = sq < near_sq;
      if (helium && sq < grid_sq) near |= grid_cells(beaconer, witness, epoch->grid_steps[at]) < MIN_CELLS;
      if (mask)
        passes = passes & !near & (sq <= far_sq) & (allowed <= MAX_LOSS_DDB) & (ratio <= CERTAIN_RATIO);
      else
        passes = !near && sq <= far_sq && allowed <= MAX_LOSS_DDB && ratio <= CERTAIN_RATIO;
    }
    if (__builtin_expect(passes, 1)) {
      out.link_ratio[at] = (float)ratio;
      continue;
    }
    facts_t facts = {
        .epoch = epoch,
        .loss = loss,
        .witness = witness,
        .beaconer = beaconer,
        .beacon = beacon,
        .row = row,
        .id = id,
        .repeated = repeated,
        .stored_cells = epoch->grid_steps[at],
        .lag_zero_ms = lag_zero,
        .lag_limit_ms = lag_limit,
    };
    verdict_t verdict = helium ? list_helium(&facts) : list_earshot(&facts);
    out.reason[at] = (uint8_t)verdict.reason;
    out.measured[at] = verdict.measured;
    out.limit[at] = verdict.limit;
  }
}

static inline __attribute__((always_inline)) void judge(const epoch_t *epoch, const loss_t *loss, verdicts_t out, bool helium, bool mask) {
  const limits_t limits = {
      .near_sq = chord_sq_of(300 + ROUNDING_M),
      .grid_sq = chord_sq_of(GRID_DECIDES_BELOW_M),
      .far_sq = chord_sq_of((helium ? 100999 : 100000) - ROUNDING_M),
  };
  for (size_t id = 0; id <= epoch->hotspots; id++) epoch->hotspot[id].stamp = 0;
  /* Rows that pass have figures 0 and 0, written for all at once. */
  memset(out.reason, VALID, epoch->rows);
  memset(out.measured, 0, epoch->rows * sizeof *out.measured);
  memset(out.limit, 0, epoch->rows * sizeof *out.limit);
  for (size_t group = 0; group < epoch->beacons; group++) judge_group(epoch, loss, &limits, out, group, helium, mask);
  for (size_t at = epoch->start[epoch->beacons]; at < epoch->rows; at++) {
    out.reason[at] = STALE;
    out.measured[at] = 0;
    out.limit[at] = 1;
  }
}

void judge_earshot_exit(const epoch_t *epoch, const loss_t *loss, verdicts_t out) { judge(epoch, loss, out, false, false); }
void judge_earshot_mask(const epoch_t *epoch, const loss_t *loss, verdicts_t out) { judge(epoch, loss, out, false, true); }
void judge_helium_exit(const epoch_t *epoch, const loss_t *loss, verdicts_t out) { judge(epoch, loss, out, true, false); }
void judge_helium_mask(const epoch_t *epoch, const loss_t *loss, verdicts_t out) { judge(epoch, loss, out, true, true); }

/*
 * The epoch as the TypeScript engine packs it: 32-byte hotspot lines, 48-byte beacon lines, 16-byte rows grouped by beacon.
 * The last hotspot line, number `hotspots`, stands for keys that are not registered.
 */
#ifndef EARSHOT_BENCH_EPOCH_H
#define EARSHOT_BENCH_EPOCH_H

#include "dump.h"

#include <stdbool.h>

enum {
  META_REGION = 0xff,
  META_UNREGISTERED = 1 << 8,
  META_NOT_ASSERTED = 1 << 9,
  META_SUSPENDED = 1 << 10,
  META_DATA_ONLY = 1 << 11,
  /* The base cell is a pentagon: grid coordinates decide only inside one of its sectors. */
  META_PENTAGON = 1 << 14,
  /* Set on every line. */
  META_ALWAYS = 1 << 15,
  /* Base cell and sector: equal where grid coordinates can be compared as they are. */
  META_PLACE = 0x7f << 16 | 0x7 << 24,
};

typedef struct {
  int32_t x, y, z, meta, gain, stamp, i, j;
} hotspot_t;

typedef struct {
  uint32_t hotspot, frequency_hz;
  int32_t data_rate, eirp_ddbm;
  int32_t zero_ms, first_ms, last_ms, receive_ms;
  int32_t reason, measured, limit, unused;
} beacon_t;

typedef struct {
  /* Hotspot in the low 24 bits, data rate above. */
  uint32_t word;
  uint32_t frequency_hz;
  /* RSSI in the upper half, SNR in the lower; 0.1 dBm and 0.1 dB. */
  int32_t levels;
  int32_t receive_ms;
} row_t;

typedef struct {
  size_t hotspots, beacons, rows;
  hotspot_t *hotspot;
  beacon_t *beacon;
  row_t *row;
  /* Rows of beacon b are start[b] to start[b + 1]; rows of no beacon follow. */
  const uint32_t *start;
  /* Place in the log of each grouped row. */
  const uint32_t *log_row;
  /* Grid distance by grouped row where coordinates of one place do not give it. */
  int8_t *grid_steps;
} epoch_t;

epoch_t epoch_load(const dump_t *dump, bool helium, bool arrival_ids);

#endif

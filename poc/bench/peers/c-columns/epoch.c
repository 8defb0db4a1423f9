#include "epoch.h"

#include <stdio.h>
#include <stdlib.h>

static const uint32_t NO_ROW = 0xffffffff;

static void *allocate(size_t count, size_t size) {
  size_t bytes = (count * size + 63) / 64 * 64;
  void *memory = aligned_alloc(64, bytes);
  if (memory == NULL) {
    fprintf(stderr, "out of memory\n");
    exit(2);
  }
  return memory;
}

static int32_t whole(int32_t tenths) { return tenths / 10 * 10; }

static bool is_pentagon(int32_t base_cell) {
  static const int8_t pentagons[12] = {4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117};
  for (int i = 0; i < 12; i++)
    if (pentagons[i] == base_cell) return true;
  return false;
}

/* Sector of a pentagon base cell: the coarsest digit that is not 0, of resolutions 1 to 11; 7 for the centre. */
static int32_t sector(uint64_t cell) {
  for (int shift = 42; shift >= 12; shift -= 3) {
    int32_t digit = (int32_t)(cell >> shift) & 7;
    if (digit != 0) return digit;
  }
  return 7;
}

static void load_hotspots(const dump_t *dump, bool helium, const uint32_t *new_id, epoch_t *epoch) {
  const uint64_t *cell = dump_column(dump, "hotspots.cell", 8, &epoch->hotspots);
  const int16_t *gain = dump_column(dump, "hotspots.gain_ddbi", 2, NULL);
  const uint8_t *region = dump_column(dump, "hotspots.region", 1, NULL);
  const uint8_t *capability = dump_column(dump, "hotspots.capability", 1, NULL);
  const uint8_t *suspended = dump_column(dump, "hotspots.suspended", 1, NULL);
  const int32_t *x = dump_column(dump, "peer.x", 4, NULL);
  const int32_t *y = dump_column(dump, "peer.y", 4, NULL);
  const int32_t *z = dump_column(dump, "peer.z", 4, NULL);
  const int32_t *i = dump_column(dump, "peer.grid_i", 4, NULL);
  const int32_t *j = dump_column(dump, "peer.grid_j", 4, NULL);
  epoch->hotspot = allocate(epoch->hotspots + 1, sizeof(hotspot_t));
  for (size_t id = 0; id < epoch->hotspots; id++) {
    int32_t base_cell = (int32_t)(cell[id] >> 45) & 0x7f;
    int32_t meta = META_ALWAYS | region[id] | base_cell << 16;
    if (cell[id] == 0) meta |= META_NOT_ASSERTED;
    if (suspended[id] != 0) meta |= META_SUSPENDED;
    if (capability[id] == 0) meta |= META_DATA_ONLY;
    if (is_pentagon(base_cell)) meta |= META_PENTAGON | sector(cell[id]) << 24;
    epoch->hotspot[new_id == NULL ? id : new_id[id]] = (hotspot_t){
        x[id], y[id], z[id], meta, helium ? whole(gain[id]) : gain[id], 0, i[id], j[id],
    };
  }
  epoch->hotspot[epoch->hotspots] = (hotspot_t){.meta = META_ALWAYS | META_UNREGISTERED};
}

static void load_beacons(const dump_t *dump, bool helium, const uint32_t *new_id, epoch_t *epoch) {
  const uint32_t *group_beacon = dump_column(dump, "peer.group_beacon", 4, &epoch->beacons);
  const uint32_t *hotspot = dump_column(dump, "beacons.hotspot", 4, NULL);
  const uint32_t *frequency = dump_column(dump, "beacons.frequency_hz", 4, NULL);
  const uint8_t *data_rate = dump_column(dump, "beacons.data_rate", 1, NULL);
  const int16_t *power = dump_column(dump, "beacons.tx_power_ddbm", 2, NULL);
  const uint32_t *receive = dump_column(dump, "beacons.receive_offset_ms", 4, NULL);
  const uint32_t *zero = dump_column(dump, "peer.transmit_offset_ms", 4, NULL);
  const uint8_t *reason = dump_column(dump, "peer.beacon_reason", 1, NULL);
  const int32_t *measured = dump_column(dump, "peer.beacon_measured", 4, NULL);
  epoch->beacon = allocate(epoch->beacons, sizeof(beacon_t));
  for (size_t group = 0; group < epoch->beacons; group++) {
    uint32_t at = group_beacon[group];
    uint32_t id = new_id == NULL ? hotspot[at] : new_id[hotspot[at]];
    epoch->beacon[group] = (beacon_t){
        .hotspot = id,
        .frequency_hz = frequency[at],
        .data_rate = data_rate[at],
        .eirp_ddbm = (helium ? whole(power[at]) : power[at]) + epoch->hotspot[id].gain,
        .zero_ms = (int32_t)zero[at],
        .first_ms = (int32_t)zero[at] - (helium ? 0 : 5000),
        .last_ms = (int32_t)zero[at] + (helium ? 180999 : 30000),
        .receive_ms = (int32_t)receive[at],
        .reason = reason[at],
        .measured = measured[at],
        .limit = 0,
    };
  }
}

static void load_rows(const dump_t *dump, const uint32_t *new_id, epoch_t *epoch) {
  const uint32_t *hotspot = dump_column(dump, "witnesses.hotspot", 4, &epoch->rows);
  const uint32_t *frequency = dump_column(dump, "witnesses.frequency_hz", 4, NULL);
  const uint32_t *receive = dump_column(dump, "witnesses.receive_offset_ms", 4, NULL);
  const int16_t *rssi = dump_column(dump, "witnesses.rssi_ddbm", 2, NULL);
  const int16_t *snr = dump_column(dump, "witnesses.snr_ddb", 2, NULL);
  const uint8_t *data_rate = dump_column(dump, "witnesses.data_rate", 1, NULL);
  const int8_t *grid_steps = dump_column(dump, "peer.grid_steps", 1, NULL);
  epoch->start = dump_column(dump, "peer.group_start", 4, NULL);
  epoch->log_row = dump_column(dump, "peer.group_row", 4, NULL);
  epoch->row = allocate(epoch->rows, sizeof(row_t));
  epoch->grid_steps = allocate(epoch->rows, 1);
  for (size_t place = 0; place < epoch->rows; place++) {
    uint32_t row = epoch->log_row[place];
    uint32_t id = hotspot[row] == NO_ROW ? (uint32_t)epoch->hotspots : new_id == NULL ? hotspot[row] : new_id[hotspot[row]];
    epoch->row[place] = (row_t){
        .word = id | (uint32_t)data_rate[row] << 24,
        .frequency_hz = frequency[row],
        .levels = (int32_t)((uint32_t)rssi[row] << 16 | (uint16_t)snr[row]),
        .receive_ms = (int32_t)receive[row],
    };
    epoch->grid_steps[place] = grid_steps[row];
  }
}

epoch_t epoch_load(const dump_t *dump, bool helium, bool arrival_ids) {
  epoch_t epoch = {0};
  const uint32_t *new_id = arrival_ids ? dump_column(dump, "peer.arrival_id", 4, NULL) : NULL;
  load_hotspots(dump, helium, new_id, &epoch);
  load_beacons(dump, helium, new_id, &epoch);
  load_rows(dump, new_id, &epoch);
  return epoch;
}

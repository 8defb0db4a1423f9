/** The last closed state by hotspot row, and the next state's table from what the epoch moved. */
import { compareByteRows } from "../byte-rows.ts";
import { DEVICE_KEY_BYTES } from "../protocol/device-key.ts";
import type { Columns } from "./columns.ts";
import { allocateColumns } from "./columns.ts";
import type { EpochInput } from "./epoch-input.ts";
import { KeyIndex } from "./key-index.ts";
import { stateOutTable } from "./tables.ts";

/** Unix ms by hotspot; 0 for never. */
export interface HotspotHistory {
  readonly lastBeaconMs: Float64Array;
  readonly lastReciprocalBeaconMs: Float64Array;
  readonly lastWitnessMs: Float64Array;
}

/** A history in which nobody has done anything. */
export function emptyHistory(count: number): HotspotHistory {
  return {
    lastBeaconMs: new Float64Array(count),
    lastReciprocalBeaconMs: new Float64Array(count),
    lastWitnessMs: new Float64Array(count),
  };
}

/** A copy that an epoch may move. */
export function copyHistory(history: HotspotHistory): HotspotHistory {
  return {
    lastBeaconMs: history.lastBeaconMs.slice(),
    lastReciprocalBeaconMs: history.lastReciprocalBeaconMs.slice(),
    lastWitnessMs: history.lastWitnessMs.slice(),
  };
}

/** State of each row of hotspots.arrow; keys the state does not hold have never done anything. Throws POC_BAD_COLUMNS on repeated keys. */
export function readHistory(input: Pick<EpochInput, "hotspots" | "stateIn">): HotspotHistory {
  const { hotspots, stateIn } = input;
  const count = hotspots.region.length;
  const index = new KeyIndex(stateIn.key, DEVICE_KEY_BYTES, "state-in.key");
  const history = emptyHistory(count);
  for (let hotspot = 0; hotspot < count; hotspot++) {
    const row = index.find(hotspots.key, hotspot * DEVICE_KEY_BYTES);
    if (row < 0) continue;
    history.lastBeaconMs[hotspot] = Number(stateIn.last_beacon_ms[row]);
    history.lastReciprocalBeaconMs[hotspot] = Number(stateIn.last_reciprocal_beacon_ms[row]);
    history.lastWitnessMs[hotspot] = Number(stateIn.last_witness_ms[row]);
  }
  return history;
}

/** state-out: every hotspot of the registry, by key. A hotspot that left the registry leaves the state. */
export function writeHistory(hotspots: EpochInput["hotspots"], history: HotspotHistory): Columns<typeof stateOutTable> {
  const count = hotspots.region.length;
  const order = Array.from({ length: count }, (_, hotspot) => hotspot).sort((a, b) =>
    compareByteRows(hotspots.key, a, hotspots.key, b, DEVICE_KEY_BYTES),
  );
  const out = allocateColumns(stateOutTable, count);
  order.forEach((hotspot, row) => {
    out.key.set(
      hotspots.key.subarray(hotspot * DEVICE_KEY_BYTES, (hotspot + 1) * DEVICE_KEY_BYTES),
      row * DEVICE_KEY_BYTES,
    );
    out.last_beacon_ms[row] = BigInt(history.lastBeaconMs[hotspot]);
    out.last_reciprocal_beacon_ms[row] = BigInt(history.lastReciprocalBeaconMs[hotspot]);
    out.last_witness_ms[row] = BigInt(history.lastWitnessMs[hotspot]);
  });
  return out;
}

/**
 * The state a simulation begins with: a network that has run for a while.
 *
 * Whoever stands where others hear it has beaconed and witnessed within the last interval, so that reciprocity finds the deaf, the
 * mute and the lonely on the first day. Nobody has earned anything, no packet was carried.
 */
import {
  allocateColumns,
  ledgerInTable,
  type NetworkParameters,
  NO_ROW,
  servedInTable,
  stateInTable,
} from "@earshot/poc";
import { DEVICE_KEY_BYTES } from "@earshot/poc/protocol";
import type { InputTables } from "../epoch-folder/layout.ts";
import type { Link } from "./radio-model.ts";
import { randomStream } from "./random.ts";
import type { Registry } from "./registry.ts";
import type { World } from "./world.ts";

/** The three tables that chain epochs. */
export type ChainedState = Pick<InputTables, "stateIn" | "servedIn" | "ledgerIn">;

/** State before `world.firstEpoch`; `links` by index in the world. */
export function firstState(
  world: World,
  registry: Registry,
  links: readonly (readonly Link[])[],
  { time }: NetworkParameters,
): ChainedState {
  const startMs = world.firstEpoch * time.epochMs;
  const rows = world.hotspots
    .map((hotspot, index) => ({ hotspot, index }))
    .filter(({ hotspot, index }) => registry.rowOf[index] !== NO_ROW && hotspot.assertedCell !== undefined)
    .sort((a, b) => Buffer.compare(a.hotspot.signer.publicKey, b.hotspot.signer.publicKey));
  const stateIn = allocateColumns(stateInTable, rows.length);
  rows.forEach(({ hotspot, index }, row) => {
    const stream = randomStream(world.seed, "first state", hotspot.id);
    const beaconMs = BigInt(startMs - 1 - stream.below(time.intervalMs));
    const witnessMs = BigInt(startMs - 1 - stream.below(time.intervalMs));
    const isHeard = links[index].some(({ rank, odds }) => rank < odds);
    stateIn.key.set(hotspot.signer.publicKey, row * DEVICE_KEY_BYTES);
    stateIn.last_beacon_ms[row] = beaconMs;
    if (isHeard && hotspot.fault !== "mute") stateIn.last_reciprocal_beacon_ms[row] = beaconMs;
    if (isHeard && hotspot.fault !== "deaf") stateIn.last_witness_ms[row] = witnessMs;
  });
  return { stateIn, servedIn: allocateColumns(servedInTable, 0), ledgerIn: allocateColumns(ledgerInTable, 0) };
}

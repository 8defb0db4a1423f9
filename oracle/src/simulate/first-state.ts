/**
 * The state a simulation begins with: a network that has run for a while.
 *
 * Whoever stands where others hear it has beaconed and witnessed within the last interval, so that reciprocity finds the deaf, the
 * mute and the lonely on the first day. Nobody has earned anything, no packet was carried.
 */
import {
  allocateColumns,
  type Columns,
  chainsInTable,
  judgedInTable,
  ledgerInTable,
  NO_ROW,
  pendingInTable,
  servedInTable,
  stateInTable,
  suspicionInTable,
} from "@earshot/poc";
import { DEVICE_KEY_BYTES } from "@earshot/poc/protocol";
import type { InputTables } from "../epoch-folder/layout.ts";
import type { Simulation } from "./play-epoch.ts";
import { randomStream } from "./random.ts";
import type { Registry } from "./registry.ts";

const UPLOAD_ID_BYTES = 32;

/** The tables that chain epochs. */
export type ChainedState = Pick<
  InputTables,
  "stateIn" | "servedIn" | "ledgerIn" | "chainsIn" | "pendingIn" | "judgedIn" | "suspicionIn"
>;

/** State before `world.firstEpoch`, whose registry is given. */
export function firstState({ world, network, parameters }: Simulation, registry: Registry): ChainedState {
  const { time } = parameters;
  const { links } = network;
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
  return {
    stateIn,
    servedIn: allocateColumns(servedInTable, 0),
    ledgerIn: allocateColumns(ledgerInTable, 0),
    chainsIn: firstChains(world, network),
    pendingIn: allocateColumns(pendingInTable, 0),
    judgedIn: allocateColumns(judgedInTable, 0),
    ...(parameters.anomaly === undefined ? {} : { suspicionIn: firstSuspicion(world, stateIn.key) }),
  };
}

/** Whoever has been there for a while has a clean record as long. */
function firstSuspicion(world: Simulation["world"], keys: Uint8Array): Columns<typeof suspicionInTable> {
  const epochsOf = new Map(
    world.hotspots.map(({ signer, firstEpoch }) => [signer.publicKey.toHex(), world.firstEpoch - firstEpoch]),
  );
  const rows = keys.length / DEVICE_KEY_BYTES;
  const suspicion = allocateColumns(suspicionInTable, rows);
  suspicion.key.set(keys);
  for (let row = 0; row < rows; row++) {
    const key = keys.subarray(row * DEVICE_KEY_BYTES, (row + 1) * DEVICE_KEY_BYTES);
    suspicion.clean_epochs[row] = epochsOf.get(key.toHex()) ?? 0;
  }
  return suspicion;
}

/** Heads of the senders that have sent before. */
function firstChains(world: Simulation["world"], network: Simulation["network"]): ChainedState["chainsIn"] {
  const heads = [
    ...world.hotspots.map(({ signer, fault }, index) => ({ signer, fault, chain: network.chains[index] })),
    ...network.payers.map(({ meter }, index) => ({
      signer: meter,
      fault: undefined,
      chain: network.meterChains[index],
    })),
  ]
    .filter(({ fault, chain }) => fault !== "unregistered" && chain.sequence > 0)
    .sort((a, b) => Buffer.compare(a.signer.publicKey, b.signer.publicKey));
  const chains = allocateColumns(chainsInTable, heads.length);
  heads.forEach(({ signer, chain }, row) => {
    chains.key.set(signer.publicKey, row * DEVICE_KEY_BYTES);
    chains.sequence[row] = BigInt(chain.sequence);
    chains.upload_id.set(chain.previousId, row * UPLOAD_ID_BYTES);
  });
  return chains;
}

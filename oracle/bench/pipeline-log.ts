/**
 * A synthetic epoch with real signatures, as large as asked for: what the pipeline's stages are timed on.
 *
 * Hotspots stand in clusters of 15 about 2 km apart; all answer their four challenges, and all others of the cluster hear them, which
 * makes 14 valid witness reports a beacon. A hotspot seals its reports in the order of time, `reportsPerUpload` at once; windows are
 * as long as an interval, so that reports that wait for company are not late. Deterministic.
 */
import { cellToBigInt, latLngToCell, parentCell } from "@earshot/geo";
import {
  allocateColumns,
  chainsInTable,
  type EpochInput,
  type EpochLog,
  earshot,
  entropyTable,
  hotspotsTable,
  judgedInTable,
  ledgerInTable,
  type NetworkParameters,
  payersTable,
  pendingInTable,
  servedInTable,
  stateInTable,
} from "@earshot/poc";
import {
  beaconPayload,
  type DeviceSigner,
  NETWORK_NUMBERS,
  sealUpload,
  sha256,
  signBeacon,
  signerFromEd25519Seed,
  type UploadContent,
} from "@earshot/poc/protocol";
import type { FolderHeader } from "../src/epoch-folder/parameters-file.ts";
import { deriveChallenges } from "../src/load/derive-challenges.ts";

export const CLUSTER = 15;
const INTERVAL_MS = earshot.time.intervalMs;
const US915 = 0;
export const BENCH_EPOCH = 20_759;

/** `earshot` with windows and grace time of an interval. */
export const patient: NetworkParameters = {
  ...earshot,
  time: { ...earshot.time, windowMs: INTERVAL_MS, graceMs: INTERVAL_MS },
};

export interface BenchOptions {
  /** A multiple of 15. */
  readonly hotspots: number;
  readonly reportsPerUpload: number;
  readonly parameters: NetworkParameters;
  /** Only challenges of so many minutes from one of the first interval on are answered; all without them. */
  readonly fromMinute?: number;
  readonly minutes?: number;
}

/** Everything of the input half but what follows from the log. */
export interface BenchFacts
  extends Pick<EpochInput, "parameters" | "hotspots" | "entropy" | "challenges" | "stateIn" | "servedIn" | "ledgerIn">,
    Pick<EpochLog, "payers" | "chainsIn" | "pendingIn" | "judgedIn"> {
  readonly header: FolderHeader;
  readonly network: number;
}

export interface BenchWorld {
  readonly facts: BenchFacts;
  readonly signers: readonly DeviceSigner[];
  /** Rows of the hotspots that hear each other. */
  readonly clusters: readonly (readonly number[])[];
}

function seed(text: string): Uint8Array {
  return sha256(new TextEncoder().encode(text));
}

/** Registry, entropy and challenges. */
export function benchWorld({ hotspots: count, parameters, minutes: answered }: BenchOptions): BenchWorld {
  const devices = Array.from({ length: count }, (_, index) => {
    const cluster = Math.floor(index / CLUSTER);
    const member = index % CLUSTER;
    // Clusters 0.3° apart from 25° N on, members 0.02° apart in three rows.
    const latDeg = 25 + 0.3 * (cluster % 80) + 0.02 * (member % 3);
    const lngDeg = -165 + 0.3 * (Math.floor(cluster / 80) % 1000) + 0.02 * Math.floor(member / 3);
    return { cluster, signer: signerFromEd25519Seed(seed(`hotspot ${index}`)), cell: latLngToCell(latDeg, lngDeg, 12) };
  });
  devices.sort((a, b) => {
    const cellA = cellToBigInt(a.cell.hi, a.cell.lo);
    const cellB = cellToBigInt(b.cell.hi, b.cell.lo);
    if (cellA !== cellB) return cellA < cellB ? -1 : 1;
    return Buffer.compare(a.signer.publicKey, b.signer.publicKey);
  });
  const hotspots = allocateColumns(hotspotsTable, count);
  for (const [row, { cluster, signer, cell }] of devices.entries()) {
    hotspots.key.set(signer.publicKey, row * 33);
    hotspots.gateway_id.set(sha256(signer.publicKey).subarray(0, 8), row * 8);
    hotspots.owner.set(seed(`owner ${row % 1000}`), row * 32);
    hotspots.beneficiary.set(seed(`owner ${row % 1000}`), row * 32);
    hotspots.cell[row] = cellToBigInt(cell.hi, cell.lo);
    const open = parentCell(cell.hi, cell.lo, 8);
    hotspots.cell_public[row] = cellToBigInt(open.hi, open.lo);
    hotspots.gain_ddbi[row] = 12;
    hotspots.elevation_m[row] = 5 + (cluster % 3);
    hotspots.region[row] = US915;
    hotspots.capability[row] = 1;
    hotspots.first_epoch[row] = BENCH_EPOCH;
  }
  const { time } = parameters;
  const first = (BENCH_EPOCH * time.epochMs) / time.entropyMs;
  const minutes = Math.ceil((time.epochMs + time.windowMs) / time.entropyMs) + 1;
  const entropy = allocateColumns(entropyTable, minutes);
  for (let row = 0; row < minutes; row++) {
    entropy.minute[row] = first + row;
    entropy.slot[row] = BigInt(1000 + row);
    entropy.block_time_s[row] = BigInt(Math.ceil(((first + row) * time.entropyMs) / 1000));
    entropy.blockhash.set(seed(`block ${first + row}`), row * 32);
  }
  const header = {
    epoch: BENCH_EPOCH,
    network: NETWORK_NUMBERS.local,
    previousManifestHash: "0".repeat(64),
    tokenPriceUsdE8: 50_000_000,
  };
  const source = { header, parameters, hotspots, entropy };
  const span = answered === undefined ? time.epochMs : time.intervalMs;
  const challenges = deriveChallenges(source, span) as EpochInput["challenges"];
  const facts: BenchFacts = {
    header,
    network: header.network,
    parameters,
    hotspots,
    entropy,
    challenges,
    payers: allocateColumns(payersTable, 0),
    stateIn: allocateColumns(stateInTable, 0),
    servedIn: allocateColumns(servedInTable, 0),
    ledgerIn: allocateColumns(ledgerInTable, 0),
    chainsIn: allocateColumns(chainsInTable, 0),
    pendingIn: allocateColumns(pendingInTable, 0),
    judgedIn: allocateColumns(judgedInTable, 0),
  };
  const clusters: number[][] = Array.from({ length: Math.ceil(count / CLUSTER) }, () => []);
  for (const [row, { cluster }] of devices.entries()) clusters[cluster].push(row);
  return { facts, signers: devices.map(({ signer }) => signer), clusters };
}

type Report =
  | { readonly atMs: number; readonly beacon: NonNullable<UploadContent["beacons"]>[number] }
  | { readonly atMs: number; readonly witness: NonNullable<UploadContent["witnesses"]>[number] };

/** Tells every upload with its receive time, cluster after cluster; gives how many there were. */
export function benchUploads(
  { facts, signers, clusters }: BenchWorld,
  { reportsPerUpload, fromMinute = 0, minutes = Number.POSITIVE_INFINITY }: BenchOptions,
  tell: (receiveMs: number, bytes: Uint8Array) => void,
): number {
  const { challenges, parameters, header } = facts;
  const startMs = header.epoch * parameters.time.epochMs;
  const firstMinute = startMs / parameters.time.entropyMs;
  const byHotspot: number[][] = signers.map(() => []);
  challenges.hotspot.forEach((hotspot, row) => {
    const minute = challenges.minute[row] - firstMinute;
    if (minute >= fromMinute && minute < fromMinute + minutes) byHotspot[hotspot].push(row);
  });
  let uploads = 0;
  for (const members of clusters) {
    const reports = new Map<number, Report[]>(members.map((member) => [member, []]));
    for (const beaconer of members) {
      for (const row of byHotspot[beaconer]) {
        const challengeId = challenges.challenge_id.slice(row * 32, (row + 1) * 32);
        const signature = signBeacon(signers[beaconer], challengeId);
        const payload = beaconPayload(challengeId, signature);
        const atMs = startMs + challenges.transmit_offset_ms[row];
        const radio = { frequencyHz: challenges.frequency_hz[row], dataRate: challenges.data_rate[row], tmst: row };
        const beacon = { challengeId, signature, transmitMs: atMs, txPowerDdbm: 270, ...radio };
        reports.get(beaconer)?.push({ atMs, beacon });
        for (const witness of members) {
          if (witness === beaconer) continue;
          const heard = { payload, receivedMs: atMs, rssiDdbm: -1100 - (witness % 64), snrDdb: 50, ...radio };
          reports.get(witness)?.push({ atMs, witness: heard });
        }
      }
    }
    for (const [member, own] of reports) {
      own.sort((a, b) => a.atMs - b.atMs);
      let previousId = new Uint8Array(32);
      for (let from = 0, sequence = 1; from < own.length; from += reportsPerUpload, sequence++) {
        const batch = own.slice(from, from + reportsPerUpload);
        const sealed = sealUpload(
          {
            network: header.network,
            sequence,
            previousId,
            beacons: batch.flatMap((report) => ("beacon" in report ? [report.beacon] : [])),
            witnesses: batch.flatMap((report) => ("witness" in report ? [report.witness] : [])),
          },
          signers[member],
        );
        previousId = new Uint8Array(sealed.id);
        tell(batch[batch.length - 1].atMs + 1500 + (member % 500), sealed.bytes);
        uploads++;
      }
    }
  }
  return uploads;
}

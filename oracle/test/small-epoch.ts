/**
 * A small epoch with everything real in it: signed uploads of a few hotspots 1 km apart, entropy, challenges, packets and a payer.
 *
 * Deterministic: the same options give the same bytes. Times are those of `demo` with epochs of four minutes.
 */
import { cellDigit, cellToBigInt, latLngToCell, parentCell } from "@earshot/geo";
import {
  allocateColumns,
  appealsTable,
  chainsInTable,
  demo,
  type EpochInput,
  entropyTable,
  hotspotsTable,
  judgedInTable,
  ledgerInTable,
  payersTable,
  pendingInTable,
  servedInTable,
  splitsTable,
  stateInTable,
  suspicionInTable,
} from "@earshot/poc";
import {
  beaconPayload,
  commitLocation,
  type DeviceSigner,
  NETWORK_NUMBERS,
  sealUpload,
  sha256,
  signBeacon,
  signerFromEd25519Seed,
  type UploadContent,
} from "@earshot/poc/protocol";
import type { FolderInput } from "../src/epoch-folder/folder.ts";
import { deriveChallenges } from "../src/load/derive-challenges.ts";
import { loadUploads } from "../src/load/load-uploads.ts";
import type { LogRecord } from "../src/log/segment-reader.ts";

export const EPOCH_MS = 240_000;
export const parameters = demo(EPOCH_MS);
/** Any epoch of recent years: 1.7e12 ms / 240 s. */
export const EPOCH = 7_083_333;
export const EPOCH_START_MS = EPOCH * EPOCH_MS;
const US915 = 0;

function seed(text: string): Uint8Array {
  return sha256(new TextEncoder().encode(text));
}

export interface SmallOptions {
  readonly hotspots?: number;
  /** So many of them, which are its first rows, keep their place private. */
  readonly hidden?: number;
  readonly epoch?: number;
  /** False for a log in which nothing arrived. */
  readonly uploads?: boolean;
  /** The epoch before: its senders go on with their chains, and what it left to the next epoch is what this one begins with. */
  readonly after?: SmallEpoch;
}

/** What a network begins with. */
export const FIRST_LOG = {
  chainsIn: allocateColumns(chainsInTable, 0),
  pendingIn: allocateColumns(pendingInTable, 0),
  judgedIn: allocateColumns(judgedInTable, 0),
};

/** What loading an epoch left to the next one. */
export function nextLog({
  chainsOut,
  pendingOut,
  judgedOut,
}: Pick<FolderInput, "chainsOut" | "pendingOut" | "judgedOut">) {
  return { chainsIn: chainsOut, pendingIn: pendingOut, judgedIn: judgedOut };
}

export interface SmallEpoch {
  readonly input: FolderInput;
  readonly records: readonly LogRecord[];
  /** By row in hotspots. */
  readonly signers: readonly DeviceSigner[];
  readonly meter: DeviceSigner;
  /** By row in hotspots, and the meter's last. */
  readonly chains: readonly UploadChain[];
}

/** The hotspot whose rewards two wallets share. */
const SPLIT_ROW = 3;

/** Seals uploads of one device one after the other. */
export class UploadChain {
  #sequence = 0;
  #previousId = new Uint8Array(32);
  readonly signer: DeviceSigner;

  constructor(signer: DeviceSigner) {
    this.signer = signer;
  }

  seal(content: Omit<UploadContent, "network" | "sequence" | "previousId">): Uint8Array {
    this.#sequence++;
    const sealed = sealUpload(
      { network: NETWORK_NUMBERS.local, sequence: this.#sequence, previousId: this.#previousId, ...content },
      this.signer,
    );
    this.#previousId = new Uint8Array(sealed.id);
    return sealed.bytes;
  }
}

export function smallHotspots(
  count: number,
  hidden = 0,
): {
  hotspots: EpochInput["hotspots"];
  splits: NonNullable<EpochInput["splits"]>;
  signers: DeviceSigner[];
} {
  const devices = Array.from({ length: count }, (_, i) => {
    const signer = signerFromEd25519Seed(seed(`hotspot ${i}`));
    // About 1.1 km a step in latitude and 1 km in longitude.
    const cell = latLngToCell(37.7 + 0.01 * Math.floor(i / 3), -122.4 + 0.012 * (i % 3), 12);
    const shown = i < hidden ? 0n : cellToBigInt(cell.hi, cell.lo);
    return { signer, cell, shown, owner: seed(`owner ${i % 3}`) };
  });
  devices.sort((a, b) => {
    if (a.shown !== b.shown) return a.shown < b.shown ? -1 : 1;
    return Buffer.compare(a.signer.publicKey, b.signer.publicKey);
  });
  const hotspots = allocateColumns(hotspotsTable, count);
  for (const [row, { signer, cell, shown, owner }] of devices.entries()) {
    hotspots.key.set(signer.publicKey, row * 33);
    hotspots.gateway_id.set(sha256(signer.publicKey).subarray(0, 8), row * 8);
    hotspots.owner.set(owner, row * 32);
    if (row !== SPLIT_ROW) hotspots.beneficiary.set(owner, row * 32);
    hotspots.cell[row] = shown;
    if (shown === 0n) {
      const digits = [9, 10, 11, 12].map((resolution) => cellDigit(cell.hi, cell.lo, resolution));
      hotspots.location_commitment.set(commitLocation(digits, seed(`salt ${row}`)), row * 32);
    }
    const open = parentCell(cell.hi, cell.lo, 8);
    hotspots.cell_public[row] = cellToBigInt(open.hi, open.lo);
    hotspots.gain_ddbi[row] = 12;
    hotspots.elevation_m[row] = 5;
    hotspots.region[row] = US915;
    hotspots.capability[row] = 1;
    hotspots.first_epoch[row] = EPOCH;
  }
  const splits = allocateColumns(splitsTable, count > SPLIT_ROW ? 2 : 0);
  if (count > SPLIT_ROW) {
    const wallets = [devices[SPLIT_ROW]!.owner, seed("host")].sort(Buffer.compare);
    splits.hotspot.fill(SPLIT_ROW);
    splits.share_e4.set([6_001, 3_999]);
    for (const [row, wallet] of wallets.entries()) splits.wallet.set(wallet, row * 32);
  }
  return { hotspots, splits, signers: devices.map(({ signer }) => signer) };
}

export function smallEntropy(epoch: number): EpochInput["entropy"] {
  const { entropyMs } = parameters.time;
  const minutes = EPOCH_MS / entropyMs + 4;
  const first = (epoch * EPOCH_MS) / entropyMs;
  const entropy = allocateColumns(entropyTable, minutes);
  for (let row = 0; row < minutes; row++) {
    entropy.minute[row] = first + row;
    entropy.slot[row] = BigInt(1000 + row);
    entropy.block_time_s[row] = BigInt(Math.ceil(((first + row) * entropyMs) / 1000));
    entropy.blockhash.set(seed(`block ${first + row}`), row * 32);
  }
  return entropy;
}

/** Every hotspot answers its challenges, all others hear it, and each carries two packets, of which the meter confirms the first. */
export function smallEpoch({
  hotspots: count = 5,
  hidden = 0,
  uploads = true,
  after,
  epoch,
}: SmallOptions = {}): SmallEpoch {
  const number = epoch ?? (after === undefined ? EPOCH : after.input.header.epoch + 1);
  return playSmall(smallHotspots(count, hidden), number, uploads, after);
}

function playSmall(
  { hotspots, splits, signers }: ReturnType<typeof smallHotspots>,
  epoch: number,
  uploads: boolean,
  after: SmallEpoch | undefined,
): SmallEpoch {
  const count = signers.length;
  const entropy = smallEntropy(epoch);
  const header = {
    epoch,
    network: NETWORK_NUMBERS.local,
    previousManifestHash: "0".repeat(64),
    tokenPriceUsdE8: 100_000_000,
  };
  const challenges = deriveChallenges({ header, parameters, hotspots, entropy }) as EpochInput["challenges"];
  const meter = signerFromEd25519Seed(seed("meter"));
  const chains = after?.chains ?? [...signers, meter].map((signer) => new UploadChain(signer));
  const startMs = epoch * EPOCH_MS;
  const planned: { receiveMs: number; chain: UploadChain; content: Parameters<UploadChain["seal"]>[0] }[] = [];
  for (let row = 0; row < challenges.minute.length; row++) {
    const beaconer = challenges.hotspot[row];
    const challengeId = challenges.challenge_id.slice(row * 32, (row + 1) * 32);
    const signature = signBeacon(signers[beaconer], challengeId);
    const payload = beaconPayload(challengeId, signature);
    const transmitMs = startMs + challenges.transmit_offset_ms[row];
    const radio = { frequencyHz: challenges.frequency_hz[row], dataRate: challenges.data_rate[row], tmst: row };
    const beacons = [{ challengeId, signature, transmitMs, txPowerDdbm: 270, ...radio }];
    planned.push({ receiveMs: transmitMs + 900, chain: chains[beaconer], content: { beacons } });
    for (let witness = 0; witness < count; witness++) {
      if (witness === beaconer) continue;
      const witnesses = [{ payload, receivedMs: transmitMs, rssiDdbm: -1000 - 10 * witness, snrDdb: 50, ...radio }];
      planned.push({ receiveMs: transmitMs + 1000 + witness, chain: chains[witness], content: { witnesses } });
    }
  }
  const copies = signers.flatMap(({ publicKey }, row) =>
    [0, 1].map((n) => ({
      packetHash: seed(`packet ${epoch} ${row} ${n}`),
      phyBytes: 20 + 30 * n,
      row,
      n,
      hotspotKey: publicKey,
    })),
  );
  const lateMs = startMs + EPOCH_MS - 200;
  for (const [row, chain] of chains.slice(0, count).entries()) {
    const receipts = copies
      .filter((copy) => copy.row === row)
      .map(({ packetHash, phyBytes, n }) => ({
        packetHash,
        phyBytes,
        devAddr: 0x01020304,
        fCnt: n,
        receivedMs: lateMs,
        routeId: 1,
      }));
    planned.push({ receiveMs: lateMs, chain, content: { receipts } });
  }
  const confirmations = copies.filter(({ n }) => n === 0);
  if (count > 0) planned.push({ receiveMs: lateMs + 100, chain: chains[count], content: { confirmations } });

  const payers = allocateColumns(payersTable, 1);
  payers.key.set(meter.publicKey);
  payers.payer.set(seed("payer"));
  // A device seals as it sends: in the order of time.
  planned.sort((a, b) => a.receiveMs - b.receiveMs);
  const own = (uploads ? planned : []).map(({ receiveMs, chain, content }) => ({
    receiveMs,
    bytes: chain.seal(content),
  }));
  // What the epoch before received in its grace time is in this log too.
  const records = [...(after?.records ?? []).filter(({ receiveMs }) => receiveMs >= startMs), ...own];
  const log = after === undefined ? FIRST_LOG : nextLog(after.input);
  const source = { header, parameters, hotspots, challenges, payers, ...log };
  const loaded = loadUploads(records, { ...source, network: header.network });
  const input: FolderInput = {
    ...source,
    splits,
    entropy,
    stateIn: allocateColumns(stateInTable, 0),
    servedIn: allocateColumns(servedInTable, 0),
    ledgerIn: allocateColumns(ledgerInTable, 0),
    suspicionIn: allocateColumns(suspicionInTable, 0),
    appeals: allocateColumns(appealsTable, 0),
    ...loaded,
  };
  return { input, records, signers, meter, chains };
}

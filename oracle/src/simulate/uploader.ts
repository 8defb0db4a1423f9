/**
 * What one sender's agent puts on the wire: reports gathered, sealed, chained and received.
 *
 * As DESIGN has it: an upload holds all that waits when it is sealed; PoC reports wait under 2 s, receipts at most 60 s; one upload
 * is under way at a time, so after an outage the first upload is small and the second holds the rest; an upload is sealed once
 * and never changes. Times in ms since the start of the epoch; those of uploads may lie beyond its end.
 */
import {
  type BeaconReport,
  type DeviceSigner,
  type PacketConfirmation,
  type PacketReceipt,
  type SealedUpload,
  sealUpload,
  type WitnessReport,
} from "@earshot/poc/protocol";
import {
  type Fault,
  FLUSH_MS,
  FORK_SHARE,
  JUNK_SHARE,
  LOST_UPLOAD_SHARE,
  RECEIPT_FLUSH_MS,
  RESENT_AFTER_MS,
  RESENT_SHARE,
  SLOW_UPLOADS,
  UPLINK_MS,
} from "./behaviour.ts";
import type { Outage } from "./outages.ts";
import type { RandomStream } from "./random.ts";

/** Something a sender wants to report, and when it came to know it. */
export type Report =
  | { readonly atMs: number; readonly kind: "beacon"; readonly report: BeaconReport }
  | { readonly atMs: number; readonly kind: "witness"; readonly report: WitnessReport }
  | { readonly atMs: number; readonly kind: "receipt"; readonly report: PacketReceipt }
  | { readonly atMs: number; readonly kind: "confirmation"; readonly report: PacketConfirmation };

/** An upload as an ingest logs it. */
export interface LoggedUpload {
  readonly receiveOffsetMs: number;
  readonly bytes: Uint8Array;
  /** Receipts in it that can be billed: those of its first arrival. */
  readonly receipts: readonly PacketReceipt[];
}

/** Where a sender's chain stands between epochs. */
export interface ChainState {
  sequence: number;
  previousId: Uint8Array;
  /** When the last upload was acknowledged. */
  freeMs: number;
  /** The state was lost: the next upload goes on from the ingest's head and says so. */
  isResumed: boolean;
}

export interface Sender {
  readonly signer: DeviceSigner;
  readonly network: number;
  readonly fault: Fault | undefined;
  readonly outage: Outage | undefined;
  /** Draws delays, losses and damage. */
  readonly stream: RandomStream;
}

/** An agent seals no more reports than this into one upload: 66 bytes each keep it under 1 MiB. */
const MAX_REPORTS = 10_000;
/** From the ingest's clock to the sender's knowledge, ms. */
const ACKNOWLEDGED_AFTER_MS = 20;

export interface PlayedUploads {
  readonly logged: LoggedUpload[];
  /** Reports that wait for an upload that is sealed at `untilMs` or later. */
  readonly unsent: readonly Report[];
}

/**
 * Seals the reports, which must be in time order, and moves the chain. Gives every upload the ingest receives, repeats, forks and
 * damaged ones included; what a device loses before it is sent is in none.
 */
export function playUploads(
  sender: Sender,
  reports: readonly Report[],
  chain: ChainState,
  untilMs: number = Number.POSITIVE_INFINITY,
): PlayedUploads {
  const logged: LoggedUpload[] = [];
  let next = 0;
  while (next < reports.length) {
    const flushMs = sender.stream.between(FLUSH_MS.from, FLUSH_MS.to);
    let sealMs = Number.POSITIVE_INFINITY;
    let end = next;
    while (end < reports.length && end - next < MAX_REPORTS && reports[end].atMs <= sealMs) {
      const { atMs, kind } = reports[end];
      const isProof = kind === "beacon" || kind === "witness";
      sealMs = Math.max(chain.freeMs, Math.min(sealMs, atMs + (isProof ? flushMs : RECEIPT_FLUSH_MS)));
      end++;
    }
    if (sealMs >= untilMs) break;
    logged.push(...send(sender, reports.slice(next, end), sealMs, chain));
    next = end;
  }
  return { logged, unsent: reports.slice(next) };
}

function send(sender: Sender, batch: readonly Report[], sealMs: number, chain: ChainState): LoggedUpload[] {
  const { fault, stream } = sender;
  const sealed = seal(sender, batch, chain);
  const receipts = batch.flatMap((entry) => (entry.kind === "receipt" ? [entry.report] : []));
  const receiveMs = receiveTime(sender, sealMs);
  chain.freeMs = receiveMs + ACKNOWLEDGED_AFTER_MS;
  if (fault === "forgetful" && stream.chance(LOST_UPLOAD_SHARE)) {
    // The disk went before the upload did: the ingest's head stays, and the device goes on from there.
    chain.isResumed = true;
    return [];
  }
  const logged: LoggedUpload[] = [{ receiveOffsetMs: receiveMs, bytes: sealed.bytes, receipts }];
  const again = (afterMs: number, bytes: Uint8Array) =>
    logged.push({ receiveOffsetMs: receiveMs + afterMs, bytes, receipts: [] });
  if (stream.chance(RESENT_SHARE)) again(RESENT_AFTER_MS, sealed.bytes);
  if (fault === "forked" && stream.chance(FORK_SHARE)) {
    again(RESENT_AFTER_MS, seal(sender, batch.map(ofOtherMachine), chain).bytes);
  }
  if (fault === "junk" && stream.chance(JUNK_SHARE)) again(1, damage(sealed.bytes, stream));
  chain.sequence++;
  chain.previousId = sealed.id;
  chain.isResumed = false;
  return logged;
}

function seal({ signer, network }: Sender, batch: readonly Report[], chain: ChainState): SealedUpload {
  const beacons: BeaconReport[] = [];
  const witnesses: WitnessReport[] = [];
  const receipts: PacketReceipt[] = [];
  const confirmations: PacketConfirmation[] = [];
  for (const { kind, report } of batch) {
    if (kind === "beacon") beacons.push(report);
    else if (kind === "witness") witnesses.push(report);
    else if (kind === "receipt") receipts.push(report);
    else confirmations.push(report);
  }
  const { sequence, previousId, isResumed } = chain;
  const link = { network, sequence: sequence + 1, previousId, resumed: isResumed };
  return sealUpload({ ...link, beacons, witnesses, receipts, confirmations }, signer);
}

function receiveTime({ fault, outage, stream }: Sender, sealMs: number): number {
  const uplinkMs = stream.between(UPLINK_MS.from, UPLINK_MS.to);
  const isSlow = stream.chance(SLOW_UPLOADS.share);
  const waitMs = stream.between(SLOW_UPLOADS.fromMs, SLOW_UPLOADS.toMs);
  const isCut = outage !== undefined && sealMs >= outage.fromMs && sealMs < outage.toMs;
  return (isCut ? outage.toMs : sealMs) + uplinkMs + (fault === "slow_backhaul" && isSlow ? waitMs : 0);
}

/** What a second machine with the same key makes of the same moment: other counters. */
function ofOtherMachine(entry: Report): Report {
  if (entry.kind === "receipt")
    return { ...entry, report: { ...entry.report, receivedMs: entry.report.receivedMs + 1 } };
  if (entry.kind === "confirmation") return entry;
  const tmst = (entry.report.tmst ^ 0x5a5a_5a5a) >>> 0;
  return { ...entry, report: { ...entry.report, tmst } } as Report;
}

/** An upload as a bad line or a bad program leaves it: cut off, a bit changed, a byte too many, or noise. */
function damage(bytes: Uint8Array, stream: RandomStream): Uint8Array {
  const at = stream.below(bytes.length);
  const how = stream.below(4);
  if (how === 0) return bytes.slice(0, at);
  if (how === 1) return Uint8Array.of(...bytes, 0);
  if (how === 2) return stream.bytes(4 + 4 * stream.below(64));
  const changed = bytes.slice();
  changed[at] ^= 1 << stream.below(8);
  return changed;
}

/**
 * What became of the uploads of an epoch: how many counted, and how many were refused under which code.
 *
 * A refused upload gives no report and no verdict; it is counted, so that nothing of a log disappears without a trace.
 */
import type { UploadsDigest } from "@earshot/poc";
import type { UploadRefusalCode } from "@earshot/poc/protocol";

/**
 * Why an upload gives no report: what its bytes lack (poc/protocol), where it stands in its sender's chain, or: received outside
 * the epoch and its grace; reports of a kind that its sender has no right to (a meter confirms, a hotspot does everything else).
 * `past_number`: numbered below its sender's head at the start of the epoch; whether it is the upload that counted under the number
 * or another, the log of an earlier epoch says. `notice`: no upload at all, but a record of another kind (poc/protocol notice.ts), whether
 * or not it holds.
 */
export type IntakeRefusal =
  | UploadRefusalCode
  | "duplicate"
  | "chain_fork"
  | "wrong_predecessor"
  | "past_number"
  | "outside_epoch"
  | "notice"
  | "wrong_sender";

export interface Intake {
  readonly uploads: number;
  readonly accepted: number;
  /** SHA-256 over the ids of the accepted uploads in log order, hex. */
  readonly sha256: string;
  /** Refused uploads by code, codes in ascending order, none with 0. */
  readonly refused: Readonly<Partial<Record<IntakeRefusal, number>>>;
  /** Accepted uploads before which numbers of their sender are missing in the logs so far. */
  readonly gaps: number;
  /** Reports in the accepted uploads that the epoch judges. */
  readonly beacons: number;
  readonly witnesses: number;
  /** Receipts and confirmations that arrived in the epoch. */
  readonly receipts: number;
  readonly confirmations: number;
  /** Copies that were billed, of earlier receipts too. */
  readonly billed: number;
  /** Reports of all kinds received in the grace time that are left to the next epoch, whose log holds them too. */
  readonly leftToNextEpoch: number;
  /** Reports received in the grace time of the epoch before that have their verdict there. */
  readonly judgedInEpochBefore: number;
}

/** What the manifest says of the log. */
export function uploadsDigest({ accepted, sha256, refused }: Intake): UploadsDigest {
  return { count: accepted, sha256, refused: { ...refused } };
}

/** Counts refusals by code. */
export class RefusalCounts {
  readonly #counts = new Map<IntakeRefusal, number>();

  add(code: IntakeRefusal, count = 1): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + count);
  }

  addAll(refused: Intake["refused"]): void {
    for (const [code, count] of Object.entries(refused)) this.add(code as IntakeRefusal, count);
  }

  toObject(): Intake["refused"] {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/**
 * Whether a payer has shown that a frame a hotspot claims to have carried was never sent by the device it names.
 *
 * The payer discloses the session's integrity key and two frames of that session whose copies it has paid for, one received before the
 * disputed frame and one after. Their MICs prove the key and that the session lasted over the disputed moment; the disputed
 * frame is refuted when its MIC fails under every upper half the counter can have had. A key of another session, which would make
 * any honest frame look false, proves nothing that way. Disclosing the key costs the device its integrity until it joins anew, so a
 * payer does it for a dispute and not for convenience. LoRaWAN 1.0.x only: a 1.1 MIC also depends on the channel and data rate,
 * which nobody has signed.
 */
import type { DataFrame } from "./frame.ts";
import { dataMic10, hasMic } from "./mic.ts";
import { parseFrame } from "./parse-frame.ts";

/** A frame whose copy was billed, and the upper half of its 32-bit counter. */
export interface SessionProof {
  readonly phyPayload: Uint8Array;
  readonly fCntHigh: number;
}

export interface RefutationEvidence {
  readonly disputed: Uint8Array;
  /** Received before and after the disputed frame. */
  readonly before: SessionProof;
  readonly after: SessionProof;
  /** 16 bytes: NwkSKey. */
  readonly nwkSKey: Uint8Array;
}

/**
 * `refuted`: the MIC fails. `mic_holds`: it does not, and the payer owes. `not_an_uplink`: some frame is no data uplink.
 * `other_device`: the frames name different DevAddrs. `key_unproven`: a proof's MIC fails under the key. `counters_disagree`: the
 * proofs do not frame one session. `proofs_apart`: they stand so far apart that the counter's upper half may have been one of many.
 */
export type RefutationVerdict =
  | "refuted"
  | "mic_holds"
  | "not_an_uplink"
  | "other_device"
  | "key_unproven"
  | "counters_disagree"
  | "proofs_apart";

const KEY_BYTES = 16;
const MAX_F_CNT_HIGH = 0xffff;
/**
 * A proof of the same upper half as the other, or of the one before it: a payer has paid frames nearer than 65,536 others. Everybody who reads the
 * log tries each half between them on each disputed frame; from 0 to 65,535 one notice of 64 KiB took hours.
 */
const MAX_HALVES_APART = 1;

/**
 * Judges the evidence. That the proofs were billed, and received when the payer says, is for the caller to look up. Never throws for
 * what the frames hold; a key that has not 16 bytes is unproven.
 */
export function judgeRefutation({ disputed, before, after, nwkSKey }: RefutationEvidence): RefutationVerdict {
  const [frame, first, last] = [disputed, before.phyPayload, after.phyPayload].map(uplinkOf);
  if (frame === undefined || first === undefined || last === undefined) return "not_an_uplink";
  if (first.devAddr !== frame.devAddr || last.devAddr !== frame.devAddr) return "other_device";
  if (nwkSKey.length !== KEY_BYTES || !isProven(before, nwkSKey) || !isProven(after, nwkSKey)) return "key_unproven";
  if (counterOf(first, before) >= counterOf(last, after)) return "counters_disagree";
  if (after.fCntHigh - before.fCntHigh > MAX_HALVES_APART) return "proofs_apart";
  for (let fCntHigh = before.fCntHigh; fCntHigh <= after.fCntHigh; fCntHigh++) {
    if (hasMic(disputed, dataMic10(disputed, nwkSKey, fCntHigh))) return "mic_holds";
  }
  return "refuted";
}

function uplinkOf(phyPayload: Uint8Array): DataFrame | undefined {
  const frame = parseFrame(phyPayload);
  return frame.kind === "data" && frame.direction === "up" ? frame : undefined;
}

function isProven({ phyPayload, fCntHigh }: SessionProof, nwkSKey: Uint8Array): boolean {
  if (!Number.isInteger(fCntHigh) || fCntHigh < 0 || fCntHigh > MAX_F_CNT_HIGH) return false;
  return hasMic(phyPayload, dataMic10(phyPayload, nwkSKey, fCntHigh));
}

function counterOf({ fCnt }: DataFrame, { fCntHigh }: SessionProof): number {
  return fCntHigh * 0x1_0000 + fCnt;
}

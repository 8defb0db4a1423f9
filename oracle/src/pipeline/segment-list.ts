/**
 * The signed list of the log segments an epoch was made from: what an oracle claims to have seen, and what an auditor downloads first.
 *
 * Per log: the ingest's key, and of each segment its number, place in the log, hash, and the heads before and after it. With a head that
 * the ingest put on chain the list proves that nothing before that head was left out.
 */
import { canonicalJsonBytes, type DeviceSigner, keyToText, signJson } from "@earshot/poc/protocol";
import type { SealedSegment } from "../ports/report-log.ts";

export interface ListedSegment {
  readonly number: number;
  readonly firstIndex: number;
  readonly uploads: number;
  readonly bytes: number;
  /** Hex, as all hashes here. */
  readonly sha256: string;
  readonly headBefore: string;
  readonly headAfter: string;
}

export interface SegmentList {
  readonly epoch: number;
  readonly network: number;
  readonly logs: readonly { readonly log: string; readonly segments: readonly ListedSegment[] }[];
}

export interface SignedSegmentList {
  readonly list: SegmentList;
  /** Text form of the oracle's key. */
  readonly signer: string;
  /** Base64, over "earshot-segments" || SHA-256 of the canonical JSON of `list`. */
  readonly signature: string;
}

/** Name of a log of an oracle: the key of its ingest. */
export const LOG_KEY_HEX = /^[0-9a-f]{66}$/;

/** Keys of the ingests whose logs are listed; none of a log that was simulated. */
export function listedIngests({ logs }: SegmentList): readonly Uint8Array[] {
  return logs.flatMap(({ log }) => (LOG_KEY_HEX.test(log) ? [Uint8Array.fromHex(log)] : []));
}

/** The list as its file has it. */
export function signSegmentList(list: SegmentList, signer: DeviceSigner): Uint8Array {
  const signature = Buffer.from(signJson("earshot-segments", list, signer)).toString("base64");
  return canonicalJsonBytes({ list, signer: keyToText(signer.publicKey), signature } satisfies SignedSegmentList);
}

export function listedSegment(segment: SealedSegment): ListedSegment {
  const { number, firstIndex, uploads, bytes, sha256, headBefore, headAfter } = segment;
  const [hash, before, after] = [sha256, headBefore, headAfter].map((value) => Buffer.from(value).toString("hex"));
  return { number, firstIndex, uploads, bytes, sha256: hash, headBefore: before, headAfter: after };
}

/**
 * Sealed uploads of 100 witness reports each, to time what an ingest does per report: verify the one signature, decode.
 *
 * 2,000 devices with Ed25519 keys, one upload each, on the local network; payloads and figures are random, times canonical.
 */

import { ReportColumns } from "../src/protocol/report-columns.ts";
import { importKey, signerFromEd25519Seed, type VerifyKey } from "../src/protocol/signature.ts";
import { NETWORK_NUMBERS, sealUpload } from "../src/protocol/upload.ts";
import { decodeUpload } from "../src/protocol/upload-decode.ts";
import { type VerifiedUpload, verifyUpload } from "../src/protocol/upload-verify.ts";
import { createRandom, fillRandom } from "./random.ts";
import { DEFAULT_SEED, SYNTHETIC_EPOCH } from "./synthetic-epoch.ts";

export const REPORTS_PER_UPLOAD = 100;
const UPLOADS = 2_000;
const DAY_MS = 86_400_000;

export interface UploadBatch {
  readonly bytes: readonly Uint8Array[];
  readonly keys: readonly VerifyKey[];
  readonly reports: number;
}

/** Makes the uploads; deterministic. */
export function sealBatch(): UploadBatch {
  const random = createRandom(DEFAULT_SEED, 7);
  const bytes: Uint8Array[] = [];
  const keys: VerifyKey[] = [];
  for (let upload = 0; upload < UPLOADS; upload++) {
    const seed = new Uint8Array(32);
    fillRandom(random, seed);
    const signer = signerFromEd25519Seed(seed);
    const witnesses = Array.from({ length: REPORTS_PER_UPLOAD }, () => {
      const payload = new Uint8Array(24);
      fillRandom(random, payload);
      return {
        payload,
        receivedMs: SYNTHETIC_EPOCH * DAY_MS + random.below(DAY_MS),
        tmst: random.u32(),
        rssiDdbm: -1_300 + random.below(700),
        snrDdb: -170 + random.below(290),
        frequencyHz: 867_100_000 + 200_000 * random.below(8),
        dataRate: 10,
      };
    });
    const content = { network: NETWORK_NUMBERS.local, sequence: 1, previousId: new Uint8Array(32), witnesses };
    bytes.push(sealUpload(content, signer).bytes);
    keys.push(importKey(signer.publicKey));
  }
  return { bytes, keys, reports: UPLOADS * REPORTS_PER_UPLOAD };
}

/** Verifies every upload; throws when one is refused, which none is. */
export function verifyBatch(batch: UploadBatch): VerifiedUpload[] {
  return batch.bytes.map((bytes, at) => {
    const verified = verifyUpload(bytes, batch.keys[at], NETWORK_NUMBERS.local);
    if (verified.status !== "ok") throw new Error(`upload ${at} was refused: ${verified.code}`);
    return verified;
  });
}

/** Decodes verified uploads into fresh columns. */
export function decodeBatch(uploads: readonly VerifiedUpload[]): ReportColumns {
  const columns = new ReportColumns();
  uploads.forEach((upload, at) => {
    decodeUpload(upload, { hotspot: at, receiveOffsetMs: 1_000 + at, uploadRank: at }, columns);
  });
  return columns;
}

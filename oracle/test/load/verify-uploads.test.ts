import { sha256, signBeacon } from "@earshot/poc/protocol";
import { describe, expect, test } from "vitest";
import { verifierOf } from "../../src/load/load-uploads.ts";
import { mergeChunks } from "../../src/load/upload-chunk.ts";
import { EPOCH_START_MS, smallEpoch, UploadChain } from "../small-epoch.ts";

/** Three quarters of them are good: more than an equation must have to be worth it. */
const UPLOADS = 2900;
const MIXED = 300;
const { input, signers, meter } = smallEpoch({ uploads: false });
const chains = [...signers.map((signer) => new UploadChain(signer)), new UploadChain(meter)];

/** An upload with a beacon each; every 7th beacon is not signed, every 11th upload, and a meter reports what it may not. */
const records = Array.from({ length: UPLOADS }, (_, i) => {
  const chain = chains[i % chains.length]!;
  const challengeId = sha256(Uint8Array.of(i & 255, i >> 8));
  const signature = signBeacon(chain.signer, challengeId);
  if (i % 7 === 0) signature[63]! ^= 1;
  const radio = { transmitMs: 1, frequencyHz: 904_100_000, dataRate: 10, txPowerDdbm: 200, tmst: i };
  const bytes = chain.seal({ beacons: [{ challengeId, signature, ...radio }] });
  if (i % 11 === 0) bytes[bytes.length - 1]! ^= 1;
  return { receiveMs: EPOCH_START_MS + i, bytes };
});

describe("uploads that are verified together", () => {
  const together = verifierOf({ ...input, network: input.header.network }).chunk(records.slice(0, MIXED));

  test("make the rows and the refusals that they make one by one", () => {
    const alone = verifierOf({ ...input, network: input.header.network });
    expect(together).toEqual(mergeChunks(records.slice(0, MIXED).map((record) => alone.chunk([record]))));
    // Enough of them for an equation that holds.
    const good = records.filter((_, i) => i % 7 !== 0 && i % 11 !== 0);
    const chunk = alone.chunk(good);
    expect(chunk).toEqual(mergeChunks(good.map((record) => alone.chunk([record]))));
    expect(chunk.beacons.is_signed).not.toContain(0);
    expect(chunk.refused.bad_signature).toBeUndefined();
  });

  test("are refused, or their beacons marked, exactly where a signature is another", () => {
    const mixed = records.slice(0, MIXED);
    const rows = mixed.flatMap((_, i) => (i % 11 === 0 || i % chains.length === signers.length ? [] : [i]));
    expect(Array.from(together.beacons.is_signed)).toEqual(rows.map((i) => (i % 7 === 0 ? 0 : 1)));
    const bad = mixed.filter((_, i) => i % 11 === 0).length;
    expect(together.refused).toEqual({ bad_signature: bad, wrong_sender: MIXED - bad - rows.length });
  });
});

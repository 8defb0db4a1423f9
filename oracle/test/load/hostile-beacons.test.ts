/** A beacon costs a signature's check: how many a sender may make a reader check is bounded. */
import { SignatureVerifier } from "@earshot/poc";
import { MAX_UPLOAD_BEACONS, signBeacon } from "@earshot/poc/protocol";
import { expect, test, vi } from "vitest";
import { CHUNK_RECORDS, loadUploads, verifierOf } from "../../src/load/load-uploads.ts";
import { EPOCH_START_MS, smallEpoch, UploadChain } from "../small-epoch.ts";

const beacon = {
  challengeId: new Uint8Array(32),
  signature: new Uint8Array(64).fill(1),
  transmitMs: 1,
  frequencyHz: 904_100_000,
  dataRate: 10,
  txPowerDdbm: 200,
  tmst: 1,
};

test("an upload of as many beacons as one may hold is read, one of more is none", () => {
  const { input, signers } = smallEpoch({ uploads: false });
  const chain = new UploadChain(signers[0]!);
  const beacons = Array.from({ length: MAX_UPLOAD_BEACONS }, () => beacon);
  const bytes = chain.seal({ beacons });
  const context = { ...input, network: input.header.network };
  const loaded = loadUploads([{ receiveMs: EPOCH_START_MS, bytes }], context);
  expect(loaded.beacons.hotspot.length).toBe(MAX_UPLOAD_BEACONS);
  expect(() => chain.seal({ beacons: [...beacons, beacon] })).toThrow("POC_BAD_ENCODING: beacons");
});

test("more beacons than a chunk has uploads are looked at some at a time: a million at once took a GB", () => {
  const { input, signers } = smallEpoch({ uploads: false });
  const chain = new UploadChain(signers[0]!);
  // S is out of range: refused without arithmetic. The last of each upload is signed.
  const outOfRange = { ...beacon, signature: new Uint8Array(64).fill(255) };
  const signed = { ...beacon, signature: signBeacon(signers[0]!, beacon.challengeId) };
  const beacons = Array.from({ length: MAX_UPLOAD_BEACONS }, (_, i) =>
    i === MAX_UPLOAD_BEACONS - 1 ? signed : outOfRange,
  );
  const records = Array.from({ length: CHUNK_RECORDS / MAX_UPLOAD_BEACONS + 1 }, (_, i) => ({
    receiveMs: EPOCH_START_MS + i,
    bytes: chain.seal({ beacons }),
  }));
  const asked = vi.spyOn(SignatureVerifier.prototype, "verify");
  try {
    const chunk = verifierOf({ ...input, network: input.header.network }).chunk(records);
    expect(Array.from(chunk.beacons.is_signed)).toEqual(
      records.flatMap(() => beacons.map((one) => (one === signed ? 1 : 0))),
    );
    expect(Math.max(...asked.mock.calls.map(([items]) => items.length))).toBe(CHUNK_RECORDS);
  } finally {
    asked.mockRestore();
  }
});

import { MAX_UPLOAD_BEACONS, signBeacon } from "@earshot/poc/protocol";
import { expect, test } from "vitest";
import { loadUploads, verifierOf } from "../../src/load/load-uploads.ts";
import { CHUNK_RECORDS, recordChunks } from "../../src/load/record-chunks.ts";
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

test("beacons are looked at some at a time, as many as uploads, however full the uploads are: a million at once took a GB", () => {
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
  const chunks = [...recordChunks(records)];
  expect(chunks.map(({ length }) => length)).toEqual([records.length - 1, 1]);
  expect(chunks.flat()).toEqual(records);
  const verifier = verifierOf({ ...input, network: input.header.network });
  expect(chunks.flatMap((chunk) => Array.from(verifier.chunk(chunk).beacons.is_signed))).toEqual(
    records.flatMap(() => beacons.map((one) => (one === signed ? 1 : 0))),
  );
});

test("records that are no uploads fill a chunk by their number alone", () => {
  const junk = { receiveMs: EPOCH_START_MS, bytes: new Uint8Array(200).fill(255) };
  const records = Array.from({ length: CHUNK_RECORDS + 1 }, () => junk);
  expect([...recordChunks(records)].map(({ length }) => length)).toEqual([CHUNK_RECORDS, 1]);
  expect([...recordChunks([])]).toEqual([]);
});

/** A beacon costs a signature's check: how many a sender may make a reader check is bounded. */
import { MAX_UPLOAD_BEACONS } from "@earshot/poc/protocol";
import { expect, test } from "vitest";
import { loadUploads } from "../../src/load/load-uploads.ts";
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

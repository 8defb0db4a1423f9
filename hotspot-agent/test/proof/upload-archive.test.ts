import { EMPTY_CHAIN, RECEIPT_BYTES, sealUpload, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { expect, test } from "vitest";
import { UploadArchive } from "../../src/proof/upload-archive.ts";
import { MemoryFiles } from "../doubles/memory-files.ts";

const signer = signerFromEd25519Seed(new Uint8Array(32).fill(5));
const receipt = new Uint8Array(RECEIPT_BYTES);

function upload(sequence: number): Uint8Array {
  const receipts = [
    { packetHash: new Uint8Array(32), phyBytes: 12, devAddr: 1, fCnt: sequence, receivedMs: 1, routeId: 1 },
  ];
  const previousId = sequence === 1 ? EMPTY_CHAIN.id : new Uint8Array(32).fill(1);
  return sealUpload({ network: 1, sequence, previousId, resumed: false, beacons: [], witnesses: [], receipts }, signer)
    .bytes;
}

test("leaves nothing of what the disk did not take, however often it refuses", async () => {
  const files = new MemoryFiles();
  const archive = new UploadArchive(files, 1024 * 1024);
  await archive.load();
  await archive.add(upload(1), receipt);
  files.isFull = true;
  for (let sequence = 2; sequence < 100; sequence++) {
    await expect(archive.add(upload(sequence), receipt)).rejects.toThrow("no space left");
  }
  // The torn one, and the one that is tried.
  expect(files.names().length).toBeLessThanOrEqual(2);
  files.isFull = false;
  await archive.add(upload(100), receipt);
  const again = new UploadArchive(files, 1024 * 1024);
  await again.load();
  expect([1, 2, 99, 100].map((sequence) => again.idAt(sequence) !== undefined)).toEqual([true, false, false, true]);
});

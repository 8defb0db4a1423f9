import { NO_ROW } from "@earshot/poc";
import { NETWORK_NUMBERS, sealUpload, signerFromEd25519Seed, UPLOAD_OFFSETS } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LoadContext, loadUploads } from "../../src/load/load-uploads.ts";
import type { LogRecord } from "../../src/log/segment-reader.ts";
import { EPOCH_MS, EPOCH_START_MS, parameters, smallEpoch, UploadChain } from "../small-epoch.ts";

const { input, records, signers, meter } = smallEpoch();
const context: LoadContext = { ...input, network: input.header.network };
const soak = Number(process.env.EARSHOT_SOAK ?? 1);

/** A witness report of nothing in particular. */
const heard = {
  payload: new Uint8Array(24).fill(7),
  receivedMs: 5,
  rssiDdbm: -900,
  snrDdb: 10,
  frequencyHz: 904_100_000,
  dataRate: 10,
  tmst: 1,
};

function load(extra: readonly LogRecord[]) {
  return loadUploads([...records, ...extra], context);
}

describe("loadUploads", () => {
  test("gives every report of the epoch its row, in log order over the three tables", () => {
    const { beacons, witnesses, packets, intake } = loadUploads(records, context);
    // Four intervals, five hotspots: 20 beacons, heard by the four others each; two receipts a hotspot.
    expect(beacons.log_index.length).toBe(20);
    expect(witnesses.log_index.length).toBe(80);
    expect(packets.log_index.length).toBe(10);
    expect(intake).toEqual({
      uploads: 106,
      accepted: 106,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      refused: {},
      gaps: 0,
      beacons: 20,
      witnesses: 80,
      receipts: 10,
      confirmations: 5,
      billed: 5,
      leftToNextEpoch: 0,
      judgedInEpochBefore: 0,
    });
    const places = [...beacons.log_index, ...witnesses.log_index, ...packets.log_index].sort((a, b) => a - b);
    expect(places).toEqual(Array.from({ length: 110 }, (_, i) => i));
    expect([...beacons.proof_status]).toEqual(new Array(20).fill(0));
    expect([...beacons.challenge].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect([...packets.log_index]).toEqual(Array.from({ length: 10 }, (_, i) => 100 + i));
  });

  test("bills the confirmed copy of 20 bytes with one data credit and the unconfirmed one of 50 bytes with none", () => {
    const { packets } = loadUploads(records, context);
    for (let row = 0; row < 10; row++) {
      const confirmed = packets.phy_bytes[row] === 20;
      expect(packets.data_credits[row]).toBe(confirmed ? 1 : 0);
      const payer = packets.payer.slice(row * 32, (row + 1) * 32);
      expect(payer).toEqual(confirmed ? input.payers.payer : new Uint8Array(32));
    }
  });

  test("gives the same tables for records in any order", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...records], { minLength: records.length }), (shuffled) => {
        expect(loadUploads(shuffled, context)).toEqual(loadUploads(records, context));
      }),
      { numRuns: 3 * soak },
    );
  });

  test("counts a resent upload once and refuses the second body of a number as a fork", () => {
    const signer = signers[0];
    const first = records.find(
      ({ bytes }) => Buffer.compare(bytes.subarray(56, 89), signer.publicKey) === 0,
    ) as LogRecord;
    const resent = { receiveMs: first.receiveMs + 50, bytes: first.bytes };
    const content = { network: NETWORK_NUMBERS.local, sequence: 1, previousId: new Uint8Array(32) };
    const forged = sealUpload({ ...content, witnesses: [heard, heard] }, signer);
    const { intake, witnesses } = load([resent, { receiveMs: first.receiveMs + 60, bytes: forged.bytes }]);
    expect(intake.refused).toEqual({ chain_fork: 1, duplicate: 1 });
    expect(witnesses).toEqual(loadUploads(records, context).witnesses);
  });

  test("refuses an upload that names another predecessor than the one before it", () => {
    const stranger = new UploadChain(signers[2]);
    const first = stranger.seal({ witnesses: [heard] });
    const content = { network: NETWORK_NUMBERS.local, sequence: 2, previousId: new Uint8Array(32).fill(1) };
    const { bytes } = sealUpload({ ...content, witnesses: [heard] }, signers[2]);
    const log = [first, bytes].map((upload) => ({ receiveMs: EPOCH_START_MS, bytes: upload }));
    expect(loadUploads(log, context).intake).toMatchObject({ accepted: 1, refused: { wrong_predecessor: 1 } });
  });

  test("takes a sender's uploads of one millisecond in the order of their numbers", () => {
    const stranger = new UploadChain(signers[2]);
    const burst = [1, 2, 3, 4, 5, 6].map(() => ({
      receiveMs: EPOCH_START_MS,
      bytes: stranger.seal({ witnesses: [heard] }),
    }));
    const { intake } = loadUploads(burst.toReversed(), context);
    expect(intake.accepted).toBe(6);
  });

  test("refuses what a registered key off its curve sends as a bad key, whatever else is wrong with it", () => {
    const offCurve = Uint8Array.of(0xed, 2, ...new Uint8Array(31));
    const good = records.find(({ bytes }) => Buffer.compare(bytes.subarray(56, 89), signers[0].publicKey) === 0)!;
    const row = signers.map(({ publicKey }) => Buffer.from(input.hotspots.key).indexOf(publicKey) / 33)[0];
    const key = input.hotspots.key.slice();
    key.set(offCurve, row * 33);
    const bytes = good.bytes.slice();
    bytes.set(offCurve, UPLOAD_OFFSETS.signer);
    const elsewhere = bytes.slice();
    elsewhere[UPLOAD_OFFSETS.network] ^= 1;
    const log = [bytes, elsewhere].map((upload) => ({ receiveMs: good.receiveMs, bytes: upload }));
    const { intake } = loadUploads(log, { ...context, hotspots: { ...input.hotspots, key } });
    expect(intake).toMatchObject({ accepted: 0, refused: { bad_key: 2 } });
  });

  test("refuses strangers, other networks, damaged bytes and times outside the epoch, each under its code", () => {
    const stranger = signerFromEd25519Seed(new Uint8Array(32).fill(3));
    const from = (signer: typeof stranger, network: number) =>
      sealUpload({ network, sequence: 1, previousId: new Uint8Array(32), witnesses: [heard] }, signer).bytes;
    const good = from(signers[3], NETWORK_NUMBERS.local);
    const flipped = good.slice();
    flipped[flipped.length - 1] ^= 1;
    const at = (bytes: Uint8Array, offsetMs = 0): LogRecord => ({ receiveMs: EPOCH_START_MS + offsetMs, bytes });
    const { intake, beacons, witnesses } = loadUploads(
      [
        at(from(stranger, NETWORK_NUMBERS.local)),
        at(from(signers[3], NETWORK_NUMBERS.main)),
        at(flipped),
        at(good.subarray(0, 100)),
        at(new Uint8Array(0)),
        at(Uint8Array.of(...good, 0)),
        at(good, -1),
        at(good, EPOCH_MS + parameters.time.graceMs),
      ],
      context,
    );
    expect(intake.refused).toEqual({
      bad_signature: 1,
      outside_epoch: 2,
      trailing_bytes: 1,
      truncated: 2,
      unknown_key: 1,
      wrong_network: 1,
    });
    expect(intake.accepted).toBe(0);
    expect(beacons.log_index.length + witnesses.log_index.length).toBe(0);
  });

  test("lets a meter only confirm and a hotspot never", () => {
    const confirmation = { packetHash: new Uint8Array(32), hotspotKey: signers[0].publicKey, phyBytes: 20 };
    const first = { network: NETWORK_NUMBERS.local, sequence: 1, previousId: new Uint8Array(32) };
    const byHotspot = sealUpload({ ...first, confirmations: [confirmation] }, signers[0]).bytes;
    const byMeter = sealUpload({ ...first, witnesses: [heard] }, meter).bytes;
    const { intake } = loadUploads(
      [byHotspot, byMeter].map((bytes) => ({ receiveMs: EPOCH_START_MS, bytes })),
      context,
    );
    expect(intake.refused).toEqual({ wrong_sender: 2 });
  });

  test("marks a beacon whose challenge is unknown and one whose signature is another's", () => {
    const chain = new UploadChain(signers[0]);
    const radio = { transmitMs: 0, frequencyHz: 904_100_000, dataRate: 10, txPowerDdbm: 100, tmst: 0 };
    const known = input.challenges.challenge_id.slice(0, 32);
    const bytes = chain.seal({
      beacons: [
        { challengeId: new Uint8Array(32).fill(9), signature: new Uint8Array(64), ...radio },
        { challengeId: known, signature: signers[1].sign(known), ...radio },
      ],
    });
    const { beacons } = loadUploads([{ receiveMs: EPOCH_START_MS, bytes }], context);
    expect([...beacons.proof_status]).toEqual([2, 1]);
    expect([...beacons.challenge]).toEqual([NO_ROW, 0]);
  });

  test("leaves to the next epoch what it cannot tell for its own of the grace time, and bills each copy once", () => {
    const graceMs = EPOCH_START_MS + EPOCH_MS;
    const receipt = (fCnt: number) => ({
      packetHash: new Uint8Array(32).fill(fCnt),
      phyBytes: 49,
      devAddr: 1,
      fCnt,
      receivedMs: 0,
      routeId: 1,
    });
    const hotspot = new UploadChain(signers[0]);
    const confirm = (fCnt: number) => ({
      packetHash: receipt(fCnt).packetHash,
      hotspotKey: signers[0].publicKey,
      phyBytes: 49,
    });
    const { packets, witnesses, intake } = loadUploads(
      [
        { receiveMs: graceMs - 1, bytes: hotspot.seal({ receipts: [receipt(1), receipt(1)] }) },
        { receiveMs: graceMs, bytes: hotspot.seal({ receipts: [receipt(2)], witnesses: [heard] }) },
        {
          receiveMs: graceMs - 1,
          bytes: new UploadChain(meter).seal({ confirmations: [confirm(1), confirm(1), confirm(2)] }),
        },
      ],
      context,
    );
    // A replay of the receipt and of the confirmation bills nothing more; 49 bytes are three credits.
    expect([...packets.data_credits]).toEqual([3, 0]);
    expect(intake).toMatchObject({ billed: 1, leftToNextEpoch: 2 });
    expect(witnesses.log_index.length).toBe(0);
  });

  test("never throws for damaged records, whatever is damaged", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(records.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 30 }),
        (damages) => {
          const damaged = records.map(({ receiveMs, bytes }) => ({ receiveMs, bytes: bytes.slice() }));
          for (const [record, at, mask] of damages) {
            const { bytes } = damaged[record];
            bytes[at % bytes.length] ^= mask;
          }
          const { intake } = loadUploads(damaged, context);
          const refused = Object.values(intake.refused).reduce((sum, count) => sum + count, 0);
          expect(intake.accepted + refused).toBe(records.length);
        },
      ),
      { numRuns: 10 * soak },
    );
  });
});

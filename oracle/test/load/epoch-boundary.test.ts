/** Reports, bills and chains around the end of an epoch: what two epochs make of the logs that an ingest writes for them. */
import type { EpochInput } from "@earshot/poc";
import { sealUpload, sha256 } from "@earshot/poc/protocol";
import { describe, expect, test } from "vitest";
import { deriveChallenges } from "../../src/load/derive-challenges.ts";
import { type LoadContext, type LoadedReports, loadUploads } from "../../src/load/load-uploads.ts";
import type { LogRecord } from "../../src/log/segment-reader.ts";
import {
  EPOCH,
  EPOCH_MS,
  FIRST_LOG,
  nextLog,
  parameters,
  smallEntropy,
  smallEpoch,
  UploadChain,
} from "../small-epoch.ts";

const { input, signers, meter } = smallEpoch({ uploads: false });
const { graceMs } = parameters.time;
const endMs = (EPOCH + 1) * EPOCH_MS;

function contextOf(epoch: number, log: Pick<LoadContext, "chainsIn" | "pendingIn" | "judgedIn">): LoadContext {
  const { hotspots, payers } = input;
  const header = { ...input.header, epoch };
  const challenges = deriveChallenges({ header, parameters, hotspots, entropy: smallEntropy(epoch) });
  return {
    header,
    parameters,
    hotspots,
    payers,
    challenges: challenges as EpochInput["challenges"],
    network: header.network,
    ...log,
  };
}

/** Loads epochs one after the other from one stream of records, as an ingest's log holds them. */
function over(records: readonly LogRecord[], epochs = 2): LoadedReports[] {
  const loaded: LoadedReports[] = [];
  for (let i = 0; i < epochs; i++) {
    const startMs = (EPOCH + i) * EPOCH_MS;
    const own = records.filter(({ receiveMs }) => receiveMs >= startMs && receiveMs < startMs + EPOCH_MS + graceMs);
    loaded.push(loadUploads(own, contextOf(EPOCH + i, i === 0 ? FIRST_LOG : nextLog(loaded[i - 1]))));
  }
  return loaded;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const bills = (records: readonly LogRecord[], epochs?: number) =>
  over(records, epochs).map(({ intake }) => intake.billed);

const packetHash = sha256(Uint8Array.of(1, 2, 3));
const hotspotKey = signers[0].publicKey;
const receipt = { packetHash, phyBytes: 20, devAddr: 1, fCnt: 1, receivedMs: endMs, routeId: 1 };
const confirmation = { packetHash, hotspotKey, phyBytes: 20 };
const receiptUpload = () => new UploadChain(signers[0]).seal({ receipts: [receipt] });
const confirmationUpload = () => new UploadChain(meter).seal({ confirmations: [confirmation] });

describe("proofs at the end of an epoch", () => {
  test("one of the next epoch that arrives in the grace time is judged there and counted here", () => {
    const { records } = smallEpoch({ epoch: EPOCH + 1 });
    const [first, second] = over(records);
    expect(second.beacons.log_index.length).toBe(20);
    expect(second.witnesses.log_index.length).toBe(80);
    expect(first.beacons.log_index.length + first.witnesses.log_index.length).toBe(0);
    const early = records.filter(({ receiveMs }) => receiveMs < endMs + graceMs).length;
    expect(early).toBeGreaterThan(0);
    expect(first.intake).toMatchObject({ accepted: early, leftToNextEpoch: early });
  });

  test("one of this epoch that arrives in the grace time is judged here and left out there", () => {
    const records = smallEpoch().records.map(({ receiveMs, bytes }) => {
      return { receiveMs: receiveMs > endMs - EPOCH_MS / 4 ? receiveMs + EPOCH_MS / 4 : receiveMs, bytes };
    });
    const moved = records.filter(({ receiveMs }) => receiveMs >= endMs + graceMs).length;
    const [first, second] = over(records);
    const judged = (reports: LoadedReports) => reports.beacons.log_index.length + reports.witnesses.log_index.length;
    expect(second.intake.judgedInEpochBefore).toBe(first.judgedOut.index_in_upload.length);
    expect(first.judgedOut.index_in_upload.length).toBeGreaterThan(0);
    expect(moved).toBeGreaterThan(0);
    // Of 20 beacons and 80 receptions each has its verdict in one of the two epochs.
    expect(judged(first) + judged(second)).toBe(100);
  });

  test("an upload whose reports belong to both is shared between them, report by report", () => {
    const { challenges } = contextOf(EPOCH, FIRST_LOG);
    const nextChallenges = contextOf(EPOCH + 1, FIRST_LOG).challenges;
    const radio = { transmitMs: 0, frequencyHz: 904_100_000, dataRate: 10, txPowerDdbm: 100, tmst: 0 };
    const signature = new Uint8Array(64);
    const named = [challenges.challenge_id.slice(0, 32), nextChallenges.challenge_id.slice(0, 32), new Uint8Array(32)];
    const bytes = new UploadChain(signers[0]).seal({
      beacons: named.map((challengeId) => ({ challengeId, signature, ...radio })),
    });
    const [first, second] = over([{ receiveMs: endMs, bytes }]);
    expect([...first.beacons.challenge]).toEqual([0]);
    expect([...first.judgedOut.index_in_upload]).toEqual([0]);
    expect([...second.beacons.challenge]).toEqual([0, 0xffffffff]);
    expect(first.intake.leftToNextEpoch).toBe(2);
    expect(second.intake.judgedInEpochBefore).toBe(1);
  });
});

describe("packets at the end of an epoch", () => {
  test.each([
    ["both before it", -1000, -500, [1, 0]],
    ["the confirmation after it", -1000, 1000, [0, 1]],
    ["the receipt after it", 1000, -1000, [0, 1]],
    ["the confirmation after the grace time", -1000, graceMs + 1, [0, 1]],
    ["both in the grace time", 1000, 2000, [0, 1]],
  ])("a packet is billed once, when the later report arrives, with %s", (_, receiptMs, confirmationMs, expected) => {
    const records = [
      { receiveMs: endMs + receiptMs, bytes: receiptUpload() },
      { receiveMs: endMs + confirmationMs, bytes: confirmationUpload() },
    ];
    expect(bills(records)).toEqual(expected);
  });

  test("a receipt of the epoch before is the first row of the packets and names hotspot, payer and credits", () => {
    const chain = new UploadChain(signers[0]);
    const other = { ...receipt, packetHash: sha256(Uint8Array.of(9)) };
    const records = [
      { receiveMs: endMs - 1000, bytes: chain.seal({ receipts: [receipt] }) },
      { receiveMs: endMs + 500, bytes: chain.seal({ receipts: [other] }) },
      { receiveMs: endMs + 1000, bytes: confirmationUpload() },
    ];
    const { packets } = over(records)[1];
    expect([...packets.log_index]).toEqual([0, 1]);
    expect([...packets.hotspot]).toEqual([0, 0]);
    expect([...packets.receive_offset_ms]).toEqual([0, 500]);
    expect(packets.packet_hash.slice(0, 32)).toEqual(packetHash);
    expect([...packets.data_credits]).toEqual([1, 0]);
    expect(packets.payer.slice(0, 32)).toEqual(input.payers.payer.slice(0, 32));
  });

  test("a receipt and a confirmation that are two epochs apart are not billed", () => {
    const records = [
      { receiveMs: endMs - 1000, bytes: receiptUpload() },
      { receiveMs: endMs + EPOCH_MS + 1000, bytes: confirmationUpload() },
    ];
    expect(parameters.rewards.billWithinEpochs).toBe(2);
    expect(bills(records, 3)).toEqual([0, 0, 0]);
  });

  test("a copy that both sides report again in the next epoch is billed no second time", () => {
    const hotspot = new UploadChain(signers[0]);
    const payer = new UploadChain(meter);
    const records = [endMs - 1000, endMs + 1000].flatMap((receiveMs) => [
      { receiveMs, bytes: hotspot.seal({ receipts: [receipt] }) },
      { receiveMs: receiveMs + 1, bytes: payer.seal({ confirmations: [confirmation, confirmation] }) },
    ]);
    expect(bills(records)).toEqual([1, 0]);
  });

  test("a confirmation of another length waits and does not keep the right one from billing", () => {
    const payer = new UploadChain(meter);
    const records = [
      { receiveMs: endMs - 2000, bytes: payer.seal({ confirmations: [{ ...confirmation, phyBytes: 21 }] }) },
      { receiveMs: endMs - 1000, bytes: receiptUpload() },
      { receiveMs: endMs + 1000, bytes: payer.seal({ confirmations: [confirmation] }) },
    ];
    expect(bills(records)).toEqual([0, 1]);
  });

  test("a hotspot that is no longer registered is billed for nothing it reported before", () => {
    const first = over([{ receiveMs: endMs - 1000, bytes: receiptUpload() }], 1)[0];
    const context = contextOf(EPOCH + 1, nextLog(first));
    const hotspots = {
      ...context.hotspots,
      key: context.hotspots.key.slice(33),
      region: context.hotspots.region.slice(1),
    };
    const records = [{ receiveMs: endMs + 1000, bytes: confirmationUpload() }];
    const { intake, packets } = loadUploads(records, { ...context, hotspots });
    expect(intake).toMatchObject({ confirmations: 1, billed: 0 });
    expect(packets.hotspot.length).toBe(0);
  });
});

describe("chains at the end of an epoch", () => {
  test("an upload that a second ingest logs after the end is a duplicate and bills nothing more", () => {
    const bytes = receiptUpload();
    const records = [
      { receiveMs: endMs - 1000, bytes },
      { receiveMs: endMs + 500, bytes },
      { receiveMs: endMs + 1000, bytes: confirmationUpload() },
    ];
    const loaded = over(records);
    expect(loaded.map(({ intake }) => intake.billed)).toEqual([0, 1]);
    expect(loaded.map(({ intake }) => intake.refused)).toEqual([{ duplicate: 1 }, { duplicate: 1 }]);
  });

  test("a second body of a number is a fork in the next epoch too", () => {
    const other = new UploadChain(signers[0]).seal({ receipts: [{ ...receipt, fCnt: 2 }] });
    const records = [
      { receiveMs: endMs - 5, bytes: receiptUpload() },
      { receiveMs: endMs + graceMs + 1, bytes: other },
    ];
    const loaded = over(records);
    expect(sum(loaded.map(({ intake }) => intake.accepted))).toBe(1);
    expect(loaded[1].intake.refused).toEqual({ chain_fork: 1 });
  });

  test("an upload numbered below the head an epoch began with is refused as past, whatever its body", () => {
    const chain = new UploadChain(signers[0]);
    const [one, two] = [1, 2].map((fCnt) => chain.seal({ receipts: [{ ...receipt, fCnt }] }));
    const records = [
      { receiveMs: endMs - 5, bytes: one },
      { receiveMs: endMs - 4, bytes: two },
      { receiveMs: endMs + graceMs, bytes: one },
    ];
    const [first, second] = over(records);
    expect([...first.chainsOut.sequence]).toEqual([2n]);
    expect(second.intake.refused).toEqual({ past_number: 1 });
    expect(second.chainsOut).toEqual(first.chainsOut);
  });

  test("a head is that of the end of the epoch, and a resumed upload goes on from it", () => {
    const chain = new UploadChain(signers[0]);
    const bytes = chain.seal({ receipts: [receipt] });
    const previousId = sha256(bytes.subarray(0, bytes.length - 64));
    const content = { network: input.header.network, sequence: 2, resumed: true };
    const resumed = sealUpload({ ...content, previousId, receipts: [receipt] }, signers[0]).bytes;
    const [first, second] = over([
      { receiveMs: endMs - 1, bytes },
      { receiveMs: endMs, bytes: resumed },
    ]);
    expect([...first.chainsOut.sequence]).toEqual([1n]);
    expect(first.chainsOut.upload_id).toEqual(Uint8Array.from(previousId));
    expect(second.intake).toMatchObject({ accepted: 1, refused: {} });
    expect([...second.chainsOut.sequence]).toEqual([2n]);
  });

  test("a sender without a head that begins later than number 1 is heard, and the gap counted", () => {
    const content = { network: input.header.network, sequence: 7, previousId: new Uint8Array(32).fill(1) };
    const { bytes } = sealUpload({ ...content, receipts: [receipt] }, signers[0]);
    expect(over([{ receiveMs: endMs - 1, bytes }], 1)[0].intake).toMatchObject({ accepted: 1, gaps: 1, refused: {} });
  });
});

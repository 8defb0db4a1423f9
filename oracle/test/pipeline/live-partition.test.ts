/** What whoever may report can do to the open challenges of a partition: their number, their time, and what they are counted as. */
import { NO_ROW, REASON } from "@earshot/poc";
import { uploadId } from "@earshot/poc/protocol";
import { describe, expect, test } from "vitest";
import { LiveEpoch } from "../../src/pipeline/live-epoch.ts";
import { LivePartition, SETTLE_MS } from "../../src/pipeline/live-partition.ts";
import { LIVE_KIND, type LiveReport, liveReportsOf, readLiveReport } from "../../src/pipeline/live-report.ts";
import { LiveTally } from "../../src/pipeline/live-tally.ts";
import { EPOCH, EPOCH_START_MS, parameters, smallEntropy, smallEpoch } from "../small-epoch.ts";

const { input, records, signers } = smallEpoch();
const { entropyMs, windowMs } = parameters.time;
const firstMinute = (EPOCH * parameters.time.epochMs) / entropyMs;
const { blockhash } = smallEntropy(EPOCH);

function partition(number = EPOCH, previous?: LivePartition) {
  const epoch = new LiveEpoch(number, { ...input, network: input.header.network }, input, (minute) => {
    const row = minute - firstMinute;
    return blockhash.slice(row * 32, (row + 1) * 32);
  });
  return { epoch, partition: new LivePartition(epoch, previous) };
}

const reports = records.flatMap(({ receiveMs, bytes }) => {
  const upload = { receiveMs, bytes, uploadId: uploadId(bytes), deviceKey: bytes.subarray(56, 89) };
  return liveReportsOf(upload).map((report) => readLiveReport({ ...report, source: "test", position: 0, index: 0 }));
});
const beacon = reports.find(({ kind }) => kind === LIVE_KIND.beacon)!;
/** The first challenge that is answered: its beacon and the four receptions of it. */
const challenged = reports.filter(({ payload }) => Buffer.compare(payload, beacon.payload) === 0);
const heard = challenged.find(({ kind }) => kind === LIVE_KIND.witness)!;
const closesMs = beacon.receiveMs + windowMs;

let numbers = 0;
/** Another reception by a sender; of a payload that nobody put on the air, unless `changes` say which. */
function reception(sender: number, receiveMs: number, changes: Partial<LiveReport> = {}): LiveReport {
  const number = numbers++;
  const payload = new Uint8Array(24);
  new DataView(payload.buffer).setUint32(0, number);
  const id = new Uint8Array(32);
  new DataView(id.buffer).setUint32(0, number);
  return { ...heard, senderKey: signers[sender]!.publicKey, payload, uploadId: id, receiveMs, ...changes };
}

describe("reports that no beacon explains", () => {
  test("of one sender are held up to a bound, however many it sends, and none of another is lost for it", () => {
    const { epoch, partition: live } = partition();
    const perTick = 500;
    let most = 0;
    let told = 0;
    let toldOfOther = 0;
    // Five minutes of a thousand a second; the other sender has one junk report a minute.
    const ticks = 600;
    for (let tick = 0; tick < ticks; tick++) {
      const nowMs = EPOCH_START_MS + tick * 500;
      for (let i = 0; i < perTick; i++) live.add(reception(0, nowMs));
      if (tick % 120 === 0) live.add(reception(1, nowMs));
      for (const { verdicts } of live.tick(nowMs)) {
        told += verdicts.length;
        toldOfOther += verdicts.filter(({ hotspot }) => hotspot === epoch.hotspotOf(signers[1]!.publicKey)).length;
      }
      most = Math.max(most, live.held);
    }
    expect(most).toBeLessThan(10_000);
    expect(told).toBeGreaterThan(0);
    expect(toldOfOther).toBeGreaterThanOrEqual(ticks / 120 - 1);
  }, 60_000);

  test("keep nobody's challenge from being told", () => {
    const { partition: live } = partition();
    for (let i = 0; i < 20_000; i++) live.add(reception(1, beacon.receiveMs - 1));
    for (const report of challenged) live.add(report);
    const [group] = live.tick(closesMs + SETTLE_MS).filter(({ verdicts }) => verdicts[0]!.challenge !== undefined);
    expect(group!.verdicts.map(({ reason }) => reason)).toEqual(challenged.map(() => REASON.valid));
  });
});

test("reports of the epoch before that come in its grace time are let go, until it is closed and its partition with them", () => {
  const { partition: before } = partition();
  for (const report of challenged) before.add(report);
  const { partition: live } = partition(EPOCH + 1, before);
  const graceMs = EPOCH_START_MS + parameters.time.epochMs + 1;
  const late = () => reception(1, graceMs, { payload: beacon.payload });
  const dueMs = graceMs + windowMs + SETTLE_MS;
  live.add(late());
  expect(live.tick(dueMs)).toEqual([]);
  expect(live.held).toBe(0);
  live.forgetPrevious();
  live.add(late());
  expect(live.tick(dueMs).length).toBe(1);
});

describe("receptions of a challenge", () => {
  test("that come again and again do not put off when its verdicts are told", () => {
    const { partition: live } = partition();
    for (const report of challenged) live.add(report);
    let toldMs = 0;
    for (let nowMs = closesMs; toldMs === 0 && nowMs < closesMs + 60_000; nowMs += 1000) {
      live.add(reception(1, nowMs, { payload: beacon.payload }));
      if (live.tick(nowMs).length > 0) toldMs = nowMs;
    }
    expect(toldMs).toBeGreaterThan(closesMs);
    expect(toldMs).toBeLessThanOrEqual(closesMs + SETTLE_MS + 1000);
  });

  test("of one sender are held up to a bound, and those of the others are told", () => {
    const { partition: live } = partition();
    for (let i = 0; i < 5000; i++) live.add(reception(1, beacon.receiveMs, { payload: beacon.payload }));
    for (const report of challenged) live.add(report);
    expect(live.held).toBeLessThan(100);
    const [group] = live.tick(closesMs + SETTLE_MS);
    expect(group!.verdicts.filter(({ reason }) => reason === REASON.valid).length).toBe(challenged.length);
  });

  test("that come when the others were let go are counted once each", () => {
    const { epoch, partition: live } = partition();
    const tally = new LiveTally();
    for (const report of challenged) live.add(report);
    tally.note(epoch, live.tick(closesMs + SETTLE_MS));
    const muchLaterMs = closesMs + 700_000;
    tally.note(epoch, live.tick(muchLaterMs));
    const late = epoch.hotspotOf(signers[4]!.publicKey);
    const before = tally.hotspots.get(late)?.witnesses ?? 0;
    for (let i = 1; i <= 3; i++) {
      live.add(reception(4, muchLaterMs + i * 10_000, { payload: beacon.payload }));
      tally.note(epoch, live.tick(muchLaterMs + i * 10_000 + SETTLE_MS));
    }
    expect(late).not.toBe(NO_ROW);
    expect(tally.hotspots.get(late)!.witnesses - before).toBe(3);
  });
});

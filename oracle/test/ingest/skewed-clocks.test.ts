/**
 * Two ingests whose clocks are apart, at the end of an epoch: what one received after the end by its clock, and the other followed before
 * the end by its own, stands in one epoch behind what comes after it, and in the next one is past.
 */
import { allocateColumns, challengesTable } from "@earshot/poc";
import { keyToText, sha256 } from "@earshot/poc/protocol";
import { afterEach, expect, test } from "vitest";
import { loadUploads } from "../../src/load/load-uploads.ts";
import type { LogRecord } from "../../src/log/segment-reader.ts";
import { ManualClock } from "../service/manual-clock.ts";
import { hotspotAccount, NETWORK, TestDevice } from "../service/test-device.ts";
import { NOW_MS, TestService } from "../service/test-service.ts";
import { EPOCH_MS, FIRST_LOG, nextLog, parameters, smallEpoch } from "../small-epoch.ts";

const END_MS = NOW_MS;
const { graceMs } = parameters.time;
const services: TestService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.dispose();
});

/** An ingest whose clock is this far from the end of the epoch, asking the others. */
async function ingestAt(
  fromEndMs: number,
  ...peers: readonly (readonly [TestService, string])[]
): Promise<TestService> {
  const ingests = peers.map(([{ signer }, url]) => `"${keyToText(signer.publicKey)}@${url}"`);
  const service = await TestService.start({
    demoEpochMs: EPOCH_MS,
    clock: new ManualClock(END_MS + fromEndMs),
    set: [`peers.ingests=[${ingests}]`],
  });
  services.push(service);
  return service;
}

async function allPass(ms: number): Promise<void> {
  for (const service of services) await service.advance(ms);
}

/** A hotspot that reports one packet in each upload. */
function carrier() {
  const device = new TestDevice(1);
  for (const { registry } of services) registry.putHotspot(hotspotAccount(device.key), 1);
  const next = () => {
    const packetHash = sha256(Uint8Array.of(device.sequence));
    const receipt = { packetHash, phyBytes: 20, devAddr: 1, fCnt: device.sequence, receivedMs: END_MS, routeId: 1 };
    return device.next({ witnesses: [], receipts: [receipt] }).bytes;
  };
  return { key: device.key, next };
}

/** Receipts that count, of all logs together, in the epoch that ends and in the next one. */
async function countedReceipts(deviceKey: Uint8Array): Promise<readonly number[]> {
  const records: LogRecord[] = [];
  for (const { log } of services) {
    for await (const page of log.readUploads(undefined, -1, { follow: false })) records.push(...page);
  }
  const { input } = smallEpoch({ uploads: false });
  const key = input.hotspots.key.slice();
  key.set(deviceKey);
  let left = FIRST_LOG;
  return [END_MS - EPOCH_MS, END_MS].map((startMs) => {
    const own = records.filter(({ receiveMs }) => receiveMs >= startMs && receiveMs < startMs + EPOCH_MS + graceMs);
    const loaded = loadUploads(own, {
      ...input,
      hotspots: { ...input.hotspots, key },
      header: { epoch: startMs / EPOCH_MS },
      challenges: allocateColumns(challengesTable, 0) as typeof input.challenges,
      network: NETWORK,
      ...left,
    });
    left = nextLog(loaded);
    return loaded.intake.receipts;
  });
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test("what a clock that is far ahead received is not followed before the time it was received at", async () => {
  const ahead = await ingestAt(10_000);
  const behind = await ingestAt(-50_000, [ahead, await ahead.listen()]);
  const { key, next } = carrier();
  expect((await ahead.submit(next())).json).toMatchObject({ status: "accepted" });
  await allPass(ahead.rules.withholdMs + 1);
  const second = next();
  // By this clock the epoch has ten seconds left, by the other one the first upload came after its end.
  expect((await behind.submit(second)).json).toMatchObject({ code: "wrong_predecessor" });
  await allPass(20_000);
  expect((await behind.submit(second)).json).toMatchObject({ status: "accepted" });
  expect(await countedReceipts(key)).toEqual([0, 2]);
});

test("a device that brings what is lacking need not wait for that, and loses nothing", async () => {
  const ahead = await ingestAt(10_000);
  const behind = await ingestAt(-50_000, [ahead, await ahead.listen()]);
  const { key, next } = carrier();
  const uploads = [next(), next()];
  await ahead.submit(uploads[0]!);
  await allPass(ahead.rules.withholdMs + 1);
  for (const bytes of uploads) expect((await behind.submit(bytes)).json).toMatchObject({ status: "accepted" });
  expect(await countedReceipts(key)).toEqual([2, 0]);
});

test("what came through an ingest between two is not followed too early either", async () => {
  const ahead = await ingestAt(10_000);
  const between = await ingestAt(-25_000, [ahead, await ahead.listen()]);
  const behind = await ingestAt(-60_000, [between, await between.listen()]);
  const { key, next } = carrier();
  await ahead.submit(next());
  await allPass(ahead.rules.withholdMs + 1);
  const [second, third] = [next(), next()];
  expect((await between.submit(second)).json).toMatchObject({ status: "accepted" });
  // The device has its second upload at hand, and the first no longer.
  for (let tries = 0; tries < 20; tries++) {
    await behind.submit(second);
    if ((await behind.submit(third)).status === 200) break;
    await allPass(10_000);
  }
  expect(sum(await countedReceipts(key))).toBe(3);
});

test("clocks that are less apart than heads are withheld change nothing", async () => {
  const ahead = await ingestAt(10_000);
  const behind = await ingestAt(-25_000, [ahead, await ahead.listen()]);
  const { key, next } = carrier();
  await ahead.submit(next());
  await allPass(ahead.rules.withholdMs + 1);
  expect((await behind.submit(next())).json).toMatchObject({ status: "accepted" });
  expect(await countedReceipts(key)).toEqual([0, 2]);
});

/**
 * Nothing about an open window is readable anywhere: a whole oracle closes an epoch and is copied; then one copy gets the beacon of a challenge
 * and those who heard it, the other nothing. All through the window every public route, metric and log line of both is the same. When
 * the window is closed the first one tells.
 */
import { beaconPayload, parseUploadHeader, signBeacon, uploadId } from "@earshot/poc/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogRecord } from "../../src/log/segment-reader.ts";
import { everythingShuffled } from "../pipeline/small-pipeline.ts";
import { EPOCH, EPOCH_MS, EPOCH_START_MS, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { publicUrls, readAll } from "./public-reads.ts";
import { lookMs, WholeService } from "./whole-service.ts";

const folders = new TemporaryFolders("secrecy");
const RUNNING = EPOCH + 1;
const STEP_MS = 2000;
const HEAD = "/v1/log/head";
const first = smallEpoch();
const epochs = [first, smallEpoch({ epoch: RUNNING, uploads: false })];
const { challenges } = epochs[1]!.input;
/** A challenge of the third interval: by then the epoch before is closed. */
const row = challenges.transmit_offset_ms.findIndex((offsetMs) => offsetMs > EPOCH_MS / 2);
const beaconer = challenges.hotspot[row]!;
const transmitMs = EPOCH_START_MS + EPOCH_MS + challenges.transmit_offset_ms[row]!;
const challengeId = challenges.challenge_id.slice(row * 32, (row + 1) * 32);
const signature = signBeacon(first.signers[beaconer]!, challengeId);

let reporting: WholeService;
let quiet: WholeService;
beforeAll(async () => {
  const origin = folders.next();
  const service = await WholeService.start(origin, epochs);
  await service.play(0);
  const { nowMs } = service;
  await service.stop();
  expect(nowMs).toBeLessThan(transmitMs);
  [reporting, quiet] = await Promise.all([
    WholeService.start(folders.copy(origin), epochs, nowMs),
    WholeService.start(folders.copy(origin), epochs, nowMs),
  ]);
}, 300_000);
afterAll(() => Promise.all([reporting.stop(), quiet.stop()]));

/** The beacon, and what all others heard of it, each in an upload of its own. */
function reports(): LogRecord[] {
  const radio = { frequencyHz: challenges.frequency_hz[row]!, dataRate: challenges.data_rate[row]!, tmst: row };
  const beacon = { challengeId, signature, transmitMs, txPowerDdbm: 270, ...radio };
  const payload = beaconPayload(challengeId, signature);
  const heard = { payload, receivedMs: transmitMs, rssiDdbm: -1000, snrDdb: 50, ...radio };
  return first.chains.slice(0, first.signers.length).map((chain, hotspot) => ({
    receiveMs: transmitMs + 1000 + hotspot,
    bytes: chain.seal(hotspot === beaconer ? { beacons: [beacon] } : { witnesses: [heard] }),
  }));
}

test("answers, metrics and log lines are the same with and without reports while their window is open, and tell of them afterwards", async () => {
  const witness = beaconer === 0 ? 1 : 0;
  const asked = { challenges: [challengeId.toHex()], hotspots: [beaconer, witness] };
  const sent = reports();
  const secrets = [
    challengeId,
    signature,
    beaconPayload(challengeId, signature),
    ...sent.map(({ bytes }) => uploadId(bytes)),
  ];
  expect(sent.map(({ bytes }) => parseUploadHeader(bytes).status)).toEqual(sent.map(() => "ok"));
  await Promise.all([reporting.advanceTo(transmitMs), quiet.advanceTo(transmitMs)]);
  const urls = await publicUrls(reporting, asked);
  expect(urls.length).toBeGreaterThan(50);
  await reporting.send(sent);
  await quiet.advanceTo(reporting.nowMs);
  // From then on a verdict could be told.
  await everythingShuffled(reporting.store, reporting.reportLog);
  let reads = 0;
  const closesMs = transmitMs + reporting.rules.parameters.time.windowMs;
  for (; reporting.nowMs < closesMs; reads++) {
    const [told, expected] = [await readAll(reporting, urls), await readAll(quiet, urls)];
    for (const url of Object.keys(expected)) expect(told[url], url).toBe(expected[url]);
    // A signed challenge names its id to its device; nothing else does.
    const everything = Object.entries(told)
      .filter(([url]) => !url.includes("/challenge"))
      .map(([, text]) => text)
      .join("\n");
    for (const secret of secrets) {
      expect(everything).not.toContain(secret.toHex());
      expect(everything).not.toContain(secret.toBase64());
    }
    await Promise.all([reporting.advance(STEP_MS), quiet.advance(STEP_MS)]);
  }
  expect(reads).toBeGreaterThan(8);
  const live = `/v1/live/challenges/${challengeId.toHex()}`;
  const verdicts = async () => (await reporting.app.inject({ method: "GET", url: live })).json().verdicts as unknown[];
  await Promise.all([reporting, quiet].map((service) => service.advanceTo(transmitMs + service.rules.withholdMs)));
  const head = async (service: WholeService) => (await readAll(service, [HEAD]))[HEAD];
  const isTold = async () =>
    (await verdicts()).length === sent.length && (await head(reporting)) !== (await head(quiet));
  for (let look = 0; !(await isTold()); look++) {
    await Promise.all([reporting, quiet].map((service) => service.advance(lookMs(look))));
    await Bun.sleep(100);
  }
  expect(await verdicts()).toHaveLength(sent.length);
  const [after, without] = [await readAll(reporting, urls), await readAll(quiet, urls)];
  for (const url of [HEAD, live]) expect(after[url], url).not.toBe(without[url]);
  expect(after.metrics).not.toBe(without.metrics);
}, 300_000);

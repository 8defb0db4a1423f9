/**
 * Nothing about an open window is readable anywhere: every public answer, metric and log line is read all through a window in which beacons
 * and witnesses arrive, and is the same as without them; when the window is closed it tells.
 */
import { keyToText, parseUploadHeader, sha256, signBeacon, uploadId } from "@earshot/poc/protocol";
import { afterEach, expect, test } from "vitest";
import { hotspotAccount, TestDevice, witness } from "../service/test-device.ts";
import { TestService } from "../service/test-service.ts";

const services: TestService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.dispose();
});

const DEVICES = [1, 2, 3].map((number) => new TestDevice(number));
/** Metrics of the process itself and of these very reads. */
const OWN_METRICS = /^(# .*|(process|nodejs)_|oracle_http_)/;

async function begin(): Promise<TestService> {
  const service = await TestService.start({ isDescribed: true });
  services.push(service);
  for (const { key } of DEVICES) service.registry.putHotspot(hotspotAccount(key), 1);
  for (
    let minute = Math.floor(service.clock.wallMs() / 60_000) - 360;
    minute * 60_000 <= service.clock.wallMs();
    minute++
  ) {
    service.entropy.add({
      minute,
      slot: minute,
      blockTimeS: minute * 60,
      blockhash: sha256(new Uint8Array([minute & 255])),
    });
  }
  return service;
}

/** Everything that anybody may read, without what only tells the time of reading. */
async function readAll(service: TestService): Promise<Record<string, string>> {
  const minute = Math.floor(service.clock.wallMs() / 60_000);
  const paths = [
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/v1/parameters",
    "/v1/log/head",
    "/v1/log/segments",
    "/v1/log/segments/0",
    `/v1/entropy/${minute}`,
    ...DEVICES.flatMap(({ key }) => [`/v1/devices/${keyToText(key)}/head`, `/v1/devices/${keyToText(key)}/challenge`]),
  ];
  const texts: Record<string, string> = {};
  for (const path of paths) texts[path] = await service.text(path);
  const metrics = (await service.text("/metrics")).split("\n").filter((line) => !OWN_METRICS.test(line));
  return { ...texts, metrics: metrics.join("\n"), log: service.logLines.join("") };
}

test("answers, metrics and log lines do not change with reports while their windows are open, and do afterwards", async () => {
  const [reporting, quiet] = await Promise.all([begin(), begin()]);
  const challengeId = sha256(new Uint8Array([1]));
  const beacon = {
    challengeId,
    signature: signBeacon(DEVICES[0]!.signer, challengeId),
    transmitMs: reporting.clock.wallMs(),
    frequencyHz: 868_100_000,
    dataRate: 10,
    txPowerDdbm: 140,
    tmst: 1,
  };
  const secrets: string[] = [];
  const send = async (content: Parameters<TestDevice["next"]>[0], device: TestDevice) => {
    const { bytes } = device.next(content);
    const answer = await reporting.submit(bytes);
    expect(answer.json.status).toBe("accepted");
    const parsed = parseUploadHeader(bytes);
    if (parsed.status === "refused") throw new Error(parsed.code);
    for (const secret of [uploadId(bytes), challengeId, beacon.signature, witness(1).payload]) {
      secrets.push(secret.toHex(), secret.toBase64());
    }
  };
  let reads = 0;
  const stepMs = 5000;
  for (let passedMs = 0; passedMs < reporting.rules.withholdMs; passedMs += stepMs) {
    // Reports come in the first half: the last one's window is open at the end.
    if (passedMs === 0) await send({ beacons: [beacon], witnesses: [] }, DEVICES[0]!);
    if (passedMs === 10_000) await send({ witnesses: [witness(1), witness(2)] }, DEVICES[1]!);
    if (passedMs === 15_000) await send({ witnesses: [witness(3)] }, DEVICES[2]!);
    const [told, expected] = await Promise.all([readAll(reporting), readAll(quiet)]);
    expect(told).toEqual(expected);
    const everything = Object.values(told).join("\n");
    for (const secret of secrets) expect(everything).not.toContain(secret);
    reads++;
    await Promise.all([reporting.advance(stepMs), quiet.advance(stepMs)]);
  }
  expect(reads).toBeGreaterThan(20);
  await Promise.all([reporting.advance(60_000), quiet.advance(60_000)]);
  const [told, expected] = await Promise.all([readAll(reporting), readAll(quiet)]);
  expect(told["/v1/log/head"]).not.toBe(expected["/v1/log/head"]);
  for (const { key } of DEVICES) {
    const path = `/v1/devices/${keyToText(key)}/head`;
    expect(told[path]).not.toBe(expected[path]);
  }
  expect(told.metrics).toContain('oracle_uploads_total{outcome="accepted"} 3');
  expect(told.metrics).toContain('oracle_reports_total{kind="witnesses"} 3');
  expect(told.metrics).toContain('oracle_reports_total{kind="beacons"} 1');
});

/** What a restart knows: heads from file and log, the same however it ended, and nothing told earlier than without it. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { importKey, keyToText, verifyChainHead, verifyLogHead } from "@earshot/poc/protocol";
import { afterEach, expect, test } from "vitest";
import { hotspotAccount, NETWORK, TestDevice } from "../service/test-device.ts";
import { TestService } from "../service/test-service.ts";

let service: TestService;
afterEach(() => service.dispose());
const devices = [new TestDevice(1), new TestDevice(2)];

async function start(folder?: string): Promise<void> {
  const { clock } = service ?? {};
  service = await TestService.start(folder === undefined ? {} : { folder, clock: clock! });
  for (const { key } of devices) service.registry.putHotspot(hotspotAccount(key), 1);
}

async function told(): Promise<readonly number[]> {
  const ingest = importKey(service.signer.publicKey);
  const log = verifyLogHead(Uint8Array.fromBase64((await service.get("/v1/log/head")).json.head), ingest, NETWORK);
  const heads = await Promise.all(
    devices.map(async ({ key }) => {
      const { json } = await service.get(`/v1/devices/${keyToText(key)}/head`);
      const opened = verifyChainHead(Uint8Array.fromBase64(json.head), ingest, NETWORK);
      return opened.status === "ok" ? opened.head.sequence : -1;
    }),
  );
  return [log.status === "ok" ? log.head.length : -1, ...heads];
}

test("goes on from every chain, and tells what it would have told, with the file of heads, without it, and with a damaged one", async () => {
  await start();
  const [one, two] = devices as [TestDevice, TestDevice];
  for (let at = 0; at < 3; at++) await service.submit(one.next().bytes);
  await service.submit(two.next().bytes);
  await service.advance(1000);
  await service.advance(service.rules.withholdMs + 1000);
  await service.submit(one.next().bytes);
  await service.advance(1000);
  const before = await told();
  expect(before).toEqual([4, 3, 1]);
  const file = join(service.folder, "chain-heads.cache");
  for (const prepare of [() => {}, () => rmSync(file), () => writeFileSync(file, "no such file")]) {
    await service.stop();
    expect(existsSync(file)).toBe(true);
    prepare();
    await start(service.folder);
    expect(await told()).toEqual(before);
    expect((await service.submit(one.seal().bytes)).json.status).toMatch(/accepted|duplicate/);
  }
  one.next();
  await service.advance(1000);
  await service.advance(service.rules.withholdMs + 1000);
  expect(await told()).toEqual([6, 5, 1]);
  expect((await service.submit(two.next().bytes)).json.status).toBe("accepted");
});

test("a restart makes nobody wait longer for the head of the log: what may be told is told as soon as without it", async () => {
  await start();
  const { withholdMs } = service.rules;
  const one = new TestDevice(3);
  service.registry.putHotspot(hotspotAccount(one.key), 1);
  const lengths = async () => (await told())[0];
  // Two uploads a second for three seconds, each noted with the rest of its second.
  for (let second = 0; second < 3; second++) {
    for (let at = 0; at < 2; at++) {
      await service.submit(one.next().bytes);
      service.clock.advance(500);
    }
    await service.advance(0);
  }
  // Killed when nothing may be told yet, back a little later.
  await service.advance(withholdMs / 2);
  await service.stop();
  await start(service.folder);
  expect(await lengths()).toBe(0);
  const seen: (number | undefined)[] = [];
  service.clock.advance(withholdMs / 2 - 3000);
  for (let half = 0; half < 8; half++) {
    seen.push(await lengths());
    service.clock.advance(500);
  }
  // An upload is told at the latest a second after it may be, and never before.
  for (const [half, length] of seen.entries()) {
    expect(length, `after ${half / 2} s`).toBeLessThanOrEqual(half + 1);
    expect(length, `after ${half / 2} s`).toBeGreaterThanOrEqual(Math.min(6, half - 1));
  }
  expect(await lengths()).toBe(6);
});

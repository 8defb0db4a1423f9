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

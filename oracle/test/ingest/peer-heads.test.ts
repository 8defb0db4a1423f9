/** A device that comes from another ingest goes on here from where it stands there. */
import { keyToText } from "@earshot/poc/protocol";
import { afterEach, expect, test } from "vitest";
import { PeerHeads } from "../../src/ingest/peer-heads.ts";
import { hotspotAccount, TestDevice } from "../service/test-device.ts";
import { TestService } from "../service/test-service.ts";

const services: TestService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.dispose();
});

async function start(...set: string[]): Promise<TestService> {
  const service = await TestService.start({ set });
  services.push(service);
  return service;
}

test("what it sent to one ingest is followed at the other, once it may be told there", async () => {
  const device = new TestDevice(1);
  const there = await start();
  const url = await there.listen();
  const here = await start(`peers.ingests=["${keyToText(there.signer.publicKey)}@${url}"]`);
  for (const service of [there, here]) service.registry.putHotspot(hotspotAccount(device.key), 1);
  for (let upload = 0; upload < 2; upload++) expect((await there.submit(device.next().bytes)).status).toBe(200);
  const third = device.next().bytes;
  // Its windows may be open: nobody is told yet, not even another ingest.
  expect((await here.submit(third)).json).toMatchObject({ code: "wrong_predecessor" });
  await there.advance(there.rules.withholdMs + 1);
  await here.advance(there.rules.withholdMs + 1);
  expect((await here.submit(third)).json).toMatchObject({ status: "accepted" });
});

test("an ingest that is away, or signs with another key, changes nothing", async () => {
  const device = new TestDevice(1);
  const there = await start();
  const url = await there.listen();
  there.registry.putHotspot(hotspotAccount(device.key), 1);
  await there.submit(device.next().bytes);
  await there.advance(there.rules.withholdMs + 1);
  const stranger = new TestDevice(9).key;
  const nowMs = there.networkClock.nowMs();
  const heads = new PeerHeads(
    [
      { ingestKey: stranger, url },
      { ingestKey: there.signer.publicKey, url: "http://127.0.0.1:1" },
    ],
    there.rules,
  );
  expect(await heads.headOf(device.key, nowMs)).toBeUndefined();
  expect(heads.failures).toBe(2);
  const right = new PeerHeads([{ ingestKey: there.signer.publicKey, url }], there.rules);
  expect(await right.headOf(device.key, nowMs)).toMatchObject({ sequence: 1 });
  // Asked for each device that comes: what is longer than a head is not read to its end.
  const padded = Bun.serve({
    port: 0,
    fetch: async ({ url: asked }) =>
      new Response(`${await (await fetch(url + new URL(asked).pathname)).text()}${" ".repeat(1 << 16)}`),
  });
  const long = new PeerHeads(
    [{ ingestKey: there.signer.publicKey, url: `http://127.0.0.1:${padded.port}` }],
    there.rules,
  );
  expect(await long.headOf(device.key, nowMs)).toBeUndefined();
  expect(long.failures).toBe(1);
  await padded.stop(true);
});

/** Challenges and entropy over HTTP, asked at once and waited for. */
import { deriveChallenge, importKey, intervalStart, keyToText, sha256, verifyEntropy } from "@earshot/poc/protocol";
import { afterEach, expect, test } from "vitest";
import { always, hotspotAccount, NETWORK, TestDevice } from "../service/test-device.ts";
import { TestService } from "../service/test-service.ts";

let service: TestService;
afterEach(() => service.dispose());

const device = new TestDevice(1);
const path = `/v1/devices/${keyToText(device.key)}/challenge`;

async function begin(): Promise<number> {
  service = await TestService.start();
  service.registry.putHotspot(hotspotAccount(device.key), 1);
  return intervalStart(Math.floor(service.clock.wallMs() / 60_000));
}

function know(minute: number): void {
  service.entropy.add({
    minute,
    slot: minute,
    blockTimeS: minute * 60,
    blockhash: sha256(new Uint8Array([minute & 255])),
  });
}

/** Minutes of the interval until the device is drawn. */
function drawnAfter(start: number): number {
  for (let minute = start; ; minute++) {
    if (deriveChallenge(device.key, minute, sha256(new Uint8Array([minute & 255]))) !== undefined) return minute;
  }
}

test("a challenge is null until its minute is known, and then follows from the signed entropy", async () => {
  const start = await begin();
  const minute = drawnAfter(start);
  expect((await service.get(path)).json).toMatchObject({
    intervalStart: start,
    knownUntil: start - 1,
    challenge: null,
    unchallenged: null,
  });
  for (let at = start; at < minute; at++) know(at);
  expect((await service.get(path)).json).toMatchObject({ knownUntil: minute - 1, challenge: null });
  know(minute);
  const { json } = await service.get(path);
  const entropy = verifyEntropy(
    Uint8Array.fromBase64(json.challenge.entropy),
    importKey(service.signer.publicKey),
    NETWORK,
  );
  if (entropy.status === "refused") throw new Error(entropy.code);
  const derived = deriveChallenge(device.key, minute, entropy.record.blockhash)!;
  expect(json.challenge).toMatchObject({
    minute,
    challengeId: derived.challengeId.toHex(),
    transmitMs: derived.transmitMs,
    dataRate: 10,
  });
  expect(entropy.issuedMs).toBe(json.serverMs);
  expect(json.challenge.frequencyHz).toBeGreaterThan(863_000_000);
});

test("a hotspot that may not prove coverage has none and is told why, and one that is not registered is told so", async () => {
  const start = await begin();
  for (let at = start; at <= start + 359; at++) know(at);
  const { challenge, unchallenged } = (await service.get(path)).json;
  expect(challenge).not.toBeNull();
  expect(unchallenged).toBeNull();
  service.registry.putHotspot(hotspotAccount(device.key, { kind: "light" }), 2);
  expect((await service.get(path)).json).toMatchObject({ challenge: null, unchallenged: "light hotspot" });
  const nowhere = always({ cellPublic: 0n, cell: 0n, commitment: new Uint8Array(32), region: 1 });
  service.registry.putHotspot(hotspotAccount(device.key, { location: nowhere }), 3);
  expect((await service.get(path)).json).toMatchObject({ challenge: null, unchallenged: "no location" });
  const elsewhere = always({ cellPublic: 1n, cell: 1n, commitment: new Uint8Array(32), region: 250 });
  service.registry.putHotspot(hotspotAccount(device.key, { location: elsewhere }), 4);
  expect((await service.get(path)).json).toMatchObject({ challenge: null, unchallenged: "no plan for its region" });
  const stranger = keyToText(new TestDevice(2).key);
  expect(await service.get(`/v1/devices/${stranger}/challenge`)).toMatchObject({
    status: 403,
    json: { code: "not_registered" },
  });
});

test("who prefers to wait is answered with the next entropy, after the time, or when the service ends", async () => {
  const start = await begin();
  const wait = () => service.get(path, { prefer: "wait=20" });
  const waiting = async (count: number) => {
    while (service.polls.size < count) await new Promise((resolve) => setImmediate(resolve));
  };
  const first = wait();
  await waiting(1);
  know(start);
  const answer = await first;
  expect(answer.json.knownUntil).toBe(start);
  expect(answer.headers["preference-applied"]).toBe("wait=20");

  const second = wait();
  await waiting(1);
  service.clock.advance(20_000);
  expect((await second).json.knownUntil).toBe(start);

  const third = wait();
  const entropy = service.get(`/v1/entropy/${Math.floor(service.clock.wallMs() / 60_000)}`, {
    prefer: "respond-async, wait=20",
  });
  await waiting(2);
  service.polls.close();
  expect((await third).status).toBe(200);
  expect(await entropy).toMatchObject({ status: 404, json: { code: "not_yet_known" } });
  expect((await wait()).headers["preference-applied"]).toBe("wait=20");
});

test("entropy is signed where it is known, not yet known ahead, and not found behind", async () => {
  const start = await begin();
  know(start + 5);
  const code = async (minute: number | string) => (await service.get(`/v1/entropy/${minute}`)).json.code;
  const { json } = await service.get(`/v1/entropy/${start + 5}`);
  const opened = verifyEntropy(Uint8Array.fromBase64(json.entropy), importKey(service.signer.publicKey), NETWORK);
  expect(opened).toMatchObject({ status: "ok", record: { minute: start + 5, slot: start + 5 } });
  expect(await code(start + 6)).toBe("not_yet_known");
  expect(await code(start + 100_000)).toBe("not_yet_known");
  expect(await code(start + 4)).toBe("not_found");
  expect(await code(-1)).toBe("bad_request");
  expect(await code("1e400")).toBe("bad_request");
});

/** A meter that is killed between a delivery and its acceptance, or before it wrote a confirmation, goes on where it was. */
import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sha256, signerFromEd25519Seed } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Meter } from "../../src/meter/meter.ts";
import { SeenMessages } from "../../src/meter/seen-messages.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { acceptedMessage, deliveredMessage, uplink } from "./frames.ts";

const folders = new TemporaryFolders("killed-meter");
const hotspot = signerFromEd25519Seed(new Uint8Array(32).fill(5)).publicKey;
const gatewayId = Buffer.from(sha256(hotspot).subarray(0, 8)).toString("hex");
const DELIVERED = `eu868/gateway/${gatewayId}/event/up`;
const ACCEPTED = "application/5f9c/device/0102030405060708/event/up";

/** A meter over a folder, not connected to anything; to kill it is to forget it. */
function meterOn(stateFolder: string): Meter {
  return new Meter({
    broker: { url: "mqtt://127.0.0.1:1", clientId: "meter", topicPrefix: "eu868" },
    ingests: [],
    network: 3,
    signer: signerFromEd25519Seed(new Uint8Array(32).fill(4)),
    stateFolder,
    maxCopies: () => 2,
    hotspotKey: (id) => (id === gatewayId ? hotspot : undefined),
    log: SILENT_LOG,
    steadyMs: () => performance.now(),
    flushMs: 20,
  });
}

const deliver = (meter: Meter, fCnt: number) =>
  meter.take(DELIVERED, Buffer.from(deliveredMessage(gatewayId, 100 + fCnt, uplink(0x26_01_02_03, fCnt, 12))));
const accept = (meter: Meter, fCnt: number) =>
  meter.take(ACCEPTED, Buffer.from(acceptedMessage("26010203", fCnt, [{ gatewayId, uplinkId: 100 + fCnt }])));

/** Ends a meter in order, which writes what it has confirmed. */
async function end(meter: Meter): Promise<void> {
  await meter.run(AbortSignal.abort());
}

describe("a killed meter", () => {
  test("confirms after its restart what was delivered before and is accepted after, and the other way round", () => {
    const folder = folders.next();
    const first = meterOn(folder);
    deliver(first, 1);
    accept(first, 2);
    const second = meterOn(folder);
    expect(second.status.confirmed).toBe(0);
    accept(second, 1);
    deliver(second, 2);
    expect(second.status.confirmed).toBe(2);
    expect(second.waiting).toBe(2);
  });

  test("confirms once what it had matched and not written, and nothing again that it had written", async () => {
    const folder = folders.next();
    const first = meterOn(folder);
    deliver(first, 1);
    accept(first, 1);
    await end(first);
    const second = meterOn(folder);
    expect([second.status.confirmed, second.waiting]).toEqual([0, 1]);
    deliver(second, 2);
    accept(second, 2);
    // Killed within the moment before it is written.
    const third = meterOn(folder);
    expect([third.status.confirmed, third.waiting]).toEqual([1, 2]);
    await end(third);
    expect(meterOn(folder).waiting).toBe(2);
  });

  test("wherever it is killed, each accepted copy is confirmed exactly once", async () => {
    const step = fc.record({ what: fc.constantFrom("deliver", "accept", "kill", "end"), fCnt: fc.nat(5) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const folder = folders.next();
        const [delivered, accepted] = [new Set<number>(), new Set<number>()];
        let meter = meterOn(folder);
        for (const { what, fCnt } of steps) {
          if (what === "deliver") {
            deliver(meter, fCnt);
            delivered.add(fCnt);
          } else if (what === "accept") {
            accept(meter, fCnt);
            accepted.add(fCnt);
          } else {
            if (what === "end") await end(meter);
            meter = meterOn(folder);
          }
        }
        expect(meter.waiting).toBe(delivered.intersection(accepted).size);
      }),
      { numRuns: 40 * Number(process.env.EARSHOT_SOAK ?? 1) },
    );
  });
});

describe("messages that were seen", () => {
  const message = (byte: number, length: number) => ({
    kind: byte % 2 === 0 ? ("delivered" as const) : ("accepted" as const),
    payload: new Uint8Array(length).fill(byte),
  });

  test("are read as they were written, up to a torn last one, which is cut off", () => {
    const folder = folders.next();
    const seen = new SeenMessages(folder, { keepMs: 1000, maxBytes: 1e6 });
    const kept = [message(1, 0), message(2, 300), message(3, 7)];
    for (const one of kept) seen.add(one, 0);
    seen.close();
    const [name] = readdirSync(folder);
    for (const torn of [new Uint8Array([0]), new Uint8Array([1, 9, 0, 0, 0, 5]), new Uint8Array([77, 1, 0, 0, 0, 1])]) {
      appendFileSync(join(folder, name!), torn);
      const again = new SeenMessages(folder, { keepMs: 1000, maxBytes: 1e6 });
      expect(again.read()).toEqual(kept);
      again.close();
    }
    const last = new SeenMessages(folder, { keepMs: 1000, maxBytes: 1e6 });
    last.add(message(4, 2), 0);
    expect(last.read()).toEqual([...kept, message(4, 2)]);
    last.close();
  });

  test("are kept for their time at least and twice that at most, and within their size", () => {
    const folder = folders.next();
    const seen = new SeenMessages(folder, { keepMs: 1000, maxBytes: 1000 });
    for (let ms = 0; ms < 10_000; ms += 100) seen.add(message(ms / 100, 4), ms);
    const kept = seen.read().map(({ payload }) => 100 * payload[0]!);
    expect(kept.at(-1)).toBe(9900);
    expect(kept[0]).toBeLessThanOrEqual(8900);
    expect(kept[0]).toBeGreaterThanOrEqual(7900);
    for (let count = 0; count < 100; count++) seen.add(message(1, 100), 10_000);
    expect(seen.read().length).toBeLessThanOrEqual(22);
    expect(readdirSync(folder).length).toBeLessThanOrEqual(2);
    seen.close();
  });
});

/** Bytes that somebody made up: each has an answer with a code of the interface, none is taken, and the service goes on. */
import { connect } from "node:net";
import { API_ERRORS } from "@earshot/poc/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hotspotAccount, TestDevice, witness } from "../service/test-device.ts";
import { TestService } from "../service/test-service.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);
/** A million in `bun run soak oracle`. */
const JUNK_REQUESTS = soak < 20 ? 4000 * soak : 1_000_000;

let service: TestService;
let url: string;
const device = new TestDevice(1);

beforeAll(async () => {
  service = await TestService.start({
    set: ["ingest.upload_burst=1000000", "ingest.bad_signatures_per_minute=1000000", "ingest.body_timeout=300 ms"],
  });
  service.registry.putHotspot(hotspotAccount(device.key), 1);
  url = await service.listen();
});
afterAll(() => service.dispose());

async function expectStillGood(): Promise<void> {
  const answer = await service.submit(device.next().bytes);
  expect(answer.json.status).toBe("accepted");
}

function expectRefused({ status, json }: { readonly status: number; readonly json: { readonly code: string } }): void {
  expect(Object.keys(API_ERRORS)).toContain(json.code);
  expect(API_ERRORS[json.code as keyof typeof API_ERRORS].status).toBe(status);
  expect(json.code).not.toBe("log_unavailable");
}

describe("an upload that was changed on its way", () => {
  test("is refused whichever byte was changed, cut off or added", async () => {
    const { length } = (await service.log.tip()) as { readonly length: number };
    const upload = device.seal({ witnesses: [witness(1), witness(2)] }).bytes;
    await fc.assert(
      fc.asyncProperty(fc.nat(upload.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const changed = upload.slice();
        changed[at]! ^= bits;
        expectRefused(await service.submit(changed));
        expectRefused(await service.submit(upload.subarray(0, at)));
      }),
      { numRuns: 150 * soak },
    );
    expectRefused(await service.submit(Buffer.concat([upload, Buffer.from([0])])));
    expect((await service.log.tip()).length).toBe(length);
    await expectStillGood();
  });

  test("is refused when it is nothing but noise behind the right beginning", async () => {
    const { bytes } = device.seal();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(89), async (noise, keep) => {
        expectRefused(await service.submit(Buffer.concat([bytes.subarray(0, keep), noise])));
      }),
      { numRuns: 150 * soak },
    );
    await expectStillGood();
  });
});

describe("a flood", () => {
  test(`of ${JUNK_REQUESTS} junk requests over real sockets leaves the service as it was`, async () => {
    const { length } = await service.log.tip();
    const forged = device.seal().bytes.slice();
    forged[150]! ^= 1;
    const head = (line: string, body: Uint8Array) =>
      Buffer.concat([
        Buffer.from(
          `${line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/vnd.earshot.upload\r\nContent-Length: ${body.length}\r\n\r\n`,
        ),
        body,
      ]);
    const junk = [
      head("POST /v1/uploads", forged),
      head("POST /v1/uploads", new Uint8Array(300)),
      head("POST /v1/devices", new Uint8Array(10)),
      Buffer.from("GET /v1/devices/%00%ff/challenge HTTP/1.1\r\nHost: x\r\n\r\n"),
      Buffer.from("GET /v1/entropy/99999999999999999999 HTTP/1.1\r\nHost: x\r\n\r\n"),
      Buffer.from("\u0000\u0001\u0002 not http at all\r\n\r\n"),
    ];
    let answered = 0;
    const connections = 20;
    await Promise.all(
      Array.from({ length: connections }, async (_, lane) => {
        for (let at = lane; at < JUNK_REQUESTS; at += connections) {
          const isAnswered = await sendRaw([junk[at % junk.length]!], 60_000);
          answered += isAnswered;
        }
      }),
    );
    expect(answered).toBe(JUNK_REQUESTS);
    expect((await service.log.tip()).length).toBe(length);
    await expectStillGood();
    expect(service.logLines.length).toBeLessThan(100);
  }, 3_600_000);

  test("of clients that stall in the middle of a body takes no room for long, and others are served meanwhile", async () => {
    const start = Buffer.from(
      "POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Type: application/vnd.earshot.upload\r\nContent-Length: 4194304\r\n\r\nEUPL",
    );
    // 64 of 4 MiB are all the room there is; those that come later are answered so.
    const stalled = Array.from({ length: 60 }, () => sendRaw([start], 30_000));
    const isFull = async () => (await fetch(`${url}/v1/uploads`, bodyOf(4 * 1024 * 1024))).status === 429;
    while (!(await isFull())) stalled.push(sendRaw([start], 30_000));
    await expectStillGood();
    service.clock.advance(300_000);
    service.ingest.tick?.();
    const answered = (await Promise.all(stalled)).filter((one) => one === 1);
    expect(stalled.length - answered.length).toBe(64);
    expect(await isFull()).toBe(false);
    await expectStillGood();
  });
});

function bodyOf(bytes: number): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/vnd.earshot.upload" },
    body: new Uint8Array(bytes),
  };
}

/** Sends bytes over a connection of its own; 1 when an answer came, 0 when the connection ended without one. */
function sendRaw(chunks: readonly Uint8Array[], timeoutMs: number): Promise<0 | 1> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const done = (answered: 0 | 1) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(timeoutMs, () => done(0));
    socket.on("connect", () => {
      for (const chunk of chunks) socket.write(chunk);
    });
    socket.on("data", () => done(1));
    socket.on("error", () => done(0));
    socket.on("close", () => done(0));
  });
}

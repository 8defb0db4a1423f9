import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { NETWORK_NUMBERS, signLogHead } from "@earshot/poc/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbeddedReportLog } from "../../src/log/embedded/embedded-report-log.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { MirroredLog } from "../../src/pipeline/mirrored-log.ts";
import { checkHead } from "../../src/settlement/check-receipt.ts";
import { evidenceOf } from "../../src/settlement/evidence-table.ts";
import { LogCopy } from "../../src/settlement/log-copy.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { messageOf, TemporaryFolders } from "../temporary-folder.ts";
import { appendAll, ingest, openLog, SmallPipeline } from "./small-pipeline.ts";

const folders = new TemporaryFolders("mirror");
const network = NETWORK_NUMBERS.local;
const { records } = smallEpoch({ hotspots: 4 });
const { closesMs } = epochSpan(EPOCH, parameters.time);
let log: EmbeddedReportLog;
let pipeline: SmallPipeline;
/** What the other oracle does to the bytes it serves, and how many segments it shows. */
let spoil = (bytes: Uint8Array) => bytes;
let shown = Number.POSITIVE_INFINITY;
let lie: Uint8Array | undefined;
/** When it signs its head. */
let signedMs = closesMs + 5000;

/** The two routes of an ingest's API over its real log. */
const server = Bun.serve({
  port: 0,
  async fetch({ url }) {
    const { pathname } = new URL(url);
    if (pathname === "/v1/log/head") {
      const { length, head } = await log.tip();
      const signed = signLogHead(network, { length, head: lie ?? head, issuedMs: signedMs }, ingest);
      return Response.json({ head: Buffer.from(signed).toString("base64") });
    }
    if (pathname === "/v1/log/segments") {
      const segments = (await log.segments()).slice(0, shown).map((segment) => ({
        number: segment.number,
        firstReceiveMs: segment.firstReceiveMs,
        lastReceiveMs: segment.lastReceiveMs,
        uploads: segment.uploads,
        bytes: segment.bytes,
        sha256: Buffer.from(segment.sha256).toString("hex"),
        href: `/segments/${segment.number}`,
      }));
      return Response.json({ segments });
    }
    return new Response(Buffer.from(spoil((await log.segmentBytes(Number(pathname.split("/").at(-1))))!)));
  },
});

function mirror(): MirroredLog {
  const { store, artefacts } = pipeline;
  return new MirroredLog({
    store,
    artefacts,
    url: `http://127.0.0.1:${server.port}`,
    ingestKey: ingest.publicKey,
    network,
    timeoutMs: 5000,
    headLagMs: 2000,
  });
}

beforeAll(async () => {
  pipeline = await SmallPipeline.open(folders.next());
  log = await openLog(folders.next());
  await appendAll(log, records);
  await log.sealSegments(closesMs + 10_000);
});

afterAll(async () => {
  await server.stop(true);
  await log.close();
  await pipeline.close();
});

describe("the mirror of another ingest's log", () => {
  test("takes what is published, bit by bit and only once, and is the log in every head and byte", async () => {
    const first = mirror();
    shown = 3;
    expect(await first.step()).toBe(3);
    expect(await first.completeUntilMs()).toBe((await log.segments())[2].lastReceiveMs);
    shown = Number.POSITIVE_INFINITY;
    const again = mirror();
    expect(await again.step()).toBe((await log.segments()).length - 3);
    expect(await again.step()).toBe(0);
    expect(await again.segments()).toEqual(await log.segments());
    for (const { number } of await log.segments()) {
      expect(await again.segmentBytes(number)).toEqual(await log.segmentBytes(number));
    }
    // Its signed head is the mirror's own: everything it received before it signed is here.
    expect(await again.completeUntilMs()).toBe(closesMs + 3000);
  });

  test("keeps the heads the other one signs, so that one that contradicts its log is a proof", async () => {
    lie = new Uint8Array(32).fill(1);
    const own = mirror();
    await own.step();
    expect(await own.completeUntilMs()).toBeLessThan(closesMs);
    lie = undefined;
    const copy = new LogCopy(own, network, ingest.publicKey);
    const states = [];
    for (const statement of await evidenceOf(pipeline.store, "head", ingest.publicKey)) {
      states.push((await checkHead(statement, copy, network)).state);
    }
    expect(states.sort()).toEqual(["agrees", "contradicts"]);
  });

  test("keeps a head once that is signed again and again, with the latest time", async () => {
    const ofThem = () => evidenceOf(pipeline.store, "head", ingest.publicKey);
    const before = (await ofThem()).length;
    const own = mirror();
    for (let second = 0; second < 5; second++) {
      signedMs++;
      await own.step();
    }
    const shown = await ofThem();
    expect(shown.length).toBe(before + 1);
    const copy = new LogCopy(own, network, ingest.publicKey);
    const times = [];
    for (const statement of shown) {
      const finding = await checkHead(statement, copy, network);
      if (finding.state === "agrees") times.push(finding.head.issuedMs);
    }
    expect(Math.max(...times)).toBe(signedMs);
  });

  test("refuses bytes that are not what the list says, and a server that is gone, and tries again", async () => {
    const fresh = await SmallPipeline.open(folders.next());
    const { store, artefacts } = fresh;
    const common = { store, artefacts, ingestKey: ingest.publicKey, network, timeoutMs: 5000 };
    const own = new MirroredLog({ ...common, url: `http://127.0.0.1:${server.port}` });
    spoil = (bytes) => bytes.with(40, bytes[40] ^ 1);
    expect(await messageOf(() => own.step())).toMatch(/^ORC_DOWNLOAD_FAILED: .*: segment 0 is not what its list says/);
    spoil = (bytes) => bytes;
    expect(await own.step()).toBe((await log.segments()).length);
    const gone = new MirroredLog({ ...common, url: "http://127.0.0.1:1" });
    expect(await messageOf(() => gone.step())).toMatch(/^ORC_DOWNLOAD_FAILED: http:\/\/127\.0\.0\.1:1: /);
    await fresh.close();
  });

  test("reads no more of an answer than a list or a segment can have, and nothing but what a server answers", async () => {
    const fresh = await SmallPipeline.open(folders.next());
    const segment = (await log.segments())[0]!;
    const folder = folders.next();
    mkdirSync(folder);
    const place = join(folder, "000000.seg");
    writeFileSync(place, (await log.segmentBytes(0))!);
    const listed = { number: 0, sha256: Buffer.from(segment.sha256).toString("hex"), href: "/segments/0" };
    let list: unknown = [];
    const endless = () => {
      let left = 128;
      return new Response(
        new ReadableStream({
          pull: (stream) => (left-- > 0 ? stream.enqueue(new Uint8Array(1 << 20)) : stream.close()),
        }),
      );
    };
    const hostile = Bun.serve({
      port: 0,
      fetch: ({ url }) => {
        const { pathname } = new URL(url);
        if (pathname === "/v1/log/head") return fetch(`http://127.0.0.1:${server.port}${pathname}`);
        if (pathname === "/v1/log/segments") return list === endless ? endless() : Response.json({ segments: list });
        return endless();
      },
    });
    try {
      const { store, artefacts } = fresh;
      const url = `http://127.0.0.1:${hostile.port}`;
      const own = new MirroredLog({ store, artefacts, url, ingestKey: ingest.publicKey, network, timeoutMs: 20_000 });
      for (const [answer, expected] of [
        [endless, /^ORC_DOWNLOAD_FAILED: .*: .*more than 8388608 bytes/],
        [[listed], /^ORC_DOWNLOAD_FAILED: .*: .*more than 83886080 bytes/],
        [[{ ...listed, href: pathToFileURL(place).href }], /^ORC_DOWNLOAD_FAILED: .*: segment 0 lies at "file:/],
        [[{ ...listed, href: "http://[" }], /^ORC_DOWNLOAD_FAILED: .*: segment 0 lies at "http:\/\/\["/],
        [[{ ...listed, href: 5 }], /^ORC_DOWNLOAD_FAILED: .*: no list of segments/],
        [[null], /^ORC_DOWNLOAD_FAILED: .*: no list of segments/],
        [null, /^ORC_DOWNLOAD_FAILED: .*: no list of segments/],
      ] as const) {
        list = answer;
        expect(await messageOf(() => own.step())).toMatch(expected);
      }
      expect(await own.segments()).toEqual([]);
    } finally {
      await hostile.stop(true);
      await fresh.close();
    }
  });
});

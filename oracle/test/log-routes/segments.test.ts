import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { headLagMs } from "../../src/log/published-segments.ts";
import { readSegment } from "../../src/log/segment-reader.ts";
import { MirroredLog } from "../../src/pipeline/mirrored-log.ts";
import type { SealedSegment } from "../../src/ports/report-log.ts";
import { SmallPipeline } from "../pipeline/small-pipeline.ts";
import { hotspotAccount, NETWORK, TestDevice, witness } from "../service/test-device.ts";
import { TestService } from "../service/test-service.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("segments");
let service: TestService;
let sender: TestDevice;
const device = () => new TestDevice(1);

beforeEach(async () => {
  service = await TestService.start();
  service.registry.putHotspot(hotspotAccount(device().key), 1);
  sender = device();
});
afterEach(() => service.dispose());

const text = (value: number | Uint8Array) =>
  typeof value === "number" ? String(value) : Buffer.from(value).toString("hex");

/** One upload, then the time until its segment is sealed. */
async function logSegments(count: number): Promise<void> {
  for (let segment = 0; segment < count; segment++) {
    const { bytes } = sender.next({ witnesses: [witness(segment)] });
    const answer = await service.submit(bytes);
    expect(answer.json.status).toBe("accepted");
    if (segment === count - 1) break;
    await service.advance(service.rules.parameters.time.graceMs);
  }
}

async function list(query = "", headers: Record<string, string> = {}) {
  const answer = await service.app.inject({ method: "GET", url: `/v1/log/segments${query}`, headers });
  return { status: answer.statusCode, etag: String(answer.headers.etag), json: answer.body ? answer.json() : null };
}

describe("the published log", () => {
  test("shows nothing of a segment that is open, or sealed with a window that may be open", async () => {
    await logSegments(1);
    expect((await list()).json).toEqual({ segments: [], next: null });
    // Sealed by force, at the same moment.
    await service.log.sealSegments(service.networkClock.nowMs() + service.rules.parameters.time.graceMs);
    expect(await service.log.segments()).toHaveLength(1);
    expect((await list()).json.segments).toEqual([]);
    expect((await service.app.inject({ method: "GET", url: "/v1/log/segments/0" })).statusCode).toBe(404);
    await service.advance(service.rules.withholdMs - 1000);
    expect((await list()).json.segments).toEqual([]);
    await service.advance(2000);
    expect((await list()).json.segments).toHaveLength(1);
    expect((await service.app.inject({ method: "GET", url: "/v1/log/segments/0" })).statusCode).toBe(200);
  });

  test("is listed page by page, chained by its heads, and answers 304 for what is known", async () => {
    await logSegments(4);
    const whole = await list();
    expect(whole.json.segments).toHaveLength(3);
    const first = await list("?limit=2");
    expect([first.json.segments.length, first.json.next]).toEqual([2, 2]);
    const rest = await list(`?from=${first.json.next}&limit=2`);
    expect([...first.json.segments, ...rest.json.segments]).toEqual(whole.json.segments);
    expect(rest.json.next).toBeNull();
    for (const [at, { headBefore }] of whole.json.segments.slice(1).entries())
      expect(headBefore).toBe(whole.json.segments[at].headAfter);
    expect((await list("", { "if-none-match": whole.etag })).status).toBe(304);
    expect((await list("?from=1", { "if-none-match": whole.etag })).status).toBe(200);
    expect((await list("?from=99")).json).toEqual({ segments: [], next: null });
  });

  test("gives the bytes whose hash is in the list, for ever, and says what is no segment", async () => {
    await logSegments(2);
    const [segment] = (await list()).json.segments;
    const answer = await service.app.inject({ method: "GET", url: segment.href });
    expect(answer.headers["cache-control"]).toContain("immutable");
    expect(answer.headers.etag).toBe(`"${segment.sha256}"`);
    expect(readSegment(new Uint8Array(answer.rawPayload), 0, "0")).toHaveLength(segment.uploads);
    const head = await service.app.inject({ method: "HEAD", url: segment.href });
    expect([head.body, head.headers["content-length"]]).toEqual(["", String(segment.bytes)]);
    const known = { "if-none-match": `"${segment.sha256}"` };
    expect((await service.app.inject({ method: "GET", url: segment.href, headers: known })).statusCode).toBe(304);
    for (const path of ["-1", "1.5", "x", "1e99", "99999999999999999999"])
      expect((await service.app.inject({ method: "GET", url: `/v1/log/segments/${path}` })).statusCode).toBe(400);
    for (const query of ["?from=-1", "?limit=0", "?limit=100000", "?from=x"])
      expect((await list(query)).status).toBe(400);
  });

  test("stays published when the clock steps back", async () => {
    await logSegments(2);
    expect((await list()).json.segments).toHaveLength(1);
    service.clock.stepWall(-3_600_000);
    expect((await list()).json.segments).toHaveLength(1);
  });
});

test("another oracle mirrors the log through these routes, and knows it whole up to what may be told", async () => {
  await logSegments(3);
  await service.advance(service.rules.parameters.time.graceMs * 2);
  await service.log.sealSegments(service.networkClock.nowMs());
  await service.advance(service.rules.withholdMs + 2000);
  const url = await service.listen();
  const pipeline = await SmallPipeline.open(folders.next());
  const { store, artefacts } = pipeline;
  const lagMs = headLagMs(service.rules.parameters);
  const ingestKey = service.signer.publicKey;
  const mirror = new MirroredLog({
    store,
    artefacts,
    url,
    ingestKey,
    network: NETWORK,
    timeoutMs: 5000,
    headLagMs: lagMs,
  });
  expect(await mirror.step()).toBe(3);
  const placesOf = (segments: readonly SealedSegment[]) =>
    segments.map(({ firstIndex, sha256, headAfter }) => [firstIndex, sha256, headAfter].map((value) => text(value)));
  expect(placesOf(await mirror.segments())).toEqual(placesOf(await service.log.segments()));
  const before = service.networkClock.nowMs();
  expect(await mirror.completeUntilMs()).toBeCloseTo(before - lagMs, -3);
  // An upload that must not be told yet: the mirror does not take the log for whole beyond it.
  const receiveMs = service.networkClock.nowMs();
  expect((await service.submit(sender.next({ witnesses: [witness(9)] }).bytes)).json.status).toBe("accepted");
  for (let second = 0; second * 1000 < service.rules.withholdMs; second++) {
    expect(await mirror.step()).toBe(0);
    expect(await mirror.completeUntilMs()).toBeLessThan(receiveMs);
    await service.advance(1000);
  }
  await pipeline.close();
});

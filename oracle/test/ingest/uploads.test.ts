/** Uploads over HTTP: what is taken, what is answered instead, and that a receipt stands for what is on disk. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  importKey,
  isChainFork,
  keyToText,
  uploadId,
  type VerifiedUpload,
  verifyChainHead,
  verifyLogHead,
  verifyParsedUpload,
  verifyReceipt,
  verifyUpload,
} from "@earshot/poc/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { oracleError } from "../../src/errors.ts";
import type { ReportLog } from "../../src/ports/report-log.ts";
import { hotspotAccount, NETWORK, TestDevice } from "../service/test-device.ts";
import { TestService, type TestServiceOptions } from "../service/test-service.ts";

let service: TestService;
afterEach(() => service.dispose());

async function begin(options: TestServiceOptions = {}): Promise<TestDevice> {
  service = await TestService.start(options);
  const device = new TestDevice(1);
  service.registry.putHotspot(hotspotAccount(device.key), 1);
  return device;
}

const ingestKey = () => importKey(service.signer.publicKey);

function receiptOf(base64: string) {
  const opened = verifyReceipt(Uint8Array.fromBase64(base64), ingestKey(), NETWORK);
  if (opened.status === "refused") throw new Error(opened.code);
  return opened.receipt;
}

function headOf(base64: string) {
  const opened = verifyChainHead(Uint8Array.fromBase64(base64), ingestKey(), NETWORK);
  if (opened.status === "refused") throw new Error(opened.code);
  return opened.head;
}

describe("an upload that continues its chain", () => {
  test("is answered with a receipt when it is in the log", async () => {
    const device = await begin();
    const upload = device.next();
    const answer = await service.submit(upload.bytes);
    expect(answer).toMatchObject({ status: 200, json: { status: "accepted" } });
    const receipt = receiptOf(answer.json.receipt);
    expect(receipt).toMatchObject({ logIndex: 0, receiveMs: service.clock.wallMs() });
    expect(receipt.uploadId.toHex()).toBe(upload.id.toHex());
    const logged = await service.log.get(0);
    expect(Buffer.compare(logged!.bytes, upload.bytes)).toBe(0);
  });

  test("that comes again gets its first receipt, also much later and after a restart", async () => {
    const device = await begin();
    const first = device.next();
    const { json } = await service.submit(first.bytes);
    await service.submit(device.next().bytes);
    await service.advance(3_600_000);
    expect((await service.submit(first.bytes)).json).toEqual({ status: "duplicate", receipt: json.receipt });
    await service.stop();
    service = await TestService.start({ folder: service.folder });
    service.registry.putHotspot(hotspotAccount(device.key), 1);
    expect((await service.submit(first.bytes)).json).toEqual({ status: "duplicate", receipt: json.receipt });
    expect((await service.get(`/v1/uploads/${first.id.toHex()}/receipt`)).json).toEqual({ receipt: json.receipt });
    expect((await service.submit(device.next().bytes)).json.status).toBe("accepted");
    expect((await service.log.tip()).length).toBe(3);
  });

  test("has its one signature checked once", async () => {
    const device = await begin();
    const { UploadIntake } = await import("../../src/ingest/upload-intake.ts");
    const { ChainHeads } = await import("../../src/ingest/chain-heads.ts");
    const { SILENT_LOG } = await import("../../src/service/log.ts");
    let checks = 0;
    const intake = new UploadIntake({
      network: NETWORK,
      signer: service.signer,
      registry: service.registry,
      heads: new ChainHeads(0),
      log: service.log,
      order: service.ingest.order,
      forks: { keep: () => true },
      limits: {
        perDevice: { perSecond: 1, size: 10 },
        badPerAddress: { perSecond: 1, size: 10 },
        maxWaiting: 10,
        maxWaitingBytes: 1_000_000,
      },
      nowMs: () => service.clock.wallMs(),
      steadyMs: () => service.clock.steadyMs(),
      epochAt: service.rules.epochAt,
      headElsewhere: async () => undefined,
      clockFault: () => undefined,
      onUpload() {},
      onRefused() {},
      serviceLog: SILENT_LOG,
      verify: (...args) => {
        checks++;
        return verifyParsedUpload(...args);
      },
    });
    const upload = device.next();
    expect((await intake.submit(upload.bytes, () => "")).status).toBe("accepted");
    expect((await intake.submit(upload.bytes, () => "")).status).toBe("duplicate");
    expect(checks).toBe(2);
  });

  test("sent many times at once is logged once", async () => {
    const device = await begin();
    const upload = device.next();
    const answers = await Promise.all(Array.from({ length: 4 }, () => service.submit(upload.bytes)));
    expect(answers.map(({ json }) => json.status).sort()).toEqual(["accepted", "duplicate", "duplicate", "duplicate"]);
    expect(new Set(answers.map(({ json }) => json.receipt)).size).toBe(1);
    expect((await service.log.tip()).length).toBe(1);
  });
});

describe("an upload that does not continue its chain", () => {
  test("is answered with the signed head, which the next one may follow", async () => {
    const device = await begin();
    await service.submit(device.next().bytes);
    const { sequence, previousId } = device;
    device.sequence += 5;
    device.previousId = new Uint8Array(32).fill(1);
    const answer = await service.submit(device.next().bytes);
    expect(answer).toMatchObject({ status: 409, json: { code: "wrong_predecessor" } });
    const head = headOf(answer.json.head);
    expect(head).toMatchObject({ sequence, issuedMs: service.clock.wallMs() });
    expect(Buffer.compare(head.id, previousId)).toBe(0);
    device.sequence = head.sequence;
    device.previousId = head.id;
    expect((await service.submit(device.next({ resumed: true }).bytes)).json.status).toBe("accepted");
  });

  test("and is another body under a logged number is a fork, whose evidence is kept and proves it", async () => {
    const device = await begin();
    const uploads = [device.next(), device.next(), device.next()];
    for (const { bytes } of uploads) await service.submit(bytes);
    const [first] = uploads as [(typeof uploads)[0]];
    const twin = new TestDevice(1);
    twin.sequence = 1;
    twin.previousId = first.id;
    const second = twin.seal({ resumed: true });
    await service.advance(service.rules.withholdMs + 1000);
    const answer = await service.submit(second.bytes);
    expect(answer).toMatchObject({ status: 409, json: { code: "chain_fork" } });
    expect(headOf(answer.json.head).sequence).toBe(3);
    const folder = join(service.folder, "forks", device.key.toHex());
    expect(readdirSync(folder)).toEqual([`2-${second.id.toHex()}.upload`]);
    const kept = verifyUpload(
      new Uint8Array(readFileSync(join(folder, readdirSync(folder)[0]!))),
      importKey(device.key),
      NETWORK,
    );
    const logged = verifyUpload((await service.log.get(1))!.bytes, importKey(device.key), NETWORK);
    expect(isChainFork(logged as VerifiedUpload, kept as VerifiedUpload)).toBe(true);
    expect((await service.log.tip()).length).toBe(3);
  });

  test("because the device was told an older head is no fork", async () => {
    const device = await begin();
    await service.submit(device.next().bytes);
    await service.advance(service.rules.withholdMs + 1000);
    await service.submit(device.next().bytes);
    const told = await service.get(`/v1/devices/${keyToText(device.key)}/head`);
    const head = headOf(told.json.head);
    expect(head.sequence).toBe(1);
    const lost = new TestDevice(1);
    lost.sequence = head.sequence;
    lost.previousId = head.id;
    const answer = await service.submit(lost.seal({ resumed: true }).bytes);
    expect(answer).toMatchObject({ status: 409, json: { code: "wrong_predecessor" } });
    expect(headOf(answer.json.head).sequence).toBe(2);
    expect(readdirSync(service.folder)).not.toContain("forks");
  });

  test("forks of one device do not fill the disk", async () => {
    const device = await begin({ set: ["ingest.upload_burst=1000"] });
    for (let at = 0; at < 30; at++) await service.submit(device.next().bytes);
    for (let at = 1; at < 30; at++) {
      const twin = new TestDevice(1);
      twin.sequence = at;
      twin.previousId = new Uint8Array(32).fill(9);
      await service.submit(twin.seal().bytes);
      await service.submit(twin.seal({ resumed: true }).bytes);
    }
    expect(readdirSync(join(service.folder, "forks", device.key.toHex()))).toHaveLength(16);
  });
});

describe("who may send", () => {
  test("a device that is not registered, not yet, or suspended is refused before its signature is checked", async () => {
    const device = await begin();
    const epoch = service.rules.epochAt(service.clock.wallMs());
    const stranger = new TestDevice(2);
    const expectRefused = async (sender: TestDevice, got: string) =>
      expect(await service.submit(sender.seal().bytes)).toMatchObject({
        status: 403,
        json: { code: "not_registered", got },
      });
    await expectRefused(stranger, "not registered");
    service.registry.putHotspot(hotspotAccount(stranger.key, { onboardedEpoch: epoch }), 1);
    await expectRefused(stranger, "registered from the next epoch on");
    const suspended = { current: false, next: true, fromEpoch: epoch };
    service.registry.putHotspot(hotspotAccount(device.key, { suspended }), 2);
    await expectRefused(device, "suspended");
    expect((await service.get(`/v1/devices/${keyToText(device.key)}/head`)).json.got).toBe("suspended");
    service.registry.putHotspot(hotspotAccount(device.key, { suspended: { ...suspended, fromEpoch: epoch + 1 } }), 3);
    expect((await service.submit(device.next().bytes)).status).toBe(200);
  });

  test("a payer's meter confirms and nothing else, a hotspot never confirms", async () => {
    const device = await begin();
    const payer = new TestDevice(7);
    service.registry.putPayer({ dcConfig: new Uint8Array(32), key: payer.key, authority: new Uint8Array(32) }, 1);
    const confirmations = [{ packetHash: new Uint8Array(32), hotspotKey: device.key, phyBytes: 20 }];
    expect((await service.submit(payer.seal().bytes)).json.code).toBe("bad_request");
    expect((await service.submit(device.seal({ confirmations }).bytes)).json.code).toBe("bad_request");
    expect((await service.submit(payer.next({ confirmations }).bytes)).json.status).toBe("accepted");
  });
});

describe("limits", () => {
  test("a device that sends too often is told when to come again, and others are not held up", async () => {
    const device = await begin({ set: ["ingest.upload_burst=3", "ingest.uploads_per_second=0.5"] });
    const other = new TestDevice(2);
    service.registry.putHotspot(hotspotAccount(other.key), 1);
    for (let at = 0; at < 3; at++) expect((await service.submit(device.next().bytes)).status).toBe(200);
    const answer = await service.submit(device.seal().bytes);
    expect(answer).toMatchObject({ status: 429, json: { code: "overloaded", retryAfterMs: 2000 } });
    expect(answer.headers["retry-after"]).toBe("2");
    expect((await service.submit(other.next().bytes)).status).toBe(200);
    await service.advance(2000);
    expect((await service.submit(device.next().bytes)).status).toBe(200);
  });

  test("an upload of many reports counts as several, and one of more than the limit holds is taken of a device that waited", async () => {
    const device = await begin({ set: ["ingest.upload_burst=3", "ingest.uploads_per_second=0.5"] });
    const receipts = (count: number) => ({
      witnesses: [],
      receipts: Array.from({ length: count }, (_, fCnt) => {
        return { packetHash: new Uint8Array(32), phyBytes: 20, devAddr: 1, fCnt, receivedMs: 1, routeId: 1 };
      }),
    });
    expect((await service.submit(device.next(receipts(1024)).bytes)).status).toBe(200);
    expect((await service.submit(device.next().bytes)).status).toBe(200);
    expect(await service.submit(device.seal().bytes)).toMatchObject({ json: { retryAfterMs: 2000 } });
    await service.advance(6000);
    expect((await service.submit(device.next(receipts(2049)).bytes)).status).toBe(200);
    // Two are owed.
    expect(await service.submit(device.seal().bytes)).toMatchObject({ json: { retryAfterMs: 6000 } });
    await service.advance(6000);
    expect((await service.submit(device.next().bytes)).status).toBe(200);
  });

  test("an address that sends bad signatures is not listened to for a while, and does not use up its victim's limit", async () => {
    const device = await begin({ set: ["ingest.bad_signatures_per_minute=60", "ingest.upload_burst=5"] });
    const forged = device.seal().bytes.slice();
    forged[forged.length - 1]! ^= 1;
    for (let at = 0; at < 60; at++) expect((await service.submit(forged)).json.code).toBe("bad_signature");
    expect(await service.submit(forged)).toMatchObject({ status: 429, json: { code: "overloaded" } });
    await service.advance(1000);
    expect((await service.submit(device.next().bytes)).status).toBe(200);
  });

  test("when the log takes nothing the answer is 503, nothing moved, and the same upload is taken later", async () => {
    let isFull = true;
    const wrapLog = (log: ReportLog): ReportLog => ({
      ...bound(log),
      append: (upload) =>
        isFull
          ? Promise.reject(oracleError("ORC_LOG_UNAVAILABLE", "disk full", { retryable: true }))
          : log.append(upload),
    });
    const device = await begin({ wrapLog });
    const upload = device.next();
    const answer = await service.submit(upload.bytes);
    expect(answer).toMatchObject({ status: 503, json: { code: "log_unavailable", retryAfterMs: 2000 } });
    expect(answer.headers["retry-after"]).toBe("2");
    isFull = false;
    expect((await service.submit(upload.bytes)).json.status).toBe("accepted");
  });

  test("when too much waits for the log, more is refused at once", async () => {
    const held: (() => void)[] = [];
    const wrapLog = (log: ReportLog): ReportLog => ({
      ...bound(log),
      append: async (upload) => {
        await new Promise<void>((resolve) => held.push(resolve));
        return log.append(upload);
      },
    });
    const device = await begin({ wrapLog, set: ["ingest.max_waiting=1"] });
    const other = new TestDevice(2);
    service.registry.putHotspot(hotspotAccount(other.key), 1);
    const first = service.submit(device.next().bytes);
    while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await service.submit(other.seal().bytes)).toMatchObject({ status: 429, json: { code: "overloaded" } });
    held[0]!();
    expect((await first).status).toBe(200);
  });

  test("while our clock and the chain's are far apart nothing is taken", async () => {
    const device = await begin();
    service.networkClock.heardBlock(Math.floor(service.clock.wallMs() / 1000) - 3600);
    expect(await service.submit(device.seal().bytes)).toMatchObject({ status: 503, json: { code: "log_unavailable" } });
    expect(service.ingest.fault?.()).toBe("the clock is 3585 s off the chain's time");
    service.networkClock.heardBlock(Math.floor(service.clock.wallMs() / 1000) - 15);
    expect((await service.submit(device.next().bytes)).status).toBe(200);
  });
});

describe("answers", () => {
  test("a body that is none, too long, of another type or without length has its code", async () => {
    await begin();
    const post = async (headers: Record<string, string>, payload?: Buffer) => {
      const answer = await service.app.inject({
        method: "POST",
        url: "/v1/uploads",
        headers,
        ...(payload && { payload }),
      });
      return [answer.statusCode, answer.json().code];
    };
    const type = { "content-type": "application/vnd.earshot.upload" };
    expect(await post({ ...type, "content-length": "0" })).toEqual([400, "truncated"]);
    expect(await post({ ...type, "content-length": "99999999" }, Buffer.alloc(10))).toEqual([413, "oversized"]);
    expect(await post({ ...type, "content-length": "ten" }, Buffer.alloc(10))).toEqual([400, "bad_request"]);
    expect(await post({ "content-type": "application/json", "content-length": "2" }, Buffer.from("{}"))).toEqual([
      400,
      "bad_request",
    ]);
    expect((await service.get("/v1/uploads/zz/receipt")).json.code).toBe("bad_request");
    expect((await service.get(`/v1/uploads/${"00".repeat(32)}/receipt`)).json.code).toBe("not_found");
    expect((await service.get("/v1/devices/111/head")).json.code).toBe("bad_request");
    expect((await service.get("/v1/nowhere")).json.code).toBe("not_found");
  });

  test("the head of the log is signed and follows from the receipts", async () => {
    const device = await begin();
    const { json } = await service.submit(device.next().bytes);
    const { previousHead } = receiptOf(json.receipt);
    const before = verifyLogHead(
      Uint8Array.fromBase64((await service.get("/v1/log/head")).json.head),
      ingestKey(),
      NETWORK,
    );
    expect(before).toMatchObject({ status: "ok", head: { length: 0, head: previousHead } });
    await service.advance(1000);
    await service.advance(service.rules.withholdMs + 1000);
    const after = verifyLogHead(
      Uint8Array.fromBase64((await service.get("/v1/log/head")).json.head),
      ingestKey(),
      NETWORK,
    );
    expect(after).toMatchObject({ status: "ok", head: { length: 1, issuedMs: service.clock.wallMs() } });
  });

  test("an id is of the body without its signature", async () => {
    const device = await begin();
    const { bytes, id } = device.next();
    expect(uploadId(bytes).toHex()).toBe(id.toHex());
  });
});

/** The methods of a log as members of a plain object, for one to be replaced. */
function bound(log: ReportLog): ReportLog {
  return {
    partitions: log.partitions,
    partitionOf: (key) => log.partitionOf(key),
    append: (upload) => log.append(upload),
    find: (id) => log.find(id),
    get: (index) => log.get(index),
    tip: () => log.tip(),
    readUploads: (...args) => log.readUploads(...args),
    shuffle: (batches) => log.shuffle(batches),
    readShuffled: (...args) => log.readShuffled(...args),
    trimShuffled: (checkpoints) => log.trimShuffled(checkpoints),
    segments: (...args) => log.segments(...args),
    sealSegments: (nowMs) => log.sealSegments(nowMs),
    segmentBytes: (number) => log.segmentBytes(number),
    showAll: () => log.showAll(),
    health: () => log.health(),
    close: () => log.close(),
  };
}

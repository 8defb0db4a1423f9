import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AppealRecord, appealId, signAppealRecord } from "@earshot/poc";
import { encodeRefutation } from "@earshot/poc/lorawan";
import {
  importKey,
  keyToText,
  NOTICE_CONTENT_TYPE,
  sealNotice,
  signerFromEd25519Seed,
  verifyReceipt,
} from "@earshot/poc/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../../src/cli/app.ts";
import { ReceiveOrder } from "../../src/ingest/receive-order.ts";
import { NoticeIntake } from "../../src/notices/notice-intake.ts";
import { noticeRoutes } from "../../src/notices/notice-routes.ts";
import { appealsAfter, appealsOf, keepAppeals, noticesOfEpoch } from "../../src/notices/notices-of-epoch.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { frameOf, PacketPlay, SESSION_KEY } from "../billing/packet-play.ts";
import { hotspotAccount, NETWORK, TestDevice } from "../service/test-device.ts";
import { TestService } from "../service/test-service.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("notices");
const governance = signerFromEd25519Seed(new Uint8Array(32).fill(77));
const payer = new TestDevice(40);
const hotspot = new TestDevice(1);
const proof = (fCnt: number) => ({ phyPayload: frameOf(fCnt), fCntHigh: 0 });
const document = encodeRefutation({
  nwkSKey: SESSION_KEY,
  before: proof(1),
  after: proof(9),
  disputed: [frameOf(5, false)],
});
const otherDocument = (fCnt: number) =>
  encodeRefutation({
    nwkSKey: SESSION_KEY,
    before: proof(1),
    after: proof(9),
    disputed: [frameOf(fCnt, false)],
  });
const refutation = sealNotice("refutation", document, NETWORK, payer.signer);
const appeal = {
  kind: "appeal",
  network: NETWORK,
  hotspot: hotspot.key.toHex(),
  epoch: 7,
  detector: "conduct",
  reason: "the gateway was stolen",
} as const;

let service: TestService;
let app: HttpApp;

beforeEach(async () => {
  service = await TestService.start();
  service.registry.putHotspot(hotspotAccount(hotspot.key), 1);
  service.registry.putPayer({ dcConfig: new Uint8Array(32), key: payer.key, authority: new Uint8Array(32) }, 1);
  const intake = new NoticeIntake({
    network: NETWORK,
    signer: service.signer,
    registry: service.registry,
    log: service.log,
    order: new ReceiveOrder(() => service.networkClock.nowMs(), 0),
    governanceKey: importKey(governance.publicKey),
    perSigner: { perSecond: 1, size: 5 },
    perAddress: { perSecond: 1000, size: 1000 },
    nowMs: () => service.networkClock.nowMs(),
    steadyMs: () => service.clock.steadyMs(),
    epochAt: service.rules.epochAt,
  });
  app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  await app.register(async (scope: HttpApp) => noticeRoutes(scope, intake));
  await app.ready();
});
afterEach(async () => {
  await app.close();
  await service.dispose();
});

async function send(url: string, payload: Uint8Array, type: string) {
  const headers = { "content-type": type };
  const answer = await app.inject({ method: "POST", url, headers, payload: Buffer.from(payload) });
  return { status: answer.statusCode, json: answer.json() };
}
const refute = (bytes: Uint8Array) => send("/v1/refutations", bytes, NOTICE_CONTENT_TYPE);
const complain = (bytes: Uint8Array) => send("/v1/appeals", bytes, "application/json");

describe("a refutation over HTTP", () => {
  test("is durable in the log when it is answered, under a receipt, and the second time the same one", async () => {
    const answer = await refute(refutation.bytes);
    expect([answer.status, answer.json.status]).toEqual([200, "accepted"]);
    const receipt = Uint8Array.fromBase64(answer.json.receipt);
    const opened = verifyReceipt(receipt, importKey(service.signer.publicKey), NETWORK);
    expect(opened).toMatchObject({ status: "ok", receipt: { uploadId: refutation.id, logIndex: 0 } });
    expect((await service.log.get(0))!.bytes).toEqual(refutation.bytes);
    expect((await refute(refutation.bytes)).json).toEqual({ status: "duplicate", receipt: answer.json.receipt });
  });

  test("is refused of a hotspot, of nobody, and under another's signature, and logs nothing", async () => {
    const of = (device: TestDevice) => sealNotice("refutation", document, NETWORK, device.signer).bytes;
    expect((await refute(of(hotspot))).json.code).toBe("not_registered");
    expect((await refute(of(new TestDevice(99)))).json.code).toBe("not_registered");
    const forged = refutation.bytes.slice();
    forged[forged.length - 1]! ^= 1;
    expect((await refute(forged)).json.code).toBe("bad_signature");
    expect((await refute(sealNotice("refutation", document, NETWORK + 1, payer.signer).bytes)).json.code).toBe(
      "wrong_network",
    );
    expect((await refute(sealNotice("refutation", new Uint8Array(60), NETWORK, payer.signer).bytes)).json.code).toBe(
      "bad_request",
    );
    expect((await service.log.tip()).length).toBe(0);
  });

  test("comes no faster than the limit of its signer", async () => {
    const codes: unknown[] = [];
    for (let counter = 0; counter < 7; counter++) {
      const own = otherDocument(counter + 10);
      codes.push((await refute(sealNotice("refutation", own, NETWORK, payer.signer).bytes)).json.code);
    }
    expect(codes).toEqual([undefined, undefined, undefined, undefined, undefined, "overloaded", "overloaded"]);
    service.clock.advance(2000);
    expect((await refute(refutation.bytes)).status).toBe(200);
  });

  test("is taken however many forged and old ones of its signer somebody else sends", async () => {
    const first = sealNotice("refutation", otherDocument(30), NETWORK, payer.signer).bytes;
    expect((await refute(first)).json.status).toBe("accepted");
    const forged = refutation.bytes.slice();
    forged[forged.length - 1]! ^= 1;
    for (let count = 0; count < 20; count++) {
      expect((await refute(forged)).json.code).toBe("bad_signature");
      expect((await refute(first)).json.status).toBe("duplicate");
    }
    expect((await refute(refutation.bytes)).json.status).toBe("accepted");
  });

  test("made of any bytes, for either route and under any type, is an answer with a code", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          fc
            .uint8Array({ maxLength: 300 })
            .map((noise) => Uint8Array.from([...refutation.bytes.subarray(0, 89), ...noise])),
        ),
        fc.constantFrom("/v1/refutations", "/v1/appeals"),
        fc.constantFrom(NOTICE_CONTENT_TYPE, "application/json", "text/plain"),
        async (bytes, url, type) => {
          const { status, json } = await send(url, bytes, type);
          expect(status).toBeGreaterThanOrEqual(400);
          expect(status).toBeLessThan(500);
          expect(typeof json.code).toBe("string");
        },
      ),
      { numRuns: 60 },
    );
    expect((await refute(new Uint8Array(70_000))).status).toBe(413);
    expect((await complain(new Uint8Array(9000))).status).toBe(413);
  });
});

test("the command sends what it has checked itself, and nothing that the frames do not bear out", async () => {
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const key = join(service.folder, "route.key");
  writeFileSync(key, `ed25519 ${"28".repeat(32)}\n`, { mode: 0o600 });
  const proofs = ["--before", frameOf(1).toHex(), "--after", `${frameOf(9).toHex()}:0`];
  const args = ["refute", "--url", url, "--key", key, "--network", String(NETWORK), ...proofs];
  const streams = () => ({ stdout: { write: () => {} }, stderr: { write: () => {} } });
  process.env.EARSHOT_NWK_S_KEY = SESSION_KEY.toHex();
  try {
    expect(await runCli([...args, frameOf(5).toHex()], streams())).toBe(2);
    expect((await service.log.tip()).length).toBe(0);
    expect(await runCli([...args, frameOf(5, false).toHex()], streams())).toBe(0);
    expect((await service.log.tip()).length).toBe(1);
  } finally {
    delete process.env.EARSHOT_NWK_S_KEY;
  }
});

describe("an appeal over HTTP", () => {
  test("is taken under the hotspot's key, a suspended one's too, and no other", async () => {
    expect((await complain(signAppealRecord(appeal, hotspot.signer))).json.status).toBe("accepted");
    expect((await complain(signAppealRecord(appeal, payer.signer))).json.code).toBe("bad_signature");
    const account = hotspotAccount(hotspot.key);
    const suspended = { current: true, next: true, fromEpoch: 0 };
    service.registry.putHotspot({ ...account, suspended }, 2);
    expect((await complain(signAppealRecord({ ...appeal, epoch: 8 }, hotspot.signer))).json.status).toBe("accepted");
  });

  test("has an outcome under the key of governance alone", async () => {
    const outcome = {
      kind: "outcome",
      network: NETWORK,
      appeal: appealId(appeal),
      hotspot: appeal.hotspot,
      detector: "conduct",
      upheld: true,
      fromEpoch: 1,
      untilEpoch: 99,
      reason: "it was",
    } as const;
    expect((await complain(signAppealRecord(outcome, hotspot.signer))).json.code).toBe("bad_signature");
    expect((await complain(signAppealRecord(outcome, governance))).json.status).toBe("accepted");
  });
});

test("a hotspot contests and governance decides by command, each with its own key", async () => {
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const keyFile = (seed: string) => {
    const path = join(service.folder, `${seed}.key`);
    writeFileSync(path, `ed25519 ${seed.repeat(32)}\n`, { mode: 0o600 });
    return path;
  };
  const run = async (command: string, seed: string, ...more: string[]) => {
    const said: string[] = [];
    const streams = { stdout: { write: (text: string) => void said.push(text) }, stderr: { write: () => {} } };
    const common = [
      "--url",
      url,
      "--network",
      String(NETWORK),
      "--detector",
      "conduct",
      "--reason",
      "stolen",
      "--json",
    ];
    const code = await runCli(["appeal", command, "--key", keyFile(seed), ...common, ...more], streams);
    return { code, answer: code === 0 ? JSON.parse(said.join("")) : undefined };
  };
  const filed = await run("file", "01", "--epoch", "7");
  expect(filed).toMatchObject({ code: 0, answer: { status: "accepted" } });
  const decision = ["--appeal", filed.answer.id, "--hotspot", keyToText(hotspot.key), "--uphold", "--from", "9"];
  expect((await run("decide", "4d", ...decision)).answer.status).toBe("accepted");
  expect((await run("decide", "01", ...decision)).code).toBe(1);
  expect((await run("decide", "4d", "--appeal", "x", "--hotspot", keyToText(hotspot.key))).code).toBe(2);
  expect((await service.log.tip()).length).toBe(2);
});

test("appeals in an epoch's log are read of the ingests we know, and lift a detector in later epochs only", async () => {
  const play = await PacketPlay.open(folders.next());
  const outcome = {
    kind: "outcome",
    network: NETWORK,
    appeal: appealId(appeal),
    hotspot: appeal.hotspot,
    detector: "conduct",
    upheld: true,
    fromEpoch: 0,
    untilEpoch: 0xffff_ffff,
    reason: "",
  } as const;
  const known = signerFromEd25519Seed(new Uint8Array(32).fill(7));
  const stranger = signerFromEd25519Seed(new Uint8Array(32).fill(8));
  const sealed = (record: AppealRecord, signer: typeof governance, by: typeof governance) =>
    sealNotice("appeal", signAppealRecord(record, signer), NETWORK, by).bytes;
  const epoch = await play.play({
    notices: [
      sealed(appeal, hotspot.signer, known),
      sealed(outcome, governance, known),
      sealed({ ...outcome, reason: "of another ingest" }, governance, stranger),
      sealed({ ...outcome, reason: "not governance's" }, stranger, known),
    ],
  });
  const keys = { network: NETWORK, ingestKeys: [known.publicKey], governanceKey: importKey(governance.publicKey) };
  const { appeals, refuted } = await noticesOfEpoch(play.archive, epoch, keys);
  expect([appeals, refuted]).toEqual([[appeal, outcome], []]);
  const { store } = play.pipeline;
  for (let twice = 0; twice < 2; twice++) await keepAppeals(store, epoch, appeals);
  expect((await appealsOf(store, appeal.hotspot)).map(({ kind, loggedEpoch }) => [kind, loggedEpoch])).toEqual([
    ["appeal", epoch],
    ["outcome", epoch],
  ]);
  expect([...(await appealsAfter(play.archive, epoch, keys)).from_epoch]).toEqual([epoch + 1]);
  await play.close();
});

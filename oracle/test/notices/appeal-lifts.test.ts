/** The whole way of an appeal: over HTTP into the log, through closed epochs, to the weight of the hotspot it was upheld for. */
import { signAppealRecord } from "@earshot/poc";
import { importKey, NETWORK_NUMBERS } from "@earshot/poc/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readEpochInput, readEpochOutput } from "../../src/epoch-folder/folder.ts";
import { weightsOf } from "../../src/explain/suspicion.ts";
import { ReceiveOrder } from "../../src/ingest/receive-order.ts";
import { NoticeIntake } from "../../src/notices/notice-intake.ts";
import { noticeRoutes } from "../../src/notices/notice-routes.ts";
import type { ReportLog } from "../../src/ports/report-log.ts";
import { RegistryBook } from "../../src/registry/registry-book.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { frameOf, PacketPlay, SESSION_KEY, TWO_OWNERS } from "../billing/packet-play.ts";
import { ingest } from "../pipeline/small-pipeline.ts";
import { hotspotAccount } from "../service/test-device.ts";
import { EPOCH, EPOCH_MS, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { governance, upheldAppeal } from "./upheld-appeal.ts";

const network = NETWORK_NUMBERS.local;
const folders = new TemporaryFolders("appeal-lifts");
const keys = { network, ingestKeys: [ingest!.publicKey], governanceKey: importKey(governance.publicKey) };
const [APPEALS, STAYS] = TWO_OWNERS;
const { signers } = smallEpoch({ uploads: false });
const hotspot = signers[APPEALS]!.publicKey.toHex();
const { appeal, outcome } = upheldAppeal(hotspot, EPOCH + 3);

let play: PacketPlay;
beforeAll(async () => {
  play = await PacketPlay.open(folders.next(), keys);
});
afterAll(() => play.close());

/** Sends records to an oracle's routes of notices, which writes them into the log. */
async function send(log: ReportLog, nowMs: number, records: readonly Uint8Array[]): Promise<void> {
  const registry = new RegistryBook();
  for (const { publicKey } of signers) registry.putHotspot(hotspotAccount(publicKey), 1);
  const limits = { perSigner: { perSecond: 1, size: 5 }, perAddress: { perSecond: 1, size: 5 } };
  const intake = new NoticeIntake({
    network,
    signer: ingest!,
    registry,
    log,
    order: new ReceiveOrder(() => nowMs, 0),
    governanceKey: keys.governanceKey,
    ...limits,
    nowMs: () => nowMs,
    steadyMs: () => nowMs,
    epochAt: (unixMs) => Math.floor(unixMs / EPOCH_MS),
  });
  const app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  await app.register(async (scope: HttpApp) => noticeRoutes(scope, intake));
  for (const record of records) {
    const headers = { "content-type": "application/json" };
    const answer = await app.inject({ method: "POST", url: "/v1/appeals", headers, payload: Buffer.from(record) });
    expect(answer.json().status).toBe("accepted");
  }
  await app.close();
}

/** Weights of shares of the one who appeals and the other one, 1e-4. */
async function weightsIn(epoch: number): Promise<readonly (number | undefined)[]> {
  const folder = folders.next();
  await play.archive.fetch(epoch, folder);
  const input = readEpochInput(folder);
  const weights = weightsOf(input, readEpochOutput(folder, input).tables);
  return [weights?.[APPEALS], weights?.[STAYS]];
}

test("an appeal upheld over HTTP lifts the detector in the epochs it names, for that hotspot, and in no other", async () => {
  const heard = Array.from({ length: 50 }, (_, fCnt) => ({ frame: frameOf(fCnt), by: TWO_OWNERS }));
  const invented = Array.from({ length: 5 }, (_, at) => ({ frame: frameOf(20 + at, false), by: TWO_OWNERS }));
  const proof = (fCnt: number) => ({ phyPayload: frameOf(fCnt), fCntHigh: 0 });
  const disputed = invented.map(({ frame }) => frame);
  await play.play({
    heard: [...heard.slice(0, 25), ...invented, ...heard.slice(25)],
    confirmed: heard,
    refuted: [{ nwkSKey: SESSION_KEY, before: proof(0), after: proof(49), disputed }],
    meanwhile: (log, nowMs) =>
      send(log, nowMs, [signAppealRecord(appeal, signers[APPEALS]!), signAppealRecord(outcome, governance)]),
  });
  for (let later = 0; later < 3; later++) await play.play({});
  const told = await Promise.all([0, 1, 2, 3].map((later) => weightsIn(EPOCH + later)));
  const [accused] = told[0]!;
  expect(accused).toBeLessThan(10_000);
  expect(told.map(([own]) => own === 10_000)).toEqual([false, false, true, false]);
  expect(told.map(([, other]) => other === 10_000)).toEqual([false, false, false, false]);
}, 120_000);

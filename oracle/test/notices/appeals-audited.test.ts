/** Appeals of epochs that follow from the logs before: an audit recomputes them, from folders and from afar, and tells what was forged. */
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { allocateColumns, appealsTable, signAppealRecord } from "@earshot/poc";
import { importKey, keyToText, NETWORK_NUMBERS, sealNotice, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiPart } from "../../src/api/api-part.ts";
import { ArchivedEpochs } from "../../src/api/epoch-source.ts";
import { auditRun, type RunAuditOptions } from "../../src/audit/audit-run.ts";
import { EpochBefore } from "../../src/audit/epoch-before.ts";
import { findingText } from "../../src/audit/finding.ts";
import { type FolderInput, readEpochInput, writeEpochInput } from "../../src/epoch-folder/folder.ts";
import { ingestsOfEpoch } from "../../src/notices/ingests-of-epoch.ts";
import { appealsAfter } from "../../src/notices/notices-of-epoch.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { PacketPlay, TWO_OWNERS } from "../billing/packet-play.ts";
import { ingest } from "../pipeline/small-pipeline.ts";
import { EPOCH, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { governance, upheldAppeal } from "./upheld-appeal.ts";

const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
const network = NETWORK_NUMBERS.local;
const folders = new TemporaryFolders("appeals-audited");
const governanceKey = importKey(governance.publicKey);
const signer = smallEpoch({ uploads: false }).signers[TWO_OWNERS[0]]!;
const hotspot = signer.publicKey.toHex();
const { appeal, outcome } = upheldAppeal(hotspot, EPOCH + 9);
const EPOCHS = [EPOCH, EPOCH + 1, EPOCH + 2, EPOCH + 3];
const run = folders.next();
const folderOf = (epoch: number, root = run) => join(root, `epoch-${epoch}`);

let play: PacketPlay;
let app: HttpApp;
let url: string;

beforeAll(async () => {
  play = await PacketPlay.open(folders.next(), { network, ingestKeys: [ingest!.publicKey], governanceKey });
  const notices = [signAppealRecord(appeal, signer), signAppealRecord(outcome, governance)].map(
    (record) => sealNotice("appeal", record, network, ingest!).bytes,
  );
  // The appeal and its outcome are logged in the second epoch.
  for (const epoch of EPOCHS) await play.play(epoch === EPOCH + 1 ? { notices } : {});
  for (const epoch of EPOCHS) await play.archive.fetch(epoch, folderOf(epoch));
  app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  await apiPart({ source: new ArchivedEpochs(play.archive, async () => EPOCHS), nowMs: () => 0 }).routes?.(app);
  url = await app.listen({ host: "127.0.0.1", port: 0 });
}, 120_000);
afterAll(async () => {
  await app.close();
  await play.close();
});

async function findings(epochs: readonly number[], root = run, options: RunAuditOptions = { governanceKey }) {
  const audit = await auditRun(
    epochs.map((epoch) => folderOf(epoch, root)),
    options,
  );
  return audit.findings.map((finding) => findingText(finding).replaceAll(`${root}/`, ""));
}

/** A copy of the run in which an epoch was judged under other appeals than follow from the logs. */
async function forged(epoch: number, appeals: NonNullable<FolderInput["appeals"]>): Promise<string> {
  const root = folders.next();
  for (const one of [epoch - 1, epoch]) cpSync(folderOf(one), folderOf(one, root), { recursive: true });
  const input = readEpochInput(folderOf(epoch, root));
  await writeEpochInput(folderOf(epoch, root), { ...input, appeals });
  await scoreFolder(folderOf(epoch, root));
  return root;
}

test("an oracle takes an outcome by the ingests whose logs the epoch was made from, whoever its peers are by now", async () => {
  const ingestKeys = await ingestsOfEpoch(play.archive, EPOCH + 1);
  expect(ingestKeys.map((key) => key.toHex())).toEqual([ingest!.publicKey.toHex()]);
  const { key } = await appealsAfter(play.archive, EPOCH + 1, { network, governanceKey, ingestKeys });
  expect(key.toHex()).toBe(hotspot);
  const none = await appealsAfter(play.archive, EPOCH + 1, { network, governanceKey, ingestKeys: [signer.publicKey] });
  expect(none.key.length).toBe(0);
  await expect(ingestsOfEpoch(play.archive, EPOCH + 9)).rejects.toMatchObject({ code: "ORC_MISSING_FILE" });
});

test("an honest run has none but those that follow from its logs, from the first epoch on", async () => {
  const audit = await auditRun(
    EPOCHS.map((epoch) => folderOf(epoch)),
    { governanceKey },
  );
  expect(audit.findings).toEqual([]);
  expect(audit.epochs.map(({ appeals }) => appeals)).toEqual(EPOCHS.map(() => "recomputed"));
  expect(readEpochInput(folderOf(EPOCH + 2)).appeals!.from_epoch.length).toBe(1);
});

test("an outcome that was left out, changed or made up is told with file and first row", async () => {
  const honest = readEpochInput(folderOf(EPOCH + 2)).appeals!;
  const without = allocateColumns(appealsTable, 0);
  const longer = { ...honest, until_epoch: honest.until_epoch.map((until) => until + 1) };
  const before = "than follows from the log of the epoch before";
  const both = [EPOCH + 1, EPOCH + 2];
  expect(await findings(both, await forged(EPOCH + 2, without))).toEqual([
    `epoch-${EPOCH + 2}/appeals.arrow: row 0: another number of rows ${before} (expected 1 rows, found 0)`,
  ]);
  expect(await findings(both, await forged(EPOCH + 2, longer))).toEqual([
    `epoch-${EPOCH + 2}/appeals.arrow: until_epoch: row 0: another value ${before} (expected ${EPOCH + 9}, found ${EPOCH + 10})`,
  ]);
  expect(await findings([EPOCH], await forgedFirst(honest))).toEqual([
    `epoch-${EPOCH}/appeals.arrow: row 0: another number of rows (expected 0 rows, found 1)`,
  ]);
});

async function forgedFirst(appeals: NonNullable<FolderInput["appeals"]>): Promise<string> {
  const root = folders.next();
  cpSync(folderOf(EPOCH), folderOf(EPOCH, root), { recursive: true });
  const input = readEpochInput(folderOf(EPOCH, root));
  await writeEpochInput(folderOf(EPOCH, root), { ...input, appeals });
  await scoreFolder(folderOf(EPOCH, root));
  return root;
}

test("without the governance key an epoch after one with appeals is not passed, and one after another one is", async () => {
  expect(await findings([EPOCH, EPOCH + 1], run, {})).toEqual([]);
  expect(await findings([EPOCH + 1, EPOCH + 2], run, {})).toEqual([
    expect.stringMatching(/^epoch-\d+\/appeals\.arrow: cannot be recomputed: .*--governance-key/),
  ]);
  const stranger = importKey(signerFromEd25519Seed(new Uint8Array(32).fill(78)).publicKey);
  expect(await findings([EPOCH + 1, EPOCH + 2], run, { governanceKey: stranger })).toEqual([
    expect.stringContaining("appeals.arrow: row 0: another number of rows"),
  ]);
});

test("of an epoch audited alone the one before is taken from beside it, or fetched and held against its hash", async () => {
  const options = (before: EpochBefore): RunAuditOptions => ({
    governanceKey,
    before: ({ folder, input }) => before.of(folder, input.header.epoch - 1),
  });
  const epoch = EPOCH + 2;
  const alone = folders.next();
  cpSync(folderOf(epoch), folderOf(epoch, alone), { recursive: true });
  {
    using nowhere = new EpochBefore(undefined);
    const { epochs } = await auditRun([folderOf(epoch, alone)], options(nowhere));
    expect(epochs[0]).toMatchObject({ appeals: "given", findings: [] });
    expect(await findings([epoch], run, options(nowhere))).toEqual([]);
  }
  using afar = new EpochBefore(url);
  const { epochs } = await auditRun([folderOf(epoch, alone)], options(afar));
  expect(epochs[0]).toMatchObject({ appeals: "recomputed", findings: [] });
  const fetched = (await afar.of(folderOf(epoch, alone), epoch - 1))!;
  expect([existsSync(join(fetched, "uploads")), existsSync(join(fetched, "verdicts.arrow"))]).toEqual([true, false]);
  const quiet = (await afar.of(folderOf(EPOCH, alone), EPOCH))!;
  expect(existsSync(join(quiet, "uploads"))).toBe(false);
  expect(await afar.of(folderOf(EPOCH, alone), EPOCH - 1)).toBeUndefined();
  const root = await forged(epoch, allocateColumns(appealsTable, 0));
  expect(await findings([epoch], root, options(afar))).toEqual([expect.stringContaining("appeals.arrow: row 0")]);
  const other = await findings([epoch], alone, { governanceKey, before: async () => folderOf(EPOCH) });
  expect(other).toEqual([expect.stringContaining("not the manifest that the audited epoch names")]);
});

test("the command takes the key in its text form", async () => {
  const audit = async (...args: readonly string[]) => {
    const flags = ["--url", url, "--epoch", String(EPOCH + 2), ...args];
    const spawned = Bun.spawn([process.execPath, main, "audit", ...flags], { stdout: "pipe", stderr: "pipe" });
    const said = await new Response(spawned.stdout).text();
    return { code: await spawned.exited, said, fault: await new Response(spawned.stderr).text() };
  };
  expect(await audit("--governance-key", keyToText(governance.publicKey))).toMatchObject({
    code: 0,
    said: expect.stringContaining("audit passed"),
  });
  expect(await audit()).toMatchObject({ code: 1, said: expect.stringContaining("--governance-key") });
  expect(await audit("--governance-key", "nonsense")).toMatchObject({ code: 2, said: "" });
});

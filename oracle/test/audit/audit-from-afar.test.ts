/** An epoch that oracles closed and made final on a local chain, audited by somebody who has nothing but their addresses. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NETWORK_NUMBERS, sha256, signReceipt, uploadId } from "@earshot/poc/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiPart } from "../../src/api/api-part.ts";
import { ArchivedEpochs } from "../../src/api/epoch-source.ts";
import { chainFindings } from "../../src/audit/audit-chain.ts";
import { auditFolder } from "../../src/audit/audit-folder.ts";
import { downloadEpoch } from "../../src/audit/download-epoch.ts";
import type { EmbeddedReportLog } from "../../src/log/embedded/embedded-report-log.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { handoverAfter } from "../../src/pipeline/handover.ts";
import { signSegmentList } from "../../src/pipeline/segment-list.ts";
import { takeOver } from "../../src/pipeline/take-over.ts";
import { closedEpoch } from "../../src/pipeline/work-table.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { tupleOf } from "../../src/settlement/settler.ts";
import {
  appendAll,
  ingest,
  logName,
  openLog,
  oracleSigner,
  putFacts,
  SmallPipeline,
} from "../pipeline/small-pipeline.ts";
import { type LocalNetwork, startLocalNetwork } from "../settlement/local-network.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { messageOf, TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("afar");
const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
const network = NETWORK_NUMBERS.local;
const epoch = smallEpoch();
const { closesMs } = epochSpan(EPOCH, parameters.time);
let chain: LocalNetwork;
let log: EmbeddedReportLog;
let pipeline: SmallPipeline;
let app: HttpApp;
let url: string;
let downloaded: string;

async function oracle(...args: readonly string[]) {
  const run = Bun.spawn([process.execPath, main, ...args], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
  return { code: await run.exited, stdout, stderr };
}

beforeAll(async () => {
  chain = await startLocalNetwork();
  pipeline = await SmallPipeline.open(folders.next());
  log = await openLog(pipeline.folder);
  await putFacts(pipeline.facts, epoch.input, { price: false });
  chain.warpTo(closesMs + 13_000);
  const [{ settlement }] = chain.oracles;
  await settlement.issue(BigInt(EPOCH));
  const { pool } = (await chain.oracles[0].epoch(EPOCH))!;
  await pipeline.facts.putClosing(EPOCH, { tokenPriceUsdE8: 1, budgetAtoms: String(pool) });
  await appendAll(log, epoch.records);
  await log.sealSegments(closesMs + 13_000);
  pipeline.wallMs = closesMs + 13_000;
  await pipeline.worker("only", [log]).run(EPOCH);
  const closed = (await closedEpoch(pipeline.store, EPOCH))!;
  const { length, head } = await log.tip();
  await settlement.openLog(ingest.publicKey);
  await settlement.recordLogHead(BigInt(length), head);
  for (const { settlement: own } of chain.oracles) await own.vote(BigInt(EPOCH), tupleOf(closed));
  chain.warpTo(closesMs + 13_000 + parameters.time.epochMs);
  expect((await settlement.finalize(BigInt(EPOCH))).state).toBe("done");
  app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  const source = new ArchivedEpochs(new EpochArchive(pipeline.artefacts), async () => [EPOCH]);
  await apiPart({ source, nowMs: () => closesMs }).routes?.(app);
  url = await app.listen({ host: "127.0.0.1", port: 0 });
  downloaded = folders.next();
  await downloadEpoch(url, EPOCH, join(downloaded, `epoch-${EPOCH}`));
});

afterAll(async () => {
  await app.close();
  await log.close();
  await pipeline.close();
  await chain.stop();
});

describe("oracle audit --url", () => {
  test("downloads the epoch, recomputes it and holds it against the chain", async () => {
    const { code, stdout, stderr } = await oracle(
      ...["audit", "--url", url, "--epoch", String(EPOCH)],
      ...["--rpc", chain.url, "--token", chain.addresses.tokenMint.toBase58()],
    );
    expect(stderr).toBe("");
    expect(stdout).toMatch(new RegExp(`^epoch ${EPOCH}: 106 uploads and 110 reports recomputed, all equal`));
    expect(code).toBe(0);
  });

  test("says what it lacks when neither a folder nor an epoch is named", async () => {
    expect(await oracle("audit", "--url", url)).toMatchObject({ code: 2, stdout: "" });
    expect((await oracle("audit", "--url", url, "--epoch", "1")).stderr).toMatch(/^ORC_DOWNLOAD_FAILED: .*HTTP 404/m);
  });
});

describe("an epoch held against the chain", () => {
  test("is found out in another root, another manifest, other rules, and a log whose heads are others", async () => {
    const audit = await auditFolder(join(downloaded, `epoch-${EPOCH}`));
    const [view] = chain.oracles;
    const [onChain, ingests, { logSeconds }] = [(await view.epoch(EPOCH))!, await view.ingests(), await view.state()];
    expect(await chainFindings(audit, { epoch: onChain, ingests, logSeconds })).toEqual([]);
    const other = new Uint8Array(32).fill(1);
    const changed = { ...onChain, rootHash: other, reportHash: other, parameterHash: other, rootTotal: 1n };
    const head = { ...ingests[0].heads[0], head: other };
    const [before, after] = [-1, 1].map((late) => {
      const interval = Math.floor(closesMs / 1000 / logSeconds) + late;
      return { ...head, interval: BigInt(interval) };
    });
    const findings = await chainFindings(audit, {
      epoch: changed,
      ingests: [
        { ...ingests[0], heads: [head] },
        { ...ingests[0], ingestKey: new Uint8Array(33).fill(2), heads: [before] },
        // Its log was opened when the epoch was closed.
        { ...ingests[0], ingestKey: new Uint8Array(33).fill(3), heads: [after] },
      ],
      logSeconds,
    });
    expect(findings.map(({ column, what }) => [column, what])).toEqual([
      ["", "not what is on chain"],
      ["root.hash", "not what is on chain"],
      ["root.totalAtoms", "not what is on chain"],
      ["", "not what is on chain"],
      [logName(ingest), `head of ${logName(ingest)} after 106 uploads is another one on chain`],
      ["02".repeat(33), "the log of an ingest that is on chain is left out"],
    ]);
    expect(await chainFindings(audit, { epoch: undefined, ingests, logSeconds })).toMatchObject([
      { what: "the epoch is not issued on chain" },
    ]);
  });
});

test("a list that counts more uploads than its segments hold is found out, and stops nothing", async () => {
  const folder = folders.copy(join(downloaded, `epoch-${EPOCH}`));
  const path = join(folder, "segments.json");
  const { list } = JSON.parse(readFileSync(path, "utf8"));
  list.logs[0].segments[0].uploads += 50;
  writeFileSync(path, signSegmentList(list, oracleSigner!));
  const audit = await auditFolder(folder);
  const [view] = chain.oracles;
  const [onChain, ingests, { logSeconds }] = [(await view.epoch(EPOCH))!, await view.ingests(), await view.state()];
  const heads = [{ ...ingests[0].heads[0], length: list.logs[0].segments[0].uploads - 1 }];
  const findings = await chainFindings(audit, { epoch: onChain, ingests: [{ ...ingests[0], heads }], logSeconds });
  expect(findings).toMatchObject([
    { file: path, what: expect.stringMatching(/holds \d+ uploads, segments\.json says/) },
  ]);
});

describe("an oracle that was not there", () => {
  const facts = async () => {
    const [view] = chain.oracles;
    return {
      epoch: await view.epoch(EPOCH),
      ingests: await view.ingests(),
      logSeconds: (await view.state()).logSeconds,
    };
  };
  const optionsOf = ({ store, artefacts }: SmallPipeline) => ({
    store,
    archive: new EpochArchive(artefacts),
    lease: { store, holder: "late", ttlMs: 5000 },
  });

  test("takes a final epoch over and goes on from it, once", async () => {
    const late = await SmallPipeline.open(folders.next());
    const folder = join(downloaded, `epoch-${EPOCH}`);
    const taken = await takeOver(folder, await facts(), optionsOf(late));
    expect(await closedEpoch(late.store, EPOCH)).toEqual(await closedEpoch(pipeline.store, EPOCH));
    const [here, there] = [late, pipeline].map(({ artefacts }) => new EpochArchive(artefacts));
    expect(await here.files(EPOCH)).toEqual(await there.files(EPOCH));
    const next = await handoverAfter(here, taken, parameters);
    expect(next).toEqual(await handoverAfter(there, taken, parameters));
    expect(await messageOf(async () => takeOver(folder, await facts(), optionsOf(late)))).toContain(
      `ORC_BAD_OPTION: epoch ${EPOCH + 1} comes next here, not ${EPOCH}`,
    );
    await late.close();
  });

  test("takes none that is not final, nor one whose root is another on chain, nor one that was changed", async () => {
    const late = await SmallPipeline.open(folders.next());
    const folder = join(downloaded, `epoch-${EPOCH}`);
    const { epoch: onChain, ...rest } = await facts();
    const open = { ...onChain!, isFinal: false };
    expect(await messageOf(() => takeOver(folder, { epoch: open, ...rest }, optionsOf(late)))).toContain(
      `ORC_NOT_PROVEN: epoch ${EPOCH} is not final on chain`,
    );
    const other = { ...onChain!, rootHash: new Uint8Array(32).fill(1) };
    expect(await messageOf(() => takeOver(folder, { epoch: other, ...rest }, optionsOf(late)))).toContain("root.hash");
    const changed = folders.copy(folder);
    writeFileSync(join(changed, "rewards.arrow"), new Uint8Array(100));
    expect(await messageOf(async () => takeOver(changed, await facts(), optionsOf(late)))).toContain("ORC_NOT_PROVEN");
    expect(await closedEpoch(late.store, EPOCH)).toBeUndefined();
    await late.close();
  });
});

describe("oracle verify-report", () => {
  test("names segment, row and verdict of a report, and proves that another upload is not there", async () => {
    const id = Buffer.from(uploadId(epoch.records[0].bytes)).toString("hex");
    const found = await oracle("verify-report", id, "--dir", downloaded, "--epoch", String(EPOCH), "--json");
    expect(found).toMatchObject({ code: 0, stderr: "" });
    const [search] = JSON.parse(found.stdout).searches;
    expect(search.records).toEqual([
      { segment: `${logName(ingest)}/000000.seg`, record: 0, receiveMs: epoch.records[0].receiveMs },
    ]);
    expect(search.reports).toEqual([
      { index: 0, kind: "beacon", logIndex: 0, verdict: { reason: "valid", measured: 0, limit: 0, isPaid: true } },
    ]);
    const missing = await oracle("verify-report", "ab".repeat(32), "--dir", downloaded, "--epoch", String(EPOCH));
    expect(missing.code).toBe(1);
    expect(missing.stdout).toContain("is not in the epoch's log");
  });

  test("finds that a manifest is none, whatever its bytes are", async () => {
    const run = folders.next();
    const folder = join(run, `epoch-${EPOCH}`);
    cpSync(join(downloaded, `epoch-${EPOCH}`), folder, { recursive: true });
    writeFileSync(join(folder, "manifest.json"), '{"tables":{"witnesses":7}}');
    const search = await oracle("verify-report", "ab".repeat(32), "--dir", run, "--epoch", String(EPOCH));
    expect(search).toMatchObject({ code: 1, stderr: "" });
    expect(search.stdout).toContain("manifest.json: no manifest");
  });
});

describe("oracle verify-receipt", () => {
  test("proves that an ingest kept its word, and that it broke it", async () => {
    const place = (await log.find(uploadId(epoch.records[7].bytes)))!;
    const verify = async (receipt: Uint8Array) => {
      const file = join(folders.root, "receipt");
      writeFileSync(file, Buffer.from(receipt).toString("base64"));
      return oracle("verify-receipt", file, "--dir", downloaded, "--epoch", String(EPOCH));
    };
    const kept = await verify(signReceipt(network, place, ingest));
    expect(kept).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^kept: /) });
    const broken = await verify(signReceipt(network, { ...place, uploadId: sha256(place.uploadId) }, ingest));
    expect(broken).toMatchObject({ code: 1, stdout: expect.stringMatching(/^BROKEN \(another_upload\): /) });
    const beyond = await verify(signReceipt(network, { ...place, logIndex: 10_000 }, ingest));
    expect(beyond).toMatchObject({ code: 0, stdout: expect.stringMatching(/^open: /) });
    const forged = signReceipt(network, place, ingest);
    forged[100] ^= 1;
    expect(await verify(forged)).toMatchObject({ code: 1, stdout: expect.stringContaining("bad_signature") });
  });
});

describe("a server that lies", () => {
  test("is refused by name: paths out of the folder, other bytes than the list says, no list", async () => {
    const answers = new Map<string, unknown>();
    const server = Bun.serve({
      port: 0,
      fetch: ({ url: asked }) => {
        const answer = answers.get(new URL(asked).pathname);
        if (answer instanceof ReadableStream) return new Response(answer);
        return answer === undefined ? new Response("", { status: 500 }) : new Response(JSON.stringify(answer));
      },
    });
    const base = `http://127.0.0.1:${server.port}`;
    const file = (name: string) => ({ name, sha256: "0".repeat(64) });
    const download = () => messageOf(() => downloadEpoch(base, 1, folders.next()));
    expect(await download()).toContain("HTTP 500");
    for (const name of ["../../evil", "/etc/passwd", "a/../b", ""]) {
      answers.set("/v1/epochs/1/files", { files: [file(name)] });
      expect(await download()).toContain("which is no file of an epoch");
    }
    answers.set("/v1/epochs/1/files", { files: [file("epoch.json")] });
    expect(await download()).toContain("a list without manifest.json");
    answers.set("/v1/epochs/1/files", { files: [file("manifest.json")] });
    answers.set("/v1/epochs/1/files/manifest.json", {});
    expect(await download()).toMatch(/^ORC_DOWNLOAD_FAILED: .*manifest\.json: SHA-256 44136fa355b3678a…/);
    answers.set("/v1/epochs/1/files", "no list");
    expect(await download()).toContain("no list of files");
    let left = 64;
    const endless = new ReadableStream({
      pull: (stream) => (left-- > 0 ? stream.enqueue(new Uint8Array(1 << 20).fill(32)) : stream.close()),
    });
    answers.set("/v1/epochs/1/files", endless);
    expect(await download()).toContain("an answer of more than 4194304 bytes");
    await server.stop(true);
  });
});

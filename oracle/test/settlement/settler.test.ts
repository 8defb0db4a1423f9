import { NETWORK_NUMBERS, sha256, signerFromEd25519Seed, signReceipt } from "@earshot/poc/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbeddedReportLog } from "../../src/log/embedded/embedded-report-log.ts";
import { appealsAfter } from "../../src/notices/notices-of-epoch.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { closedEpoch } from "../../src/pipeline/work-table.ts";
import { keepEvidence } from "../../src/settlement/evidence-table.ts";
import { LogCopy } from "../../src/settlement/log-copy.ts";
import { ClosingRecorder } from "../../src/settlement/record-closings.ts";
import { Settler, type SettlerEvent, tupleOf } from "../../src/settlement/settler.ts";
import { appendAll, openLog, putFacts, SmallPipeline } from "../pipeline/small-pipeline.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { type LocalNetwork, startLocalNetwork } from "./local-network.ts";

const folders = new TemporaryFolders("settler");
const network = NETWORK_NUMBERS.local;
const ingests = [7, 9].map((byte) => signerFromEd25519Seed(new Uint8Array(32).fill(byte)));
const epochs = [smallEpoch()];
for (let i = 0; i < 2; i++) epochs.push(smallEpoch({ after: epochs[i] }));

/** One oracle: its own stores, its copies of both logs, its settler; the third one takes no uploads. */
interface Oracle {
  readonly pipeline: SmallPipeline;
  readonly settler: Settler;
  readonly worker: ReturnType<SmallPipeline["worker"]>;
  readonly events: SettlerEvent[];
}

let chain: LocalNetwork;
let logs: EmbeddedReportLog[];
let oracles: Oracle[];

async function openOracle(index: number): Promise<Oracle> {
  const pipeline = await SmallPipeline.open(folders.next());
  const readers = pipeline.readers(logs);
  const events: SettlerEvent[] = [];
  const settler = new Settler({
    chain: chain.oracles[index],
    store: pipeline.store,
    artefacts: pipeline.artefacts,
    closings: new ClosingRecorder({
      chain: chain.oracles[index],
      facts: pipeline.facts,
      store: pipeline.store,
      plan: { firstEpoch: EPOCH },
      appealsAfter: (closed) =>
        appealsAfter(new EpochArchive(pipeline.artefacts), closed, {
          network,
          ingestKeys: ingests.map(({ publicKey }) => publicKey),
          governanceKey: undefined,
        }),
    }),
    copies: ingests.map(({ publicKey }, at) => new LogCopy(readers[at], network, publicKey)),
    own: ingests[index] && { ingestKey: ingests[index].publicKey, tip: () => logs[index].tip(), lateMs: 0 },
    network,
    time: parameters.time,
    onEvent: (event) => events.push(event),
  });
  for (const { input } of epochs) await putFacts(pipeline.facts, input, { price: false });
  return { pipeline, settler, worker: pipeline.worker("only", logs), events };
}

/** Each epoch is settled two intervals of log heads later after its end than the one before, so that its heads are new ones. */
function settledAfterMs(at: number): number {
  return 13_000 + 20_000 * at;
}

/** Lets the time of an epoch pass: its uploads come to both ingests, its grace time ends. */
async function play(at: number): Promise<void> {
  const { closesMs } = epochSpan(EPOCH + at, parameters.time);
  const fresh = epochs[at].records.filter((record) => !epochs[at - 1]?.records.includes(record));
  // Every third upload is taken by the second ingest, and every sixth by both: it failed over too early.
  await appendAll(
    logs[0],
    fresh.filter((_, index) => index % 3 !== 0),
  );
  const late = fresh.filter((_, index) => index % 6 < 2 || index % 3 === 0);
  await appendAll(
    logs[1],
    late.map((record, index) => (index % 2 === 0 ? record : { ...record, receiveMs: record.receiveMs + 40 })),
  );
  const nowMs = closesMs + settledAfterMs(at);
  for (const log of logs) await log.sealSegments(nowMs);
  for (const { pipeline } of oracles) pipeline.wallMs = nowMs;
  chain.warpTo(nowMs);
}

async function settleAll(which: readonly Oracle[] = oracles): Promise<void> {
  for (const { settler } of which) await settler.step();
}

async function closeAll(epoch: number): Promise<void> {
  for (const { worker } of oracles) await worker.run(epoch);
}

function passVeto(at: number): void {
  chain.warpTo(epochSpan(EPOCH + at, parameters.time).closesMs + settledAfterMs(at) + parameters.time.epochMs);
}

beforeAll(async () => {
  chain = await startLocalNetwork();
  const folder = folders.next();
  logs = await Promise.all(ingests.map((ingest) => openLog(folder, ingest)));
  oracles = await Promise.all([0, 1, 2].map(openOracle));
});

afterAll(async () => {
  for (const { pipeline } of oracles) await pipeline.close();
  for (const log of logs) await log.close();
  await chain.stop();
});

describe("three oracles over two ingests", () => {
  test("compute one root from the union of both logs, vote for it once each, and make it final after the window", async () => {
    await play(0);
    await settleAll();
    await closeAll(EPOCH);
    // Heads of the interval in which the epochs closed are on chain before anybody votes.
    await settleAll();
    await settleAll();
    const [first, ...others] = await Promise.all(oracles.map(({ pipeline }) => closedEpoch(pipeline.store, EPOCH)));
    for (const other of others) expect(other).toEqual(first);
    for (const { events } of oracles) {
      expect(events.filter((event) => event.kind === "voted")).toEqual([{ kind: "voted", epoch: EPOCH }]);
    }
    expect(await chain.oracles[0].epoch(EPOCH)).toMatchObject({ isFinal: false });
    passVeto(0);
    await settleAll();
    const onChain = await chain.oracles[0].epoch(EPOCH);
    expect(onChain).toMatchObject({ isFinal: true, rootTotal: first!.totalAtoms });
    expect(Buffer.compare(onChain!.rootHash, first!.rootHash)).toBe(0);
    expect(Buffer.compare(onChain!.reportHash, first!.manifestSha256)).toBe(0);
    // One of them made it final; all of them know.
    await settleAll();
    expect(oracles.filter(({ events }) => events.some(({ kind }) => kind === "final"))).toHaveLength(1);
    for (const { events } of oracles) {
      expect(events.findLast(({ kind }) => kind === "final_through")).toEqual({ kind: "final_through", epoch: EPOCH });
    }
  });

  test("open another attempt after one of them voted for another root, and finish when it votes for the right one", async () => {
    await play(1);
    await settleAll();
    await closeAll(EPOCH + 1);
    const closed = (await closedEpoch(oracles[2].pipeline.store, EPOCH + 1))!;
    const wrong = { ...tupleOf(closed), total: closed.totalAtoms - 1n };
    expect((await chain.oracles[2].settlement.vote(BigInt(EPOCH + 1), wrong)).state).toBe("done");
    await settleAll();
    // All three must agree, so the first attempt is lost and whoever comes next opens the second.
    await settleAll();
    await settleAll();
    expect(oracles.flatMap(({ events }) => events).filter(({ kind }) => kind === "retried")).toHaveLength(1);
    passVeto(1);
    await settleAll();
    expect(await chain.oracles[0].epoch(EPOCH + 1)).toMatchObject({ isFinal: true, rootTotal: closed.totalAtoms });
  });

  test("do not vote while a receipt that was shown to them is missing from the log, say why, and publish the proof", async () => {
    await play(2);
    await settleAll();
    await closeAll(EPOCH + 2);
    const logIndex = (await logs[1].tip()).length - 1;
    const dropped = (await logs[1].get(logIndex))!;
    // The second ingest acknowledged an upload at this place, and logged another one there.
    const receipt = signReceipt(
      network,
      {
        uploadId: sha256(new TextEncoder().encode("dropped")),
        logIndex,
        receiveMs: dropped.receiveMs,
        previousHead: dropped.previousHead,
      },
      ingests[1],
    );
    for (const { pipeline } of oracles) await keepEvidence(pipeline.store, "receipt", receipt);
    for (const { events } of oracles) events.length = 0;
    await settleAll();
    await settleAll();
    const ingest = Buffer.from(ingests[1].publicKey).toString("hex");
    const statement = Buffer.from(receipt).toString("hex");
    for (const { events, pipeline } of oracles) {
      expect(events.map(({ kind }) => kind)).not.toContain("voted");
      expect(events.at(-1)).toMatchObject({
        kind: "does_not_vote",
        epoch: EPOCH + 2,
        objections: [
          { kind: "broken_word", proof: { kind: "receipt", why: "another_upload", ingest, statement, logIndex } },
        ],
      });
      const [name] = await pipeline.artefacts.names(`proof/${ingest}/`);
      const proof = await pipeline.artefacts.get((await pipeline.artefacts.resolve(name))!);
      expect(JSON.parse(new TextDecoder().decode(proof))).toMatchObject({ statement, logIndex });
    }
    passVeto(2);
    await settleAll();
    expect(await chain.oracles[0].epoch(EPOCH + 2)).toMatchObject({ isFinal: false });
  });
});

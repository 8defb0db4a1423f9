/** What the API tells of a chain: a local one, with votes, a proposal, a route's account and claims; and what it says while none answers. */
import { base58Text, keyToText, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { lockTokens, Programs, proposeInstructions, send } from "@earshot/programs-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agreedConnection } from "../../src/chain/agreed-connection.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { closedEpoch } from "../../src/pipeline/work-table.ts";
import { SYSTEM_CLOCK } from "../../src/service/clock.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { NetworkClock } from "../../src/service/network-clock.ts";
import { Telemetry } from "../../src/service/telemetry.ts";
import { RouterView } from "../../src/settlement/burn-chain.ts";
import { chainPart } from "../../src/settlement/chain-part.ts";
import { tupleOf } from "../../src/settlement/settler.ts";
import { type PayingNetwork, payerWallet, startPayingNetwork } from "../billing/paying-network.ts";
import { FaultyEndpoint, hanging, lying } from "../chain/faulty-endpoint.ts";
import { ManualClock } from "../service/manual-clock.ts";
import { until } from "../service/until.ts";
import { EPOCH, EPOCH_MS, parameters } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const ATOMS = 100_000_000n;
const folders = new TemporaryFolders("chain-routes");
let paying: PayingNetwork;
let app: HttpApp;
/** Moved on before each request, so that nothing of the one before is fresh. */
let clock: ManualClock;

beforeAll(async () => {
  paying = await startPayingNetwork(folders.next(), 1);
  await paying.fund(1_000n);
  clock = new ManualClock(epochSpan(EPOCH + 1, parameters.time).startMs);
  app = await serve([paying.chain.url], clock);
}, 120_000);
afterAll(async () => {
  await app.close();
  await paying.stop();
});

function partOf(urls: readonly string[], own: ManualClock | typeof SYSTEM_CLOCK, telemetry = new Telemetry()) {
  const config = readConfig({ file: undefined, environment: {}, flags: [`chain.rpc=${JSON.stringify(urls)}`] });
  const { store, artefacts } = paying.pipeline;
  const { tokenMint, dcMint } = paying.chain.addresses;
  const networkClock = new NetworkClock(own, SILENT_LOG);
  return chainPart(
    { config, store, artefacts, clock: own, networkClock, log: SILENT_LOG, telemetry },
    { tokenMint: tokenMint.toBytes(), dcMint: dcMint.toBytes() },
  );
}

async function serve(urls: readonly string[], own: ManualClock | typeof SYSTEM_CLOCK): Promise<HttpApp> {
  const served = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  await partOf(urls, own).routes?.(served);
  await served.ready();
  return served;
}

async function ask(url: string) {
  clock.advance(10_000);
  const answer = await app.inject({ method: "GET", url });
  return { status: answer.statusCode, json: answer.json(), headers: answer.headers };
}

describe("epochs on chain", () => {
  const epochs = async () => (await ask("/v1/chain/epochs")).json;

  test("are those that were issued, with no vote and no root before there is one", async () => {
    expect(await epochs()).toMatchObject({ nextEpoch: EPOCH, nextFinal: EPOCH, threshold: 3, epochs: [] });
    expect((await paying.chain.oracles[0]!.settlement.issue(BigInt(EPOCH))).state).toBe("done");
    const { nextEpoch, oracles, epochs: issued } = await epochs();
    expect([nextEpoch, oracles.length]).toEqual([EPOCH + 1, 3]);
    expect(issued).toMatchObject([
      { epoch: EPOCH, isFinal: false, rootHash: "0".repeat(64), rootTotalAtoms: "0", votes: [], vetoEndsMs: null },
    ]);
    expect(BigInt(issued[0].issuedAtoms)).toBeGreaterThan(0n);
    expect((await ask(`/v1/chain/epochs?to=${EPOCH - 1}`)).json.epochs).toEqual([]);
  });

  test("show each vote with its root where it is known, the approved root until when it can be vetoed, then the final one", async () => {
    const { chain, pipeline } = paying;
    const tuple = tupleOf((await closedEpoch(pipeline.store, EPOCH))!);
    const vote = (oracle: number, total = tuple.total) =>
      chain.oracles[oracle]!.settlement.vote(BigInt(EPOCH), { ...tuple, total });
    await vote(0);
    await vote(1, tuple.total - 1n);
    const [open] = (await epochs()).epochs;
    const ours = { rootHash: Buffer.from(tuple.rootHash).toString("hex"), totalAtoms: tuple.total.toString() };
    const byOracle = new Map<string, { rootHash: string | null; totalAtoms: string | null }>(
      open.votes.map(({ oracle, rootHash, totalAtoms }: never) => [oracle, { rootHash, totalAtoms }]),
    );
    const [first, second] = chain.wallets.map(({ publicKey }) => publicKey.toBase58());
    expect(byOracle.get(first!)).toEqual(ours);
    expect(byOracle.get(second!)).toEqual({ rootHash: null, totalAtoms: null });
    // Two of three cannot agree any more: the next attempt.
    await chain.oracles[0]!.settlement.retry(BigInt(EPOCH));
    for (const oracle of [0, 1, 2]) await vote(oracle);
    const [approved] = (await epochs()).epochs;
    expect(approved).toMatchObject({ isFinal: false, rootHash: ours.rootHash, rootTotalAtoms: ours.totalAtoms });
    expect(approved.votes).toHaveLength(3);
    expect(approved.vetoEndsMs).toBeGreaterThan(EPOCH * EPOCH_MS);
    chain.warpTo(approved.vetoEndsMs + 1000);
    expect((await chain.oracles[0]!.settlement.finalize(BigInt(EPOCH))).state).toBe("done");
    const { nextFinal, epochs: done } = await epochs();
    expect(nextFinal).toBe(EPOCH + 1);
    expect(done).toMatchObject([{ isFinal: true, rootHash: ours.rootHash, vetoEndsMs: null }]);
  });
});

test("a wallet can claim what the last final epoch owes it, as long as it has claimed nothing", async () => {
  const owner = base58Text(paying.epochs[0]!.input.hotspots.owner.slice(0, 32));
  const { json } = await ask(`/v1/chain/wallets/${owner}`);
  expect(json).toMatchObject({ wallet: owner, claimedAtoms: "0", lastEpoch: null, finalEpoch: EPOCH });
  expect(BigInt(json.claimableAtoms)).toBeGreaterThan(0n);
  expect(json.claimableAtoms).toBe(json.earnedAtoms);
  const stranger = (await ask(`/v1/chain/wallets/${base58Text(new Uint8Array(32).fill(3))}`)).json;
  expect(stranger).toMatchObject({ earnedAtoms: "0", claimableAtoms: "0" });
  expect((await ask("/v1/chain/wallets/nobody")).status).toBe(400);
});

test("a route has left what was put in less what was burnt; a key without an account has nothing", async () => {
  const { json } = await ask(`/v1/chain/routers/${paying.routeKey}`);
  expect(json).toEqual({ isOpen: true, balanceCredits: "1000", fundedCredits: "1000", burntCredits: "0" });
  const stranger = keyToText(signerFromEd25519Seed(new Uint8Array(32).fill(99)).publicKey);
  const none = { isOpen: false, balanceCredits: "0", fundedCredits: "0", burntCredits: "0" };
  expect((await ask(`/v1/chain/routers/${stranger}`)).json).toEqual(none);
  expect((await ask("/v1/chain/routers/nobody")).status).toBe(400);
});

test("a proposal has its votes, its quorum, and when the vote ends", async () => {
  expect((await ask("/v1/chain/proposals")).json).toEqual({ proposals: [] });
  const { chain } = paying;
  const { programs } = chain.as();
  const owner = payerWallet.publicKey;
  // As long as a lock can be: it weighs what it holds.
  const seconds = (4 * 365 * EPOCH_MS) / 1000;
  const lock = { owner, id: 0n, amountAtoms: 200n * ATOMS, lock: { constant: { seconds } } };
  await send(chain.as(payerWallet), [await lockTokens(programs, chain.addresses, lock)]);
  // A position counts from the next epoch on.
  chain.warpTo(epochSpan(EPOCH + 6, parameters.time).startMs);
  const proposal = { id: 0n, owner, positionId: 0n, instructions: [], description: "nothing" };
  await send(chain.as(payerWallet), [await proposeInstructions(programs, chain.addresses, proposal)]);
  const { proposals } = (await ask("/v1/chain/proposals")).json;
  expect(proposals).toMatchObject([
    { number: 0, state: "voting", yesAtoms: "0", passBps: 6667, etaMs: 0, executeByMs: 0 },
  ]);
  expect(proposals[0].endMs).toBeGreaterThan(epochSpan(EPOCH + 6, parameters.time).startMs);
  expect(proposals[0]).toMatchObject({ waitsFor: "votes", isLingering: false });
});

test("a proposal that everybody forgot is told of for as long as it can still come into force", async () => {
  const telemetry = new Telemetry();
  const later = new ManualClock(epochSpan(EPOCH + 1000, parameters.time).startMs);
  const part = partOf([paying.chain.url], later, telemetry);
  const stop = new AbortController();
  const running = part.run!(stop.signal);
  const told = async () => {
    const { text } = await telemetry.scrape();
    return text.includes("oracle_proposals_lingering 1") ? true : undefined;
  };
  await until(told, 20_000, () => "no proposal lingers");
  stop.abort();
  await running;
  const served = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  await part.routes?.(served);
  const answer = await served.inject({ method: "GET", url: "/v1/chain/proposals" });
  expect(answer.json().proposals).toMatchObject([{ number: 0, state: "voting", waitsFor: "count", isLingering: true }]);
  await served.close();
});

test("all of it, and what billing reads, is what two endpoints say while a third one lies or hangs", async () => {
  const endpoints = [0, 1, 2].map(() => new FaultyEndpoint(paying.chain.url)) as [FaultyEndpoint, ...FaultyEndpoint[]];
  const owner = payerWallet.publicKey.toBase58();
  const paths = ["epochs", "proposals", `routers/${paying.routeKey}`, `wallets/${owner}`];
  const honest = await serve([paying.chain.url], SYSTEM_CLOCK);
  const routersAt = (urls: readonly string[], count: number) => {
    const connection = agreedConnection({ urls, quorum: { count }, timeoutMs: 2000, maxAnswerBytes: 1_000_000 });
    const reader = { connection, programs: new Programs(connection) };
    return new RouterView(reader, paying.chain.addresses).routers();
  };
  const routers = await routersAt([paying.chain.url], 1);
  expect(routers).toHaveLength(1);
  for (const fault of [lying(1_000_000_000), hanging]) {
    endpoints[0].fault = fault;
    const urls = endpoints.map(({ url }) => url);
    const served = await serve(urls, SYSTEM_CLOCK);
    for (const path of paths) {
      const [one, other] = await Promise.all(
        [honest, served].map((app) => app.inject({ method: "GET", url: `/v1/chain/${path}` })),
      );
      expect(one!.statusCode).toBe(200);
      // Each says when it was asked.
      expect({ ...other!.json(), nowMs: 0 }).toEqual({ ...one!.json(), nowMs: 0 });
    }
    expect(await routersAt(urls, 2)).toEqual(routers);
    await served.close();
  }
  await honest.close();
  for (const endpoint of endpoints) endpoint.stop();
}, 60_000);

test("while no endpoint answers it says so at once, and when to ask again", async () => {
  const dark = await serve(["http://127.0.0.1:1"], SYSTEM_CLOCK);
  for (const path of [
    "epochs",
    "proposals",
    `routers/${paying.routeKey}`,
    `wallets/${base58Text(new Uint8Array(32))}`,
  ]) {
    for (let twice = 0; twice < 2; twice++) {
      const answer = await dark.inject({ method: "GET", url: `/v1/chain/${path}` });
      expect([answer.statusCode, answer.json().code, answer.headers["retry-after"]]).toEqual([
        503,
        "chain_unavailable",
        "5",
      ]);
    }
  }
  await dark.close();
});

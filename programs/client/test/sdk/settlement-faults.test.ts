/**
 * Settlement over a network that loses, repeats and delays: whatever happens to requests and answers, everything happens once.
 *
 * Each oracle and the crank run twice at the same time, over connections of their own, as a process and its successor would.
 */
import { createPrivateKey, sign } from "node:crypto";
import { Connection, type Keypair, type PublicKey, SystemProgram } from "@solana/web3.js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClientError } from "../../src/errors.ts";
import { routerOf } from "../../src/sdk/addresses.ts";
import { provenRoot } from "../../src/sdk/claim-proof.ts";
import { mintDataCredits, openEpochRecord, submitPrice, tokenAccountOf } from "../../src/sdk/data-credits.ts";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import { fundRouter, type RouterBill, registerRouter, routerMessage } from "../../src/sdk/routers.ts";
import { type Sender, send } from "../../src/sdk/send.ts";
import type { Act, BatchAct } from "../../src/sdk/settle-once.ts";
import { Settlement } from "../../src/sdk/settlement.ts";
import { START_MS } from "../localnet/running-chain.ts";
import { type Faults, type FaultyFetch, faultyFetch } from "./faulty-fetch.ts";
import { admin, EPOCH, key, type LiveNetwork, oracles, owner, PARAMETER_HASH, startNetwork } from "./live-network.ts";

const SOAK = Number(process.env.EARSHOT_SOAK ?? 1);
const ROUTERS = [61, 62, 63].map(key);
const DATA_CREDITS = 1_000_000n;
/** What a process does about an answer it did not get: it asks again. */
const MAX_ASKS = 60;

let live: LiveNetwork;
let epoch = EPOCH;
let nonce = 0n;
let cumulative = 0n;

const routeKey = (router: Keypair) => Uint8Array.from([0xed, ...router.publicKey.toBytes()]);

beforeAll(async () => {
  live = await startNetwork();
  const { network, programs, as } = live;
  const payer = owner.publicKey;
  await send(as(owner), [await openEpochRecord(programs, network, payer, EPOCH)]);
  for (const oracle of oracles.slice(0, 3))
    await send(as(oracle), [
      await submitPrice(programs, network, { oracle: oracle.publicKey, epoch: EPOCH, priceE8: 50_000_000n }),
    ]);
  const dataCredits = DATA_CREDITS * BigInt(ROUTERS.length);
  const mint = { payer, recipient: payer, epoch: EPOCH, dataCredits, mostAtoms: 900n * ATOMS };
  await send(as(owner), await mintDataCredits(programs, network, mint));
  for (const router of ROUTERS) {
    const signature = ed25519(router, routerMessage(network, payer, 0));
    const args = { routeKey: routeKey(router), signature, authority: payer, payer, oui: 0 };
    await send(as(owner), await registerRouter(programs, network, args));
    await send(as(owner), [
      await fundRouter(programs, network, { routeKey: routeKey(router), payer, dataCredits: DATA_CREDITS }),
    ]);
  }
  live.warpDay();
});

afterAll(async () => {
  await live.running.stop();
});

/** Two processes of a wallet, each behind faults of its own. */
function processesOf(wallet: Keypair, faults: Faults, lines: FaultyFetch[]): readonly Settlement[] {
  return [0, 1].map((number) => {
    const line = faultyFetch({ ...faults, seed: faults.seed + wallet.publicKey.toBytes()[0]! + 1000 * number });
    lines.push(line);
    return new Settlement(live.as(wallet, lossyConnection(line)), live.network);
  });
}

function lossyConnection(line: FaultyFetch): Connection {
  return new Connection(live.running.server.url, { commitment: "confirmed", fetch: line.fetch });
}

/** Asks until there is an answer that is not "come back later". Anything but a retryable error is a failure of the test. */
async function until<T>(ask: () => Promise<T>, isDone: (answer: T) => boolean): Promise<T> {
  for (let asks = 1; ; asks++) {
    const answer = await ask().catch((error: ClientError) => {
      if (error.retryable !== true || asks === MAX_ASKS) throw error;
      return null;
    });
    if (answer !== null && isDone(answer)) return answer;
    if (asks === MAX_ASKS) throw new Error(`still ${JSON.stringify(answer)} after ${asks} times`);
    await Bun.sleep(5);
  }
}

const settled = ({ state }: Act | BatchAct) => state === "done" || state === "already";
const both = (settlements: readonly Settlement[], act: (settlement: Settlement) => Promise<Act>) =>
  Promise.all(settlements.map((settlement) => until(() => act(settlement), settled)));
const allSettled = (acts: readonly BatchAct[]) => acts.every(settled);

const calm: Faults = { seed: 1, lostRequests: 0, lostAnswers: 0, duplicates: 0, errorPages: 0, lagging: 0 };
const share = (most: number) => fc.integer({ min: 2, max: most });
const faultsOf = fc.record({
  seed: fc.nat(),
  lostRequests: share(15),
  lostAnswers: share(15),
  duplicates: share(15),
  errorPages: share(6),
  lagging: share(30),
});

test("issues, votes, finalises, pays and burns exactly once", async () => {
  const met = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(faultsOf, async (faults) => {
      const { network, programs, warpDay } = live;
      const lines: FaultyFetch[] = [];
      const processes = new Map(oracles.map((oracle) => [oracle, processesOf(oracle, faults, lines)]));
      const [first, second, third, fourth] = [...processes.values()] as [
        readonly Settlement[],
        ...(readonly Settlement[])[],
      ];
      const crank = processesOf(admin, faults, lines);
      const issuedBefore = (await programs.account("rewards", "distributor", network.distributor))!.issued;

      await Promise.all([both(first, (one) => one.issue(epoch)), both(second!, (one) => one.issue(epoch))]);
      const distributor = (await programs.account("rewards", "distributor", network.distributor))!;
      const pool = distributor.issued - issuedBefore;
      expect(distributor.nextEpoch).toBe(epoch + 1n);

      cumulative += pool;
      const leaf = { distributor: network.distributor.toBytes(), beneficiary: owner.publicKey.toBytes(), cumulative };
      const proof = { leftSiblings: 0, steps: [] };
      const root = provenRoot(leaf, proof)!;
      const parameterHash = PARAMETER_HASH;
      const tuple = { rootHash: root.hash, total: root.sum, leafCount: 1, reportHash: root.hash, parameterHash };
      await Promise.all([first, second!, third!, fourth!].map((pair) => both(pair, (one) => one.vote(epoch, tuple))));
      await both(first, (one) => one.openLog(Uint8Array.from([0xed, ...oracles[0]!.publicKey.toBytes()])));
      await both(first, (one) => one.recordLogHead(epoch, root.hash));

      // The crank burns while the veto window runs; two bills of each router.
      const bills: RouterBill[] = ROUTERS.flatMap((router) =>
        [1n, 2n].map((number) => ({
          routeKey: routeKey(router),
          nonce: nonce + number,
          epoch,
          amount: 10n * number,
          reportHash: root.hash,
        })),
      );
      nonce += 2n;
      await Promise.all(crank.map((one) => until(() => one.burn(bills), allSettled)));

      warpDay();
      await both(first, (one) => one.finalize(epoch));
      const before = await tokensOf(owner.publicKey);
      const claims = [{ beneficiary: owner.publicKey, cumulative, proof }];
      await Promise.all(crank.map((one) => until(() => one.claimAll(claims), allSettled)));
      expect((await tokensOf(owner.publicKey)) - before).toBe(pool);

      for (const router of ROUTERS) {
        const address = routerOf(network.dcConfig, routeKey(router));
        const stored = await programs.account("dataCredits", "router", address);
        expect(stored).toMatchObject({ lastNonce: nonce, burned: 15n * nonce });
      }
      const after = (await programs.account("rewards", "distributor", network.distributor))!;
      expect(after).toMatchObject({ claimed: cumulative, finalTotal: cumulative, nextFinal: epoch + 1n });
      for (const [kind, count] of lines.flatMap((line) => Object.entries(line.counts)))
        met.set(kind, (met.get(kind) ?? 0) + count);
      epoch += 1n;
    }),
    { numRuns: 2 * SOAK, endOnFailure: true },
  );
  // What this is about did happen.
  for (const kind of Object.keys(calm)) if (kind !== "seed") expect(met.get(kind), kind).toBeGreaterThan(0);
});

describe("a transaction", () => {
  const transfer = () => [
    SystemProgram.transfer({ fromPubkey: admin.publicKey, toPubkey: key(77).publicKey, lamports: 1_000_000 }),
  ];
  const lamportsOf = (wallet: PublicKey) => live.running.connection.getBalance(wallet, "confirmed");
  test("that no node passes on is given up when its blockhash has expired, and did not happen", async () => {
    const line = faultyFetch(calm);
    const swallow = ((url: string, init: RequestInit) => {
      if (!String(init.body).includes('"sendTransaction"')) return line.fetch(url, init);
      // Accepted and dropped; the chain moves on.
      live.running.chain.warp({ blocks: 160 }, START_MS);
      return Promise.resolve(new Response(JSON.stringify({ jsonrpc: "2.0", id: 1, result: "1".repeat(88) })));
    }) as unknown as typeof fetch;
    const connection = new Connection(live.running.server.url, { commitment: "confirmed", fetch: swallow });
    const before = await lamportsOf(key(77).publicKey);
    await expect(send(live.as(admin, connection), transfer())).rejects.toMatchObject({
      code: "PRG_NOT_CONFIRMED",
      retryable: true,
    });
    expect(await lamportsOf(key(77).publicKey)).toBe(before);
  });

  test("of a log's head that expired is not begun anew: by then there is a newer head", async () => {
    let sent = 0;
    const swallow = ((url: string, init: RequestInit) => {
      if (!String(init.body).includes('"sendTransaction"')) return fetch(url, init);
      sent++;
      live.running.chain.warp({ blocks: 160 }, START_MS);
      return Promise.resolve(new Response(JSON.stringify({ jsonrpc: "2.0", id: 1, result: "1".repeat(88) })));
    }) as unknown as typeof fetch;
    const connection = new Connection(live.running.server.url, { commitment: "confirmed", fetch: swallow });
    live.warpDay();
    const settlement = new Settlement(live.as(oracles[0]!, connection), live.network);
    await expect(settlement.recordLogHead(1_000_000n, new Uint8Array(32).fill(8))).rejects.toMatchObject({
      code: "PRG_NOT_CONFIRMED",
      retryable: true,
    });
    expect(sent).toBe(1);
  });

  test("whose answer is lost, and every answer after it, is not said to have failed", async () => {
    let isOut = false;
    const mute = (async (url: string, init: RequestInit) => {
      if (isOut) throw new TypeError("fetch failed");
      const answer = await fetch(url, init);
      if (!String(init.body).includes('"sendTransaction"')) return answer;
      isOut = true;
      throw new TypeError("fetch failed");
    }) as unknown as typeof fetch;
    const connection = new Connection(live.running.server.url, { commitment: "confirmed", fetch: mute });
    const sender: Sender = { ...live.as(admin, connection), slotMs: 1 };
    const before = await lamportsOf(key(77).publicKey);
    await expect(send(sender, transfer())).rejects.toMatchObject({ code: "PRG_UNSURE", retryable: true });
    expect((await lamportsOf(key(77).publicKey)) - before).toBe(1_000_000);
  });

  test("is not waited for longer because each question is waited for, at a node that hangs", async () => {
    let questions = 0;
    const hanging = (async (url: string, init: RequestInit) => {
      const answer = await fetch(url, init);
      if (questions === 0 && !String(init.body).includes('"sendTransaction"')) return answer;
      questions++;
      await Bun.sleep(100);
      throw new TypeError("no answer in time");
    }) as unknown as typeof fetch;
    const connection = new Connection(live.running.server.url, { commitment: "confirmed", fetch: hanging });
    const sender: Sender = { ...live.as(admin, connection), slotMs: 1 };
    await expect(send(sender, transfer())).rejects.toMatchObject({ code: "PRG_UNSURE" });
    expect(questions).toBeLessThan(20);
  });

  test("is not given up by a node that is behind: only by one that is past its last block", async () => {
    const { chain } = live.running;
    let swallowed = 0;
    const held = (async (url: string, init: RequestInit) => {
      const text = String(init.body);
      if (text.includes('"sendTransaction"') && swallowed++ === 0) {
        const answer = await fetch(url, init);
        chain.warp({ blocks: 160 }, START_MS);
        return answer;
      }
      if (!text.includes('"getSignatureStatuses"') || swallowed > 3) return fetch(url, init);
      // This node has not seen the block yet, and says at which slot it is.
      swallowed++;
      return new Response(
        JSON.stringify({ jsonrpc: "2.0", id: JSON.parse(text).id, result: { context: { slot: 1 }, value: [null] } }),
      );
    }) as unknown as typeof fetch;
    const connection = new Connection(live.running.server.url, { commitment: "confirmed", fetch: held });
    expect(await send(live.as(admin, connection), transfer())).toMatch(/^\w{80,}$/);
    expect(swallowed).toBeGreaterThan(3);
  });
});

test("a bill its router cannot pay is refused and holds up only that router", async () => {
  const { network, as } = live;
  const crank = new Settlement(as(admin), network);
  const [rich, poor] = ROUTERS as [Keypair, Keypair];
  const bill = (router: Keypair, number: bigint, amount: bigint): RouterBill => ({
    routeKey: routeKey(router),
    nonce: nonce + number,
    epoch: epoch - 1n,
    amount,
    reportHash: PARAMETER_HASH,
  });
  const answers = await crank.burn([
    bill(poor, 2n, 1n),
    bill(rich, 1n, 5n),
    bill(poor, 1n, 10n * DATA_CREDITS),
    { ...bill(rich, 1n, 5n), routeKey: routeKey(key(69)) },
  ]);
  expect(answers.map(({ state }) => state)).toEqual(["refused", "done", "refused", "refused"]);
  expect(answers[2]).toMatchObject({ error: { programError: { name: "EscrowTooSmall" } } });
  expect(answers[3]).toMatchObject({ error: { code: "PRG_NOT_FOUND" } });
  const again = await crank.burn([bill(rich, 1n, 5n)]);
  expect(again).toEqual([{ state: "already" }]);
});

test("a proof of another root is refused before it costs a fee", async () => {
  const { network, as, running } = live;
  const before = await running.connection.getBalance(admin.publicKey, "confirmed");
  const claims = [{ beneficiary: owner.publicKey, cumulative: cumulative + 1n, proof: { leftSiblings: 0, steps: [] } }];
  expect(await new Settlement(as(admin), network).claimAll(claims)).toMatchObject([
    { state: "refused", error: { code: "PRG_BAD_PROOF" } },
  ]);
  expect(await running.connection.getBalance(admin.publicKey, "confirmed")).toBe(before);
});

async function tokensOf(wallet: PublicKey): Promise<bigint> {
  const account = await live.running.connection.getAccountInfo(tokenAccountOf(live.network, wallet), "confirmed");
  return account === null ? 0n : account.data.readBigUInt64LE(64);
}

function ed25519(keypair: Keypair, message: Uint8Array): Uint8Array {
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  const der = Buffer.concat([prefix, keypair.secretKey.subarray(0, 32)]);
  return new Uint8Array(sign(null, message, createPrivateKey({ key: der, format: "der", type: "pkcs8" })));
}

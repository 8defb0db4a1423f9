/** Another attempt at a root, where nothing can come of the one before: vetoed, deadlocked, of other oracles, overtaken. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAttemptOver } from "../../src/sdk/attempt.ts";
import { rewardTree } from "../../src/sdk/reward-tree.ts";
import { vetoRoot } from "../../src/sdk/rewards.ts";
import { send } from "../../src/sdk/send.ts";
import { Settlement } from "../../src/sdk/settlement.ts";
import { EPOCH, guardian, type LiveNetwork, oracles, owner, PARAMETER_HASH, startNetwork } from "./live-network.ts";

type Judged = Parameters<typeof isAttemptOver>[0];
const digest = new Uint8Array(32);
const tuple = { rootHash: digest, total: 5n, leafCount: 1, reportHash: digest, parameterHash: digest };
const attempt: Judged = {
  state: { voting: {} },
  setVersion: 1,
  approved: tuple,
  candidates: [],
  oracleCount: 5,
  voted: 0,
  threshold: 4,
};
const votes = (...masks: number[]): Partial<Judged> => ({
  candidates: masks.map((mask) => ({ digest, votes: mask })),
  voted: masks.reduce((all, mask) => all | mask, 0),
});

test.each<[string, Partial<Judged>, boolean]>([
  ["votes are open", {}, false],
  ["four of five can still agree", votes(0b00001, 0b00110), false],
  ["no four can agree any more", votes(0b00011, 0b01100), true],
  ["it is vetoed", { state: { vetoed: {} } }, true],
  ["it is final, whoever the oracles are now", { state: { final: {} }, setVersion: 0 }, false],
  ["its oracles are no longer in office", { setVersion: 0 }, true],
  ["it is approved", { state: { approved: {} } }, false],
  [
    "it is approved and an earlier epoch came to more",
    { state: { approved: {} }, approved: { ...tuple, total: 3n } },
    true,
  ],
])("an attempt is judged when %s", (_, change, isOver) => {
  expect(isAttemptOver({ ...attempt, ...change }, { version: 1 }, { finalTotal: 4n })).toBe(isOver);
});

let live: LiveNetwork;
beforeAll(async () => {
  live = await startNetwork();
});
afterAll(async () => {
  await live.running.stop();
});

test("a vetoed root is followed by another attempt, opened once, which becomes final", async () => {
  const { as, network, programs, warpDay } = live;
  const settlements = oracles.map((oracle) => new Settlement(as(oracle), network));
  const [first, second] = settlements as [Settlement, Settlement];
  expect(await first.retry(EPOCH)).toEqual({ state: "waiting" });
  warpDay();
  await first.issue(EPOCH);
  const tree = rewardTree(network.distributor, [{ wallet: owner.publicKey, cumulative: 7n }]);
  const { rootHash, total, leafCount } = tree;
  const voted = { rootHash, total, leafCount, reportHash: PARAMETER_HASH, parameterHash: PARAMETER_HASH };
  const voteOfFour = async () => {
    for (const one of settlements.slice(0, 4)) expect((await one.vote(EPOCH, voted)).state).toBe("done");
  };
  await voteOfFour();
  expect(await first.retry(EPOCH)).toEqual({ state: "waiting" });
  await send(as(guardian), [
    await vetoRoot(programs, network, { guardian: guardian.publicKey, epoch: EPOCH, attempt: 0 }),
  ]);
  warpDay();
  expect(await first.finalize(EPOCH)).toEqual({ state: "waiting" });
  const retries = await Promise.all([first.retry(EPOCH), second.retry(EPOCH)]);
  expect(retries.filter(({ state }) => state === "done").length).toBe(1);
  expect(await second.retry(EPOCH)).toEqual({ state: "waiting" });
  await voteOfFour();
  warpDay();
  expect((await second.finalize(EPOCH)).state).toBe("done");
  expect(await first.retry(EPOCH)).toEqual({ state: "already" });
});

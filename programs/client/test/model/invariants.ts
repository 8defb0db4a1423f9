/**
 * What must hold after every command, R1 to R13 of the design (docs of the rewards program), read from the chain itself and compared with
 * the model. `checkCheap` looks at balances; `checkAll` decodes every account.
 */
import { expect } from "vitest";
import { locksOf } from "../../src/sdk/addresses.ts";
import * as calls from "../harness/calls.ts";
import { buildRewardTree } from "../harness/reward-tree.ts";
import { DAY_S, GENESIS_ATOMS } from "../harness/test-network.ts";
import type { LockModel } from "./governance-model.ts";
import { DEVICES, type NetworkModel, ROUTERS, rulesArg } from "./world.ts";

const sum = (amounts: Iterable<bigint>) => [...amounts].reduce((total, amount) => total + amount, 0n);

/** R4, R6 and R12 on balances: what everybody holds is what the model says, and adds up to the supplies. */
export function checkCheap(model: NetworkModel): void {
  const { stage, wallets, routes } = model.world;
  const { chain, at } = stage;
  const tokens = wallets.map((wallet) => stage.tokens(wallet));
  const dataCredits = wallets.map((wallet) => stage.dataCredits(wallet));
  const vault = chain.tokens(calls.vaultOf(at.distributor, at.tokenMint));
  const treasury = chain.tokens(calls.vaultOf(at.gov, at.tokenMint));
  const locks = chain.tokens(locksOf(at.gov));
  const escrows = Array.from({ length: ROUTERS }, (_, router) =>
    chain.tokens(calls.escrowOf(calls.routerOf(at.dcConfig, routes[router]!.key))),
  );
  same("tokens", tokens, model.money.tokens);
  same("data credits", dataCredits, model.money.dataCredits);
  const expected = [model.money.vault, model.money.treasury, model.governance.locked];
  same("vault, treasury and locks", [vault, treasury, locks], expected);
  same(
    "supplies",
    [chain.supply(at.tokenMint), chain.supply(at.dcMint)],
    [model.money.tokenSupply, model.money.dcSupply],
  );
  // R12: nothing is anywhere else.
  if (sum(tokens) + vault + treasury + locks !== model.money.tokenSupply) throw new Error("R12: tokens are missing");
  if (sum(dataCredits) + sum(escrows) !== model.money.dcSupply) throw new Error("R12: data credits are missing");
}

function same(what: string, found: readonly bigint[], expected: readonly bigint[]): void {
  if (found.some((amount, index) => amount !== expected[index])) throw new Error(`${what}: ${found}, not ${expected}`);
}

interface Distributor {
  readonly nextEpoch: bigint;
  readonly nextFinal: bigint;
  readonly issued: bigint;
  readonly issuedTreasury: bigint;
  readonly claimed: bigint;
  readonly finalTotal: bigint;
  readonly finalHash: Uint8Array;
  readonly burned: bigint;
  readonly reissued: bigint;
  readonly burnAverage: bigint;
  readonly paused: boolean;
}

export function checkAll(model: NetworkModel): void {
  checkCheap(model);
  const { rewards, dataCredits, money, world } = model;
  const { stage } = world;
  const { at } = stage;
  const books = stage.read<Distributor>("rewards", "Distributor", at.distributor);
  expect(books).toMatchObject({
    nextEpoch: rewards.nextEpoch,
    nextFinal: rewards.nextFinal,
    issued: rewards.issued,
    issuedTreasury: rewards.issuedTreasury,
    claimed: rewards.claimed,
    finalTotal: rewards.finalTotal,
    burned: rewards.burned,
    reissued: rewards.reissued,
    burnAverage: rewards.burnAverage,
    paused: rewards.paused,
  });

  // R1, R3: each epoch once, in order, never before its end; what it scheduled is the schedule's, whenever it was issued.
  const epochs = [...rewards.epochs].toSorted(([a], [b]) => (a < b ? -1 : 1));
  expect(epochs.map(([epoch]) => epoch)).toEqual(epochs.map((_, index) => rewards.rules.startEpoch + BigInt(index)));
  for (const [epoch] of epochs) checkEpoch(model, epoch);
  const { startEpoch, epochs: count, total } = rewards.rules;
  const issuedEpochs = rewards.nextEpoch - startEpoch;
  expect(sum(epochs.map(([, { scheduled }]) => scheduled))).toBe((total * issuedEpochs) / count);
  expect(rewards.nextEpoch * DAY_S <= model.now || issuedEpochs === 0n).toBe(true);

  // R2: no more again than was burnt for data credits; what owners burn themselves counts for nothing.
  expect(books.reissued <= books.burned).toBe(true);
  expect(books.burned <= dataCredits.tokenBurned).toBe(true);

  // R4, R6: paid ≤ owed ≤ issued, and the vault holds the rest. Donations are nobody's.
  expect(money.vault).toBe(books.issued - books.claimed + model.donated);
  expect(books.claimed <= books.finalTotal && books.finalTotal <= books.issued).toBe(true);
  for (const [wallet, claimed] of rewards.claims) {
    const address = calls.claimOf(at.distributor, world.wallets[wallet]!);
    expect(stage.read<{ claimed: bigint }>("rewards", "Claim", address).claimed).toBe(claimed);
  }
  expect(sum(rewards.claims.values())).toBe(books.claimed);

  checkGuards(model);
  checkDataCredits(model);
  checkOwners(model);
  checkGovernance(model);

  // R12 over the whole history.
  const supply = 3n * GENESIS_ATOMS + books.issued + books.issuedTreasury - dataCredits.tokenBurned;
  expect(stage.chain.supply(at.tokenMint)).toBe(supply - model.burntOutside.tokens);
  const made = dataCredits.minted - dataCredits.burnedData - dataCredits.burnedFees;
  expect(stage.chain.supply(at.dcMint)).toBe(made - model.burntOutside.dataCredits);
}

function checkEpoch(model: NetworkModel, epoch: bigint): void {
  const { stage } = model.world;
  const address = calls.epochOf(stage.at.distributor, epoch);
  const expected = model.rewards.epochs.get(epoch)!;
  const { scheduled, reissued, pool, treasury, burned, issued, attempts, final } = expected;
  const account = stage.read<{ rootHash: Uint8Array; rootTotal: bigint }>("rewards", "Epoch", address);
  expect(account).toMatchObject({
    scheduled,
    reissued,
    pool,
    treasury,
    burned,
    issued,
    attempts,
    isFinal: final !== null,
  });
  expect(scheduled).toBe(model.rewards.emission(epoch));
  if (final === null) return;

  // R5: a final root never changes a byte.
  const image = stage.chain.image(address);
  const before = model.finalImages.get(epoch) ?? image;
  expect(image === before, `epoch ${epoch} changed after it was final`).toBe(true);
  model.finalImages.set(epoch, image);

  // R13: whoever recomputes the tree from what each wallet earned gets the root that honest oracles voted for.
  const ballot = model.ballots.get(final.name)!;
  expect(Buffer.from(account.rootHash)).toEqual(Buffer.from(ballot.tuple.rootHash as Uint8Array));
  if (!final.name.endsWith("honest")) return;
  const sums = model.earnedBy(epoch);
  const recomputed = buildRewardTree(
    stage.at.distributor,
    model.world.wallets.map((wallet, index) => ({ wallet, cumulative: sums[index]! })),
  );
  expect(Buffer.from(recomputed.root.hash)).toEqual(Buffer.from(account.rootHash));
  expect([recomputed.root.sum, account.rootTotal]).toEqual([issued, issued]);
}

/** R9, R10: the votes of a root are those of different oracles of its set, and nothing is final before its window. */
export function checkRoots(model: NetworkModel): void {
  for (const { state, votes, members, threshold, approved, finalFrom } of model.rewards.roots.values()) {
    if (state !== "approved" && state !== "final") continue;
    const agreeing = [...votes].filter(([, name]) => name === approved!.name).map(([oracle]) => oracle);
    expect(agreeing.length).toBeGreaterThanOrEqual(threshold);
    expect(agreeing.every((oracle) => members.includes(oracle))).toBe(true);
    expect(3 * threshold).toBeGreaterThan(2 * members.length);
    if (state === "final") expect(finalFrom <= model.now).toBe(true);
  }
}

/** R11: no single letting-out above the limit, and at most twice the limit in any window. */
function checkGuards(model: NetworkModel): void {
  const { at } = model.world.stage;
  const vault = calls.vaultOf(at.distributor, at.tokenMint);
  for (const [target, guard] of [
    [at.tokenMint, model.rewards.mintGuard],
    [vault, model.rewards.vaultGuard],
    [at.dcMint, model.dataCredits.guard],
    [calls.vaultOf(at.gov, at.tokenMint), model.governance.treasuryGuard],
  ] as const) {
    expect(model.world.stage.read("guard", "Guard", calls.guardOf(target))).toMatchObject({
      limit: guard.limit,
      level: guard.level,
      levelAt: guard.at,
      lifetimeOut: guard.out,
      paused: guard.paused,
    });
    expect(guard.out <= guard.cap).toBe(true);
    guard.history.forEach(({ at: from, amount, limit }, index) => {
      expect(amount <= limit).toBe(true);
      const within = guard.history.slice(index).filter((later) => later.at < from + guard.windowS);
      expect(sum(within.map((one) => one.amount)) <= 2n * limit, "R11: more than twice the limit").toBe(true);
    });
  }
}

function checkDataCredits(model: NetworkModel): void {
  const { dataCredits, world } = model;
  const { stage, routes } = world;
  const { dcConfig } = stage.at;
  expect(stage.read("dataCredits", "DcConfig", dcConfig)).toMatchObject({
    tokenBurned: dataCredits.tokenBurned,
    dcMinted: dataCredits.minted,
    dcBurnedData: dataCredits.burnedData,
    dcBurnedFees: dataCredits.burnedFees,
    dcEscrowed: dataCredits.escrowed,
    paused: dataCredits.paused,
  });
  const { priceE8, confidenceE8, updatedAt, stepPriceE8, stepAt } = dataCredits;
  expect(stage.read("dataCredits", "PriceFeed", calls.priceFeedOf(dcConfig))).toMatchObject({
    priceE8,
    confidenceE8,
    updatedAt,
    stepPriceE8,
    stepAt,
  });
  for (const [epoch, record] of dataCredits.records)
    expect(stage.read("dataCredits", "EpochRecord", calls.epochRecordOf(dcConfig, epoch))).toMatchObject({ ...record });
  for (const [router, { funded, burned, nonce, epoch }] of dataCredits.routers)
    expect(stage.read("dataCredits", "Router", calls.routerOf(dcConfig, routes[router]!.key))).toMatchObject({
      funded,
      burned,
      lastNonce: nonce,
      lastEpoch: epoch,
    });
}

interface Hotspot {
  readonly beneficiary: { readonly current: Split; readonly next: Split; readonly fromEpoch: bigint };
  readonly owner: { readonly next: { toBase58(): string } };
}
interface Split {
  readonly shares: readonly { readonly wallet: { toBase58(): string }; readonly bps: number }[];
}

/** Any oracle that reads the registry within an epoch reads the same beneficiaries. */
function checkOwners(model: NetworkModel): void {
  const { stage, devices, wallets } = model.world;
  for (let device = 0; device < DEVICES; device++) {
    const expected = model.registry.hotspots.get(device);
    const address = calls.hotspotOf(stage.at.network, devices[device]!.key);
    if (expected === undefined) {
      expect(stage.chain.account(address)).toBeNull();
      continue;
    }
    const { beneficiary, owner } = stage.read<Hotspot>("registry", "Hotspot", address);
    const found = model.epoch >= beneficiary.fromEpoch ? beneficiary.next : beneficiary.current;
    const name = (index: number) => wallets[index]!.toBase58();
    expect(found.shares.map(({ wallet, bps }) => [wallet.toBase58(), bps])).toEqual(
      expected.beneficiary.at(model.epoch).map(({ wallet, bps }) => [name(wallet), bps]),
    );
    expect(owner.next.toBase58()).toBe(name(expected.owner.latest));
  }
}

const lockImage = (lock: LockModel) =>
  "end" in lock ? { cliff: { end: lock.end } } : { constant: { seconds: Number(lock.seconds) } };

/** Nobody's lock is anybody else's: the locks hold the positions, to the unit, and every vote counts what its position did at the snapshot. */
function checkGovernance({ governance, world }: NetworkModel): void {
  const { stage, wallets } = world;
  const { gov } = stage.at;
  const { locked, rules, proposals, positions } = governance;
  expect(sum([...positions.values()].map(({ amount }) => amount))).toBe(locked);
  expect(stage.read("governance", "Gov", gov)).toMatchObject({
    locked,
    rules: rulesArg(rules),
    proposals: BigInt(proposals.length),
  });
  for (const [name, position] of positions) {
    const { owner, amount, lock, checkpoints, votes } = position;
    const address = calls.positionOf(gov, wallets[owner]!, BigInt(name.split("/")[1]!));
    expect(stage.read("governance", "Position", address)).toMatchObject({
      amount,
      lock: lockImage(lock),
      votesActive: votes.size,
      checkpoints: checkpoints.map((one) => ({ from: one.from, amount: one.amount, lock: lockImage(one.lock) })),
    });
  }
  for (const [number, { tally, state, eta, snapshot, end }] of proposals.entries()) {
    const address = calls.proposalOf(gov, BigInt(number));
    const expected = { ...tally, state: { [state]: {} }, eta, snapshot, end };
    expect(stage.read("governance", "Proposal", address)).toMatchObject(expected);
  }
}

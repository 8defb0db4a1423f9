/**
 * What anybody may try on a network, well-meaning, careless or hostile: each command says what the model expects of it, an error's name or
 * null, and sends it to the chain. Parameters are small numbers, so that commands meet the same wallets, epochs and roots again and again.
 */
import fc from "fast-check";
import type { ClaimProof } from "../../src/sdk/claim-proof.ts";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import { deviceProof, onboardMessage } from "../../src/sdk/onboard.ts";
import { TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID } from "../../src/sdk/token-instructions.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { DAY_S } from "../harness/test-network.ts";
import { type AnyKind, below, kind, type Outcome, one, U64_MAX, wallet } from "./command-kind.ts";
import type { ConversionModel } from "./data-credits-model.ts";
import { GOVERNANCE_COMMANDS, openingLocks } from "./governance-commands.ts";
import { setLimit } from "./guard-model.ts";
import { type BallotKind, DAILY, DEVICES, type NetworkModel, ORACLES, ROUTERS, VETO_S, WALLETS } from "./world.ts";

const warp = kind(
  "warp",
  6,
  fc.constantFrom(1n, 60n, 3_600n, DAY_S / 4n, DAY_S / 2n, DAY_S - 1n, DAY_S, DAY_S + 1n, 3n * DAY_S),
  ({ world }, seconds) => {
    world.stage.chain.now += seconds;
    return one(null);
  },
);

const openEpoch = kind("openEpoch", 4, fc.constantFrom(-1n, 0n, 0n, 0n, 1n, 2n), (model, offset) => {
  const { at, payer } = model.world.stage;
  const epoch = model.epoch + offset;
  return one(model.dataCredits.openEpoch(epoch, model.epoch), acts.openEpoch(at, payer, epoch));
});

const submitPrice = kind(
  "submitPrice",
  8,
  fc.record({
    oracle: below(4),
    price: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(50_000_000n, 50_500_000n, 51_000_000n, 49_000_000n, 58_000_000n) },
      { weight: 1, arbitrary: fc.constantFrom(0n, 1n, 10n ** 15n, 10n ** 15n + 1n, U64_MAX) },
    ),
    offset: fc.constantFrom(0n, 0n, 0n, 0n, -1n, 1n),
  }),
  (model, { oracle, price, offset }) => {
    const { stage, stranger } = model.world;
    const epoch = model.epoch + offset;
    const expected = model.dataCredits.submitPrice(oracle, price, epoch, model.epoch, model.now);
    return one(expected, acts.submitPrice(stage.at, stage.network.priceOracles[oracle] ?? stranger, epoch, price));
  },
);

const conversion: fc.Arbitrary<ConversionModel> = fc.oneof(
  fc.record({
    exactTokens: fc.record({
      tokens: fc.constantFrom(0n, 1n, 1_999n, 33n * ATOMS + 7n, 400n * ATOMS, 2_000_000n * ATOMS, U64_MAX),
      leastDataCredits: fc.constantFrom(0n, 0n, 0n, 10_000_000n, U64_MAX),
    }),
  }),
  fc.record({
    exactDataCredits: fc.record({
      dataCredits: fc.constantFrom(0n, 1n, 99_999n, 5_000_000n, 60_000_000n, 60_000_001n, U64_MAX),
      mostTokens: fc.constantFrom(U64_MAX, U64_MAX, U64_MAX, 100n * ATOMS, 0n),
    }),
  }),
);

const mintDataCredits = kind(
  "mintDataCredits",
  8,
  fc.record({ wallet, conversion, offset: fc.constantFrom(0n, 0n, 0n, 0n, -1n) }),
  (model, { wallet, conversion, offset }) => {
    const { stage, wallets } = model.world;
    const epoch = model.epoch + offset;
    const expected = model.dataCredits.mint(wallet, conversion, epoch, model.epoch, model.now);
    return one(expected, acts.mintDataCredits(stage.at, wallets[wallet]!, epoch, conversion));
  },
);

const registerRouter = kind("registerRouter", 2, below(ROUTERS), (model, router) => {
  const { stage, wallets, routes } = model.world;
  const expected = model.dataCredits.registerRouter(router);
  return one(expected, ...acts.registerRouter(stage.at, wallets[router]!, routes[router]!));
});

const amount = fc.constantFrom(0n, 1n, 777n, 100_000n, 3_000_000n, U64_MAX);

const fundRouter = kind("fundRouter", 4, fc.record({ wallet, router: below(ROUTERS), amount }), (model, parameters) => {
  const { stage, wallets, routes } = model.world;
  const { wallet, router, amount } = parameters;
  const expected = model.dataCredits.fund(wallet, router, amount);
  return one(expected, acts.fundRouter(stage.at, wallets[wallet]!, routes[router]!.key, amount));
});

const burnRouter = kind(
  "burnRouter",
  5,
  fc.record({
    router: below(ROUTERS),
    amount,
    offset: fc.constantFrom(0n, 0n, 0n, -1n, 1n),
    ahead: fc.constantFrom(1n, 1n, 1n, 1n, 0n, 2n),
    isAuthority: fc.constantFrom(true, true, true, true, false),
  }),
  (model, { router, amount, offset, ahead, isAuthority }) => {
    const { stage, routes, stranger } = model.world;
    const nonce = (model.dataCredits.routers.get(router)?.nonce ?? 0n) + ahead;
    const burn = { amount, epoch: model.epoch + offset, nonce };
    const expected = model.dataCredits.burn(router, burn, isAuthority, model.epoch);
    const by = isAuthority ? stage.network.burnAuthority : stranger;
    return one(expected, acts.burnRouter(stage.at, by, routes[router]!.key, burn));
  },
);

/** Somebody burns what is theirs, past the programs: it counts for nothing. */
const burnOwn = kind("burnOwn", 1, fc.record({ wallet, isToken: fc.boolean() }), (model, { wallet, isToken }) => {
  const { stage, wallets } = model.world;
  const owner = wallets[wallet]!;
  const held = isToken ? model.money.tokens : model.money.dataCredits;
  const burnt = held[wallet]! < 5n ? held[wallet]! : 5n;
  held[wallet]! -= burnt;
  if (isToken) model.money.tokenSupply -= burnt;
  else model.money.dcSupply -= burnt;
  model.burntOutside[isToken ? "tokens" : "dataCredits"] += burnt;
  const { tokenMint, dcMint } = stage.at;
  return one(
    null,
    isToken
      ? calls.burnTokens(calls.tokenAccount(stage.at, owner), tokenMint, owner, burnt, TOKEN_PROGRAM_ID)
      : calls.burnTokens(calls.dcAccount(stage.at, owner), dcMint, owner, burnt, TOKEN_2022_PROGRAM_ID),
  );
});

const onboard = kind(
  "onboard",
  3,
  fc.record({ device: below(DEVICES), owner: below(3), isForged: fc.constantFrom(false, false, false, true) }),
  (model, { device, owner, isForged }) => {
    const { stage, wallets, devices } = model.world;
    const signedFor = isForged ? 3 : owner;
    const expected = model.registry.onboard(device, owner, signedFor, model.epoch);
    const terms = { maker: null, kind: "light", nonce: 1n } as const;
    const message = onboardMessage(stage.at, { ...terms, owner: wallets[signedFor]! });
    const key = devices[device]!;
    const [, own] = acts.onboard(stage.at, { device: key, owner: wallets[owner]!, payer: wallets[owner]! });
    return one(expected, deviceProof(key.key, message, key.sign(message)), own!);
  },
);

const sell = kind("sell", 2, fc.record({ device: below(DEVICES), to: wallet }), (model, { device, to }) => {
  const { stage, wallets, devices } = model.world;
  const from = model.registry.hotspots.get(device)?.holder;
  if (from === undefined || from === to) return one(null);
  const expected = model.registry.transfer(device, from, to);
  const hotspot = calls.hotspotOf(stage.at.network, devices[device]!.key);
  return one(expected, ...acts.transferHotspot(hotspot, wallets[from]!, wallets[to]!));
});

const syncOwner = kind(
  "syncOwner",
  4,
  fc.record({ device: below(DEVICES), other: fc.option(wallet, { freq: 2 }) }),
  (model, { device, other }) => {
    const { stage, wallets, devices } = model.world;
    const holder = other ?? model.registry.hotspots.get(device)?.holder ?? 0;
    const expected = model.registry.syncOwner(device, holder, model.epoch);
    const hotspot = calls.hotspotOf(stage.at.network, devices[device]!.key);
    return one(expected, acts.syncOwner(stage.at, hotspot, wallets[holder]!));
  },
);

const SPLITS = [[[10_000]], [[3_333, 6_667]], [[1, 9_998, 1]], [[5_000, 4_999]], [[0, 10_000]], [[]]] as const;

const setBeneficiary = kind(
  "setBeneficiary",
  4,
  fc.record({ device: below(DEVICES), by: below(3), split: below(SPLITS.length), first: wallet }),
  (model, { device, by, split, first }) => {
    const { stage, wallets, devices } = model.world;
    const shares = SPLITS[split]![0].map((bps, index) => ({ wallet: (first + index) % WALLETS, bps }));
    const expected = model.registry.setBeneficiary(device, by, shares, model.epoch);
    const hotspot = calls.hotspotOf(stage.at.network, devices[device]!.key);
    const named = shares.map(({ wallet, bps }) => ({ wallet: wallets[wallet]!, bps }));
    return one(expected, acts.setBeneficiary(stage.at, hotspot, wallets[by]!, named));
  },
);

const issueEpoch = kind("issueEpoch", 8, fc.constantFrom(0n, 0n, 0n, 0n, 1n, -1n), (model, offset) => {
  const { at, payer } = model.world.stage;
  const epoch = model.rewards.nextEpoch + offset;
  return one(model.rewards.issue(epoch, model.epoch, model.now), acts.issueEpoch(at, payer, epoch));
});

/** A root: the attempt under way of an epoch that is to become final, or another one near it. */
const place = fc.record({ ahead: fc.constantFrom(0n, 0n, 0n, 0n, 1n, -1n), older: fc.constantFrom(0, 0, 0, 1) });

const rootAt = (model: NetworkModel, { ahead, older }: { readonly ahead: bigint; readonly older: number }) => {
  const epoch = model.rewards.nextFinal + ahead;
  const attempts = model.rewards.epochs.get(epoch)?.attempts ?? 1;
  return { epoch, attempt: Math.max(0, attempts - 1 - older) };
};

const openAttempt = kind(
  "openAttempt",
  3,
  fc.record({ place, beyond: fc.constantFrom(1, 1, 1, 0, 2) }),
  (model, { place, beyond }) => {
    const { at, payer } = model.world.stage;
    const { epoch, attempt } = rootAt(model, place);
    const expected = model.rewards.openAttempt(epoch, attempt + beyond);
    return one(expected, acts.openAttempt(at, payer, epoch, attempt + beyond));
  },
);

const BALLOTS: readonly BallotKind[] = ["stolen", "partial", "wrong", "beyond", "parameters", "malformed"];

const vote = kind(
  "vote",
  12,
  fc.record({
    oracle: below(ORACLES + 1),
    place,
    ballot: fc.oneof(
      { weight: 6, arbitrary: fc.constant<BallotKind>("honest") },
      { weight: 1, arbitrary: fc.constantFrom(...BALLOTS) },
    ),
  }),
  (model, { oracle, place, ballot }) => castVotes(model, [oracle], place, ballot),
);

/** The whole set votes alike, so that runs come as far as a final root; now and then it is bribed. */
const voteTogether = kind(
  "voteTogether",
  6,
  fc.record({
    place,
    count: fc.constantFrom(3, 4, 4),
    ballot: fc.oneof(
      { weight: 8, arbitrary: fc.constant<BallotKind>("honest") },
      { weight: 1, arbitrary: fc.constantFrom<BallotKind>("stolen", "partial", "wrong") },
    ),
  }),
  (model, { place, count, ballot }) =>
    castVotes(
      model,
      Array.from({ length: count }, (_, index) => index),
      place,
      ballot,
    ),
);

/** Votes in one transaction: the first that is refused refuses all. */
function castVotes(
  model: NetworkModel,
  voters: readonly number[],
  where: { readonly ahead: bigint; readonly older: number },
  ballotKind: BallotKind,
): Outcome {
  const { stage, oracles, stranger } = model.world;
  const { epoch, attempt } = rootAt(model, where);
  const isIssued = model.rewards.epochs.has(epoch);
  const ballot = model.ballot(isIssued ? epoch : model.rewards.rules.startEpoch - 1n, ballotKind);
  const keys = voters.map((index) => oracles[index] ?? stranger);
  const expected = model.rewards.voteAll(
    keys.map((key) => key.toBase58()),
    epoch,
    attempt,
    ballot,
    model.now,
  );
  return one(expected, ...keys.map((key) => acts.voteRoot(stage.at, key, epoch, attempt, ballot.tuple)));
}

/** Now and then right after the set has voted, before the window can pass. */
const veto = kind(
  "veto",
  3,
  fc.record({ place, by: fc.constantFrom(0, 0, 1, 2), isPrompt: fc.boolean() }),
  function* (model, { place, by, isPrompt }) {
    const { stage, stranger } = model.world;
    if (isPrompt) yield castVotes(model, [0, 1, 2, 3], place, "honest");
    const { epoch, attempt } = rootAt(model, place);
    const signer = [stage.network.guardian, stage.network.admin, stranger][by]!;
    const expected = model.rewards.veto(by < 2, epoch, attempt, model.now);
    yield one(expected, acts.vetoRoot(stage.at, signer, epoch, attempt));
  },
);

const finalize = kind("finalize", 8, place, (model, where) => {
  const { epoch, attempt } = rootAt(model, where);
  const expected = model.rewards.finalize(epoch, attempt, model.now);
  return one(expected, acts.finalizeRoot(model.world.stage.at, epoch, attempt));
});

const openClaim = kind("openClaim", 3, wallet, (model, index) => {
  const { stage, wallets } = model.world;
  return one(model.rewards.openClaim(index), acts.openClaim(stage.at, stage.payer, wallets[index]!));
});

const TRICKS = ["older", "amount", "hash", "sum", "side", "stray", "internal", "deep", "swapped"] as const;

const claim = kind(
  "claim",
  12,
  fc.record({
    wallet,
    trick: fc.oneof(
      { weight: 3, arbitrary: fc.constant("none" as const) },
      { weight: 1, arbitrary: fc.constantFrom(...TRICKS) },
    ),
  }),
  (model, { wallet, trick }) => claimWith(model, wallet, trick),
);

function claimWith(model: NetworkModel, wallet: number, trick: "none" | (typeof TRICKS)[number]): Outcome {
  const { stage, wallets } = model.world;
  const { cumulative, proof } = trickProof(model, wallet, trick);
  const refusal = model.refusalOfProof(wallet, cumulative, proof);
  const expected = model.rewards.claim(wallet, cumulative, refusal, model.now);
  return one(expected, acts.claim(stage.at, wallets[wallet]!, cumulative, proof));
}

/** R8: the proof a wallet has, or one that is changed in one place. */
function trickProof(
  model: NetworkModel,
  wallet: number,
  trick: "none" | (typeof TRICKS)[number],
): { readonly cumulative: bigint; readonly proof: ClaimProof } {
  const epochs = [...model.rewards.epochs.keys()];
  const older = epochs.find((epoch) => model.rewards.epochs.get(epoch)!.final !== null) ?? epochs[0];
  const tree = trick === "older" ? null : (model.finalBallot?.tree ?? null);
  const fallback = older === undefined ? null : model.ballot(older, "honest").tree;
  const chosen = tree ?? fallback;
  if (chosen === null) return { cumulative: 1n, proof: { leftSiblings: 0, steps: [] } };
  const { cumulative, proof } = model.proofIn(chosen, trick === "swapped" ? (wallet + 1) % WALLETS : wallet);
  const [first, ...rest] = proof.steps;
  switch (trick) {
    case "amount":
      return { cumulative: cumulative + 1n, proof };
    case "hash": {
      const hash = first!.hash.map((byte, index) => (index === 31 ? byte ^ 1 : byte));
      return { cumulative, proof: { ...proof, steps: [{ ...first!, hash }, ...rest] } };
    }
    case "sum":
      return { cumulative, proof: { ...proof, steps: [{ ...first!, sum: first!.sum ^ (1n << 63n) }, ...rest] } };
    case "side":
      return { cumulative, proof: { ...proof, leftSiblings: proof.leftSiblings ^ 1 } };
    case "stray":
      return { cumulative, proof: { ...proof, leftSiblings: proof.leftSiblings | (1 << proof.steps.length) } };
    case "internal":
      return { cumulative: cumulative + first!.sum, proof: { leftSiblings: proof.leftSiblings >>> 1, steps: rest } };
    case "deep": {
      const filler = { hash: new Uint8Array(32), sum: 0n };
      return { cumulative, proof: { ...proof, steps: [...proof.steps, ...new Array(25).fill(filler)].slice(0, 25) } };
    }
    default:
      return { cumulative, proof };
  }
}

/** R4: what is sent to the vault is owed to nobody. */
const donate = kind("donate", 1, below(3), (model, from) => {
  const { stage, wallets } = model.world;
  const sent = model.money.tokens[from]! < 1_000n ? model.money.tokens[from]! : 1_000n;
  model.money.tokens[from]! -= sent;
  model.money.vault += sent;
  model.donated += sent;
  const vault = calls.vaultOf(stage.at.distributor, stage.at.tokenMint);
  return one(null, calls.transferTokens(calls.tokenAccount(stage.at, wallets[from]!), vault, wallets[from]!, sent));
});

const SETS = [
  { members: [0, 1, 2, 3, 4], threshold: 4 },
  { members: [0, 1, 2, 5, 6], threshold: 4 },
  { members: [0, 1, 2, 3], threshold: 3 },
  { members: [0, 0, 1, 2, 3], threshold: 4 },
  { members: [0, 1, 2], threshold: 2 },
  { members: [0, 1], threshold: 3 },
] as const;

const rotate = kind(
  "rotate",
  1,
  fc.record({ set: below(SETS.length), isAdmin: fc.constantFrom(true, true, false) }),
  (model, { set, isAdmin }) => {
    const { stage, oracles, stranger } = model.world;
    const { members, threshold } = SETS[set]!;
    const keys = members.map((index) => oracles[index]!);
    const expected = model.rewards.rotate(
      isAdmin,
      keys.map((key) => key.toBase58()),
      threshold,
    );
    const admin = isAdmin ? stage.network.admin : stranger;
    return one(expected, stage.call("rewards", "rotateOracles", [{ oracles: keys, threshold }], { admin }));
  },
);

const SWITCHES = ["rewards", "dataCredits", "mint", "vault", "dc"] as const;

const pause = kind(
  "pause",
  1,
  fc.record({ which: fc.constantFrom(...SWITCHES), by: below(3) }),
  (model, { which, by }) => turn(model, which, by, true),
);

const unpause = kind(
  "unpause",
  4,
  fc.record({ which: fc.constantFrom(...SWITCHES), by: fc.constantFrom(1, 1, 1, 0, 2) }),
  // What is paused, if anything is: otherwise a run would stand still for most of its commands.
  (model, { which, by }) => turn(model, SWITCHES.find((one) => switchOf(model, one).state.paused) ?? which, by, false),
);

function switchOf(model: NetworkModel, which: (typeof SWITCHES)[number]) {
  const { at } = model.world.stage;
  return {
    rewards: { state: model.rewards, target: null },
    dataCredits: { state: model.dataCredits, target: null },
    mint: { state: model.rewards.mintGuard, target: at.tokenMint },
    vault: { state: model.rewards.vaultGuard, target: calls.vaultOf(at.distributor, at.tokenMint) },
    dc: { state: model.dataCredits.guard, target: at.dcMint },
  }[which];
}

/** The guardian (0) may pause; only the admin (1) may do both; a stranger (2) neither. */
function turn(model: NetworkModel, which: (typeof SWITCHES)[number], by: number, isPause: boolean): Outcome {
  const { stage, stranger } = model.world;
  const { network } = stage;
  const signer = [network.guardian, network.admin, stranger][by]!;
  const { state, target } = switchOf(model, which);
  const name = isPause ? "pause" : "unpause";
  const role = isPause ? { guardian: signer } : { admin: signer };
  const instruction =
    target === null
      ? stage.call(which === "rewards" ? "rewards" : "dataCredits", name, [], role)
      : stage.call("guard", name, [], { guard: calls.guardOf(target), ...role });
  const refused = isPause ? (by === 2 ? "NotTheGuardian" : null) : by === 1 ? null : "NotTheAdmin";
  const expected = refused ?? (state.paused === isPause ? (isPause ? "Paused" : "NotPaused") : null);
  if (expected === null) state.paused = isPause;
  return one(expected, instruction);
}

const setVaultLimit = kind(
  "setVaultLimit",
  1,
  fc.record({
    limit: fc.constantFrom(DAILY, DAILY, DAILY / 2n, 0n, 1n),
    windowS: fc.constantFrom(86_400n, 3_600n, 1n, 0n),
  }),
  (model, { limit, windowS }) => {
    const { stage } = model.world;
    const guard = calls.guardOf(calls.vaultOf(stage.at.distributor, stage.at.tokenMint));
    const args = { limit, windowS: Number(windowS), guardian: stage.network.guardian };
    if (windowS > 0n) {
      setLimit(model.rewards.vaultGuard, limit, windowS, model.now);
      model.rewards.vaultGuard.history.length = 0;
    }
    const expected = windowS > 0n ? null : "ZeroWindow";
    return one(expected, stage.call("guard", "setLimits", [args], { guard, admin: stage.network.admin }));
  },
);

const setIssueSettings = kind(
  "setIssueSettings",
  1,
  fc.record({
    reissueCap: fc.constantFrom(0n, 50n * ATOMS, 200n * ATOMS, U64_MAX / 4n),
    averageEpochs: fc.constantFrom(1n, 3n, 7n),
    treasuryBps: fc.constantFrom(0n, 700n, 10_000n),
    offset: fc.constantFrom(1n, 1n, 2n, 5n, 0n),
  }),
  (model, { offset, ...settings }) => {
    const { stage } = model.world;
    const from = model.epoch + offset;
    const expected = model.rewards.setSettings(settings, from, model.epoch);
    const args = {
      reissueCap: settings.reissueCap,
      averageEpochs: Number(settings.averageEpochs),
      treasuryBps: Number(settings.treasuryBps),
    };
    return one(expected, stage.call("rewards", "setIssueSettings", [args, from], { admin: stage.network.admin }));
  },
);

const closeRoot = kind(
  "closeRoot",
  2,
  fc.record({ back: fc.constantFrom(1n, 2n, 2n, 3n), attempt: fc.constantFrom(0, 0, 1) }),
  (model, { back, attempt }) => {
    const { stage } = model.world;
    const epoch = model.rewards.nextFinal - back;
    const expected = model.rewards.closeRoot(epoch, attempt);
    const root = calls.rootOf(stage.at.distributor, epoch, attempt);
    return one(expected, stage.call("rewards", "closeOldRoot", [], { root, rentPayer: stage.payer }));
  },
);

/** A day of trade: the record is opened and two oracles agree on a price near the last one. */
const trade = kind("trade", 6, fc.constantFrom(-1n, 0n, 1n), function* (model, drift) {
  const { at, payer, network } = model.world.stage;
  const { epoch } = model;
  yield one(model.dataCredits.openEpoch(epoch, epoch), acts.openEpoch(at, payer, epoch));
  const last = model.dataCredits.priceE8;
  const price = last === 0n ? 50_000_000n : last + (drift * last) / 100n;
  for (const oracle of [0, 1]) {
    const expected = model.dataCredits.submitPrice(oracle, price, epoch, epoch, model.now);
    yield one(expected, acts.submitPrice(at, network.priceOracles[oracle]!, epoch, price));
  }
});

/** An epoch from its end to its final root, as it should go; whatever stands in the way stands in the way. */
const closeEpoch = kind(
  "closeEpoch",
  4,
  fc.constantFrom(0n, 1n, VETO_S - 1n, VETO_S, VETO_S + 1n),
  function* (model, wait) {
    const { stage, oracles } = model.world;
    const { at, payer, chain } = stage;
    const { nextEpoch } = model.rewards;
    if (model.epoch <= nextEpoch) chain.now = (nextEpoch + 1n) * DAY_S;
    yield one(model.rewards.issue(nextEpoch, model.epoch, model.now), acts.issueEpoch(at, payer, nextEpoch));
    yield castVotes(model, [0, 1, 2, 3], { ahead: 0n, older: 0 }, "honest");
    chain.now += wait;
    const { epoch, attempt } = rootAt(model, { ahead: 0n, older: 0 });
    yield one(model.rewards.finalize(epoch, attempt, model.now), acts.finalizeRoot(at, epoch, attempt));
    const wallet = Number(epoch % BigInt(oracles.length)) % WALLETS;
    yield claimWith(model, wallet, "none");
  },
);

/** How every run begins, so that commands find something to be about. */
export function* opening(model: NetworkModel): Iterable<Outcome> {
  yield* trade.act(model, 0n) as Iterable<Outcome>;
  for (const wallet of [0, 1, 2]) {
    const conversion = { exactDataCredits: { dataCredits: 5_000_000n, mostTokens: U64_MAX } };
    yield mintDataCredits.act(model, { wallet, conversion, offset: 0n }) as Outcome;
    yield onboard.act(model, { device: wallet, owner: wallet, isForged: false }) as Outcome;
    yield openClaim.act(model, wallet) as Outcome;
  }
  yield registerRouter.act(model, 0) as Outcome;
  yield* openingLocks(model);
}

export const COMMANDS: readonly AnyKind[] = [
  trade,
  closeEpoch,
  warp,
  openEpoch,
  submitPrice,
  mintDataCredits,
  registerRouter,
  fundRouter,
  burnRouter,
  burnOwn,
  onboard,
  sell,
  syncOwner,
  setBeneficiary,
  issueEpoch,
  openAttempt,
  vote,
  voteTogether,
  veto,
  finalize,
  openClaim,
  claim,
  donate,
  rotate,
  pause,
  unpause,
  setVaultLimit,
  setIssueSettings,
  closeRoot,
  ...GOVERNANCE_COMMANDS,
];

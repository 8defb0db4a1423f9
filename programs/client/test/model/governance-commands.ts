/** What holders, proposers and thieves try on governance: locks, votes, proposals and what they do when they are executed. */
import type { TransactionInstruction } from "@solana/web3.js";
import fc from "fast-check";
import { locksOf } from "../../src/sdk/addresses.ts";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import * as calls from "../harness/calls.ts";
import type { Arg } from "../harness/idl.ts";
import { execute, instructionHash } from "../harness/proposal.ts";
import { REPORT } from "../harness/stage.ts";
import { DAY_S } from "../harness/test-network.ts";
import { type AnyKind, below, kind, type Outcome, one, U64_MAX, wallet } from "./command-kind.ts";
import type { ChoiceModel, Deed, LockModel, ProposalState, RulesModel } from "./governance-model.ts";
import { GOVERNANCE, type NetworkModel, rulesArg, STAKE } from "./world.ts";

const VOTERS = 3;
/** A position by its owner and number, and who signs: the owner, or somebody else. */
interface Held {
  readonly owner: number;
  readonly id: bigint;
  readonly by: number | null;
}
/** Mostly one of those there are, so that commands find something to be about. */
interface Pick {
  readonly place: number;
  readonly isAny: boolean;
  readonly by: number | null;
}
const pick: fc.Arbitrary<Pick> = fc.record({
  place: below(2 * VOTERS),
  isAny: fc.constantFrom(false, false, false, false, false, true),
  by: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: below(VOTERS) }),
});

function pickFrom({ governance }: NetworkModel, { place, isAny, by }: Pick): Held {
  const names = [...governance.positions.keys()];
  if (isAny || names.length === 0) return { owner: place % VOTERS, id: BigInt(place >= VOTERS), by };
  const [owner, id] = names[place % names.length]!.split("/");
  return { owner: Number(owner), id: BigInt(id!), by };
}

interface LockChoice {
  readonly isConstant: boolean;
  readonly seconds: bigint;
}

const lockOf: fc.Arbitrary<LockChoice> = fc.oneof(
  fc.constantFrom(0n, DAY_S / 2n - 1n, DAY_S / 2n, DAY_S, 3n * DAY_S, 8n * DAY_S, 8n * DAY_S + 1n).map((seconds) => ({
    isConstant: false,
    seconds,
  })),
  fc
    .constantFrom(DAY_S / 2n - 1n, DAY_S / 2n, DAY_S, 8n * DAY_S, 8n * DAY_S + 1n)
    .map((seconds) => ({ isConstant: true, seconds })),
);
const amount = fc.constantFrom(0n, 1n, 99n * ATOMS, 101n * ATOMS, 5_000n * ATOMS, STAKE, U64_MAX);

function lockFrom({ isConstant, seconds }: LockChoice, now: bigint): { readonly model: LockModel; readonly arg: Arg } {
  return isConstant
    ? { model: { seconds }, arg: { constant: { seconds: Number(seconds) } } }
    : { model: { end: now + seconds }, arg: { cliff: { end: now + seconds } } };
}

/** The accounts of a position that its owner signs for, or somebody else. */
function accountsOf({ world }: NetworkModel, { owner, id, by }: Held) {
  const { stage, wallets } = world;
  const signer = wallets[by ?? owner]!;
  return {
    position: calls.positionOf(stage.at.gov, wallets[owner]!, id),
    owner: signer,
    from: calls.tokenAccount(stage.at, wallets[owner]!),
    to: calls.tokenAccount(stage.at, signer),
    payer: stage.payer,
  };
}

const place = fc.record({ owner: below(VOTERS), id: fc.bigInt(0n, 1n) });

const lock = kind("lock", 4, fc.record({ place, amount, lock: lockOf }), (model, { place, amount, lock }) => {
  const { owner, id } = place;
  const made = lockFrom(lock, model.now);
  const expected = model.governance.lock(owner, id, amount, made.model, model.now);
  const accounts = accountsOf(model, { owner, id, by: null });
  return one(expected, model.world.stage.call("governance", "lock", [id, amount, made.arg], accounts));
});

const extend = kind("extend", 1, fc.record({ pick, lock: lockOf }), (model, { pick, lock }) => {
  const held = pickFrom(model, pick);
  const { owner, id, by } = held;
  const made = lockFrom(lock, model.now);
  const expected = model.governance.extend(owner, id, by ?? owner, made.model, model.now);
  return one(expected, model.world.stage.call("governance", "extend", [made.arg], accountsOf(model, held)));
});

const topUp = kind("topUp", 2, fc.record({ pick, amount }), (model, { pick, amount }) => {
  const held = pickFrom(model, pick);
  const { owner, id, by } = held;
  const expected = model.governance.topUp(owner, id, by ?? owner, amount, model.now);
  return one(expected, model.world.stage.call("governance", "topUp", [amount], accountsOf(model, held)));
});

const startUnlock = kind("startUnlock", 1, pick, (model, pick) => {
  const held = pickFrom(model, pick);
  const expected = model.governance.startUnlock(held.owner, held.id, held.by ?? held.owner, model.now);
  return one(expected, model.world.stage.call("governance", "startUnlock", [], accountsOf(model, held)));
});

const withdraw = kind("withdraw", 3, pick, (model, pick) => {
  const held = pickFrom(model, pick);
  const expected = model.governance.withdraw(held.owner, held.id, held.by ?? held.owner, model.now);
  return one(expected, model.world.stage.call("governance", "withdraw", [], accountsOf(model, held)));
});

const RULES: readonly RulesModel[] = [
  GOVERNANCE,
  { ...GOVERNANCE, quorum: STAKE, passBps: 5_001n },
  { ...GOVERNANCE, proposerMin: 0n, quorum: 0n, voteSeconds: 1n, timelockSeconds: 1n },
  { ...GOVERNANCE, maxLockSeconds: 4n * DAY_S },
  { ...GOVERNANCE, timelockSeconds: 0n },
  { ...GOVERNANCE, passBps: 10_001n },
];

const DEEDS: readonly Deed[] = [
  ...RULES.map((rules) => ({ rules })),
  ...[1n, 700n * ATOMS, 4_000n * ATOMS, 1_000_000n * ATOMS, 0n].map((payout, to) => ({ payout, to })),
  { treasuryLimit: 5_000n * ATOMS, windowS: DAY_S },
  { treasuryLimit: 2_000_000n * ATOMS, windowS: 3_600n },
  { treasuryLimit: 0n, windowS: DAY_S },
  { steal: 1n },
  { again: true },
];

/** The instructions of a deed, as governance signs them. */
function instructionsOf({ world }: NetworkModel, number: bigint, deed: Deed): readonly TransactionInstruction[] {
  const { stage, wallets } = world;
  const { at, network } = stage;
  const { gov, tokenMint } = at;
  const vault = calls.vaultOf(gov, tokenMint);
  const guard = calls.guardOf(vault);
  const setRules = (rules: RulesModel) => stage.call("governance", "setRules", [rulesArg(rules)], { authority: gov });
  if ("rules" in deed) return [setRules(deed.rules)];
  if ("payout" in deed) {
    const to = calls.tokenAccount(at, wallets[deed.to]!);
    return [stage.call("guard", "guardedTransfer", [deed.payout], { guard, vault, mint: tokenMint, to, caller: gov })];
  }
  if ("treasuryLimit" in deed) {
    const limits = { limit: deed.treasuryLimit, windowS: Number(deed.windowS), guardian: network.guardian };
    return [stage.call("guard", "setLimits", [limits], { guard, admin: gov })];
  }
  if ("steal" in deed) {
    return [calls.transferTokens(locksOf(gov), calls.tokenAccount(at, wallets[0]!), gov, deed.steal)];
  }
  return [execute(at, number, [setRules(RULES[0]!)])];
}

/** The next proposal's number, one before it, or one too far. */
const numbering = fc.constantFrom(0n, 0n, 0n, 0n, 0n, -1n, 1n);

const propose = kind(
  "propose",
  3,
  fc.record({ pick, numbering, deed: fc.oneof({ weight: 30, arbitrary: below(DEEDS.length) }, fc.constant(null)) }),
  (model, { pick, numbering, deed }) => {
    const next = BigInt(model.governance.proposals.length);
    const number = next === 0n ? 0n : next + numbering;
    return proposeDeed(model, pickFrom(model, pick), number, deed === null ? null : DEEDS[deed]!);
  },
);

function proposeDeed(model: NetworkModel, held: Held, number: bigint, deed: Deed | null): Outcome {
  const { stage } = model.world;
  const hash = deed === null ? new Uint8Array(32) : instructionHash(instructionsOf(model, number, deed));
  const { owner, id, by } = held;
  const expected = model.governance.propose(owner, id, by ?? owner, number, deed, model.now);
  const accounts = { ...accountsOf(model, held), proposal: calls.proposalOf(stage.at.gov, number) };
  return one(expected, stage.call("governance", "propose", [number, hash, REPORT], accounts));
}

/** A proposal: mostly the latest one that waits for the command, or one of the latest, or one that is not there. */
interface Which {
  readonly back: bigint;
  readonly isAny: boolean;
}
const which: fc.Arbitrary<Which> = fc.record({
  back: fc.constantFrom(1n, 1n, 1n, 2n, 2n, 3n, 0n),
  isAny: fc.constantFrom(false, false, true),
});

function numberOf({ governance }: NetworkModel, { back, isAny }: Which, waiting: ProposalState): bigint {
  const { proposals } = governance;
  const found = isAny ? -1 : proposals.findLastIndex(({ state }) => state === waiting);
  if (found >= 0) return BigInt(found);
  const number = BigInt(proposals.length) - back;
  return number < 0n ? 0n : number;
}

const castVote = kind(
  "castVote",
  6,
  fc.record({ pick, which, choice: fc.constantFrom<ChoiceModel>("yes", "yes", "yes", "no", "abstain") }),
  (model, { pick, which, choice }) => voteOn(model, pickFrom(model, pick), numberOf(model, which, "voting"), choice),
);

function voteOn(model: NetworkModel, held: Held, number: bigint, choice: ChoiceModel): Outcome {
  const { stage } = model.world;
  const expected = model.governance.vote(held.owner, held.id, held.by ?? held.owner, number, choice, model.now);
  const proposal = calls.proposalOf(stage.at.gov, number);
  const accounts = accountsOf(model, held);
  const vote = calls.voteOf(proposal, accounts.position);
  return one(expected, stage.call("governance", "vote", [{ [choice]: {} }], { ...accounts, proposal, vote }));
}

const releaseVote = kind("releaseVote", 4, fc.record({ pick, which }), (model, { pick, which }) => {
  const held = pickFrom(model, pick);
  const { stage } = model.world;
  const number = numberOf(model, which, "defeated");
  const proposal = calls.proposalOf(stage.at.gov, number);
  const { position } = accountsOf(model, held);
  const expected = model.governance.release(held.owner, held.id, number, model.now);
  const accounts = { proposal, position, vote: calls.voteOf(proposal, position), rentPayer: stage.payer };
  return one(expected, stage.call("governance", "releaseVote", [], accounts));
});

const finalizeProposal = kind("finalizeProposal", 3, which, (model, which) =>
  countVotes(model, numberOf(model, which, "voting")),
);

const countVotes = (model: NetworkModel, number: bigint) => {
  const { stage } = model.world;
  const accounts = { proposal: calls.proposalOf(stage.at.gov, number) };
  return one(model.governance.finalize(number, model.now), stage.call("governance", "finalizeProposal", [], accounts));
};

const queueProposal = kind("queueProposal", 4, which, (model, which) => queue(model, numberOf(model, which, "passed")));

const queue = (model: NetworkModel, number: bigint) => {
  const { stage } = model.world;
  const accounts = { proposal: calls.proposalOf(stage.at.gov, number) };
  return one(model.governance.queue(number, model.now), stage.call("governance", "queueProposal", [], accounts));
};

const executeProposal = kind(
  "executeProposal",
  8,
  fc.record({ which, isSame: fc.constantFrom(true, true, true, false) }),
  (model, { which, isSame }) => executeDeed(model, numberOf(model, which, "queued"), isSame),
);

/** Executes what was voted on, or pays a wallet from the treasury instead. */
function executeDeed(model: NetworkModel, number: bigint, isSame: boolean): Outcome {
  const { governance, world } = model;
  const other: Deed = { payout: 5n, to: 0 };
  const deed = isSame ? (governance.proposals[Number(number)]?.deed ?? other) : other;
  const expected = governance.execute(number, isSame, model.now);
  return one(expected, execute(world.stage.at, number, instructionsOf(model, number, deed)));
}

const cancelProposal = kind("cancelProposal", 2, fc.record({ which, by: below(VOTERS) }), (model, { which, by }) => {
  const { stage, wallets } = model.world;
  const number = numberOf(model, which, "voting");
  const accounts = { proposal: calls.proposalOf(stage.at.gov, number), proposer: wallets[by]! };
  return one(model.governance.cancel(number, by), stage.call("governance", "cancelProposal", [], accounts));
});

/** Somebody changes the rules without a vote, signing as who they are: never done. */
export const usurp = kind("usurp", 1, fc.record({ by: wallet, rules: below(RULES.length) }), (model, { by, rules }) => {
  const { stage, wallets } = model.world;
  const accounts = { authority: wallets[by]! };
  return one("NotGovernance", stage.call("governance", "setRules", [rulesArg(RULES[rules]!)], accounts));
});

/**
 * A proposal from the locks to its execution, as it should go or a second too early; whatever stands in the way stands in the way. A second
 * voter agrees, disagrees, abstains, or stays away.
 */
const govern = kind(
  "govern",
  4,
  fc.record({
    owner: below(VOTERS),
    deed: below(DEEDS.length),
    second: fc.constantFrom<ChoiceModel | null>("yes", "yes", "yes", "abstain", "no", null),
    waits: fc.constantFrom([0n, 0n], [0n, 0n], [0n, 0n], [1n, 1n], [0n, -1n], [-1n, 0n]),
  }),
  function* (model, { owner, deed, second, waits }) {
    const { chain } = model.world.stage;
    const [afterVote, afterDelay] = waits as [bigint, bigint];
    const voters = [owner, (owner + 1) % VOTERS].map((owner) => ({ owner, id: 0n, by: null }));
    const lockFor = { amount: STAKE, lock: { isConstant: true, seconds: 8n * DAY_S } };
    for (const place of voters) yield lock.act(model, { place, ...lockFor }) as Outcome;
    chain.now = (model.epoch + 1n) * DAY_S;
    const number = BigInt(model.governance.proposals.length);
    yield proposeDeed(model, voters[0]!, number, DEEDS[deed]!);
    yield voteOn(model, voters[0]!, number, "yes");
    if (second !== null) yield voteOn(model, voters[1]!, number, second);
    const { rules } = model.governance;
    chain.now += rules.voteSeconds + afterVote;
    yield countVotes(model, number);
    yield queue(model, number);
    chain.now += rules.timelockSeconds + afterDelay;
    yield executeDeed(model, number, true);
  },
);

/** How every run begins: two who can propose from the next day on. */
export function* openingLocks(model: NetworkModel): Iterable<Outcome> {
  for (const [owner, seconds] of [3n * DAY_S, 8n * DAY_S].entries()) {
    const terms = { place: { owner, id: 1n }, amount: 5_000n * ATOMS, lock: { isConstant: false, seconds } };
    yield lock.act(model, terms) as Outcome;
  }
}

export const GOVERNANCE_COMMANDS: readonly AnyKind[] = [
  lock,
  extend,
  topUp,
  startUnlock,
  withdraw,
  propose,
  castVote,
  releaseVote,
  finalizeProposal,
  queueProposal,
  executeProposal,
  cancelProposal,
  usurp,
  govern,
];

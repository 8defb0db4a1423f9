/** Epochs from their issue to their final root: cranks, votes, vetoes, honest and bribed. */
import fc from "fast-check";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { below, kind, type Outcome, one } from "./command-kind.ts";
import { type BallotKind, type NetworkModel, ORACLES } from "./world.ts";

export const issueEpoch = kind("issueEpoch", 8, fc.constantFrom(0n, 0n, 0n, 0n, 1n, -1n), (model, offset) => {
  const { at, payer } = model.world.stage;
  const epoch = model.rewards.nextEpoch + offset;
  return one(model.rewards.issue(epoch, model.epoch, model.now), acts.issueEpoch(at, payer, epoch));
});

/** A root: the attempt under way of an epoch that is to become final, or another one near it. */
const place = fc.record({ ahead: fc.constantFrom(0n, 0n, 0n, 0n, 1n, -1n), older: fc.constantFrom(0, 0, 0, 1) });

export const rootAt = (model: NetworkModel, { ahead, older }: { readonly ahead: bigint; readonly older: number }) => {
  const epoch = model.rewards.nextFinal + ahead;
  const attempts = model.rewards.epochs.get(epoch)?.attempts ?? 1;
  return { epoch, attempt: Math.max(0, attempts - 1 - older) };
};

export const openAttempt = kind(
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

export const vote = kind(
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
export const voteTogether = kind(
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
export function castVotes(
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
export const veto = kind(
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

export const finalize = kind("finalize", 8, place, (model, where) => {
  const { epoch, attempt } = rootAt(model, where);
  const expected = model.rewards.finalize(epoch, attempt, model.now);
  return one(expected, acts.finalizeRoot(model.world.stage.at, epoch, attempt));
});

export const closeRoot = kind(
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

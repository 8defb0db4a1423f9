/** Two locks, a proposal that is cancelled and one that is executed. */
import { ATOMS } from "../../../src/sdk/network-plan.ts";
import * as calls from "../../harness/calls.ts";
import type { Arg } from "../../harness/idl.ts";
import { execute, instructionHash } from "../../harness/proposal.ts";
import { DAY_S, type TestNetwork } from "../../harness/test-network.ts";
import { HASH, none, of, onceDays, type Step, step } from "./step.ts";

const position = (network: TestNetwork, id: bigint) => calls.positionOf(network.at.gov, of(network, "voter"), id);
const proposal = (network: TestNetwork, id: bigint) => calls.proposalOf(network.at.gov, id);
const GOV_RULES = (network: TestNetwork) => network.plan.governance;

/** What is voted on: the rules as they are, set again. */
const voted = (network: TestNetwork) =>
  calls.call(network.at, "governance", "setRules", [GOV_RULES(network)], { authority: network.at.gov });

const propose = (id: bigint, before?: Step["before"]) =>
  step(
    "governance",
    "propose",
    (network) => [id, instructionHash([voted(network)]), HASH],
    (network) => ({
      proposal: proposal(network, id),
      position: position(network, 1n),
      owner: of(network, "voter"),
      payer: of(network, "payer"),
    }),
    before === undefined ? {} : { before },
  );
const lockUp = (id: bigint, lock: (network: TestNetwork) => Arg) =>
  step(
    "governance",
    "lock",
    (network) => [id, 10_000n * ATOMS, lock(network)],
    (network) => ({
      position: position(network, id),
      owner: of(network, "voter"),
      from: calls.tokenAccount(network.at, of(network, "voter")),
      payer: of(network, "payer"),
    }),
  );
const year = 365n * DAY_S;

export const GOVERNANCE: readonly Step[] = [
  lockUp(1n, (network) => ({ cliff: { end: network.epoch * DAY_S + 2n * year } })),
  lockUp(2n, () => ({ constant: { seconds: Number(year) } })),
  step(
    "governance",
    "extend",
    (network) => [{ cliff: { end: network.epoch * DAY_S + 3n * year } }],
    (network) => ({ position: position(network, 1n), owner: of(network, "voter") }),
  ),
  step(
    "governance",
    "topUp",
    () => [5n * ATOMS],
    (network) => ({
      position: position(network, 1n),
      owner: of(network, "voter"),
      from: calls.tokenAccount(network.at, of(network, "voter")),
    }),
  ),
  step("governance", "startUnlock", none, (network) => ({
    position: position(network, 2n),
    owner: of(network, "voter"),
  })),
  propose(0n, onceDays(1n)),
  propose(1n),
  step("governance", "cancelProposal", none, (network) => ({
    proposal: proposal(network, 1n),
    proposer: of(network, "voter"),
  })),
  step(
    "governance",
    "vote",
    () => [{ yes: {} }],
    (network) => ({
      proposal: proposal(network, 0n),
      position: position(network, 1n),
      vote: calls.voteOf(proposal(network, 0n), position(network, 1n)),
      owner: of(network, "voter"),
      payer: of(network, "rentPayer"),
    }),
  ),
  step("governance", "finalizeProposal", none, (network) => ({ proposal: proposal(network, 0n) }), {
    before: onceDays(7n),
  }),
  step("governance", "releaseVote", none, (network) => ({
    proposal: proposal(network, 0n),
    position: position(network, 1n),
    vote: calls.voteOf(proposal(network, 0n), position(network, 1n)),
    rentPayer: of(network, "rentPayer"),
  })),
  step("governance", "queueProposal", none, (network) => ({ proposal: proposal(network, 0n) })),
  {
    name: "governance.execute",
    before: onceDays(2n),
    build: (network) => [execute(network.at, 0n, [voted(network)])],
  },
  step(
    "governance",
    "setRules",
    (network) => [GOV_RULES(network)],
    (network) => ({ authority: network.at.gov }),
  ),
  step(
    "governance",
    "withdraw",
    none,
    (network) => ({
      position: position(network, 2n),
      owner: of(network, "voter"),
      to: calls.tokenAccount(network.at, of(network, "customer")),
    }),
    { before: onceDays(365n) },
  ),
];

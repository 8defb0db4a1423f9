/** What admins and guardians set and switch, and what strangers try in their place. */
import fc from "fast-check";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import * as calls from "../harness/calls.ts";
import { below, kind, type Outcome, one, U64_MAX } from "./command-kind.ts";
import { setLimit } from "./guard-model.ts";
import { DAILY, type NetworkModel } from "./world.ts";

const SETS = [
  { members: [0, 1, 2, 3, 4], threshold: 4 },
  { members: [0, 1, 2, 5, 6], threshold: 4 },
  { members: [0, 1, 2, 3], threshold: 3 },
  { members: [0, 0, 1, 2, 3], threshold: 4 },
  { members: [0, 1, 2], threshold: 2 },
  { members: [0, 1], threshold: 3 },
] as const;

export const rotate = kind(
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

export const pause = kind(
  "pause",
  1,
  fc.record({ which: fc.constantFrom(...SWITCHES), by: below(3) }),
  (model, { which, by }) => turn(model, which, by, true),
);

export const unpause = kind(
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

export const setVaultLimit = kind(
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

export const setIssueSettings = kind(
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

/**
 * What anybody may try on a network, well-meaning, careless or hostile: each command says what the model expects of it, an error's name or
 * null, and sends it to the chain. Parameters are small numbers, so that commands meet the same wallets, epochs and roots again and again.
 */
import fc from "fast-check";
import * as acts from "../harness/acts.ts";
import { DAY_S } from "../harness/test-network.ts";
import { pause, rotate, setIssueSettings, setVaultLimit, unpause } from "./admin-commands.ts";
import { claim, claimWith, donate, openClaim } from "./claim-commands.ts";
import { type AnyKind, kind, type Outcome, one, U64_MAX } from "./command-kind.ts";
import { GOVERNANCE_COMMANDS, openingLocks } from "./governance-commands.ts";
import { onboard, sell, setBeneficiary, syncOwner } from "./hotspot-commands.ts";
import {
  castVotes,
  closeRoot,
  finalize,
  issueEpoch,
  openAttempt,
  rootAt,
  veto,
  vote,
  voteTogether,
} from "./root-commands.ts";
import {
  burnOwn,
  burnRouter,
  fundRouter,
  mintDataCredits,
  openEpoch,
  registerRouter,
  submitPrice,
  trade,
} from "./trade-commands.ts";
import { type NetworkModel, VETO_S, WALLETS } from "./world.ts";

const warp = kind(
  "warp",
  6,
  fc.constantFrom(1n, 60n, 3_600n, DAY_S / 4n, DAY_S / 2n, DAY_S - 1n, DAY_S, DAY_S + 1n, 3n * DAY_S),
  ({ world }, seconds) => {
    world.stage.chain.now += seconds;
    return one(null);
  },
);

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

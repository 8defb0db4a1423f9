/** Governance as it should be: locked tokens, what they count at a time, proposals from their vote to their execution. Times are Unix seconds. */
import { type GuardModel, guardRefusal, letOut, setLimit } from "./guard-model.ts";
import type { MoneyModel } from "./money-model.ts";

const U64 = 2n ** 64n;
/** Past states of a position that are kept. */
const CHECKPOINTS = 8;

export type LockModel = { readonly end: bigint } | { readonly seconds: bigint };

export interface RulesModel {
  readonly quorum: bigint;
  readonly proposerMin: bigint;
  readonly passBps: bigint;
  readonly voteSeconds: bigint;
  readonly timelockSeconds: bigint;
  readonly executeSeconds: bigint;
  readonly minLockSeconds: bigint;
  readonly maxLockSeconds: bigint;
}

export interface CheckpointModel {
  readonly from: bigint;
  readonly amount: bigint;
  readonly lock: LockModel;
}

export interface PositionModel {
  readonly owner: number;
  amount: bigint;
  lock: LockModel;
  checkpoints: readonly CheckpointModel[];
  /** Numbers of the proposals it voted on and has not been released from. */
  readonly votes: Set<bigint>;
}

export type ChoiceModel = "yes" | "no" | "abstain";
export type ProposalState = "voting" | "passed" | "defeated" | "queued" | "executed" | "cancelled";

/** What a proposal does when it is executed. */
export type Deed =
  | { readonly rules: RulesModel }
  | { readonly payout: bigint; readonly to: number }
  | { readonly treasuryLimit: bigint; readonly windowS: bigint }
  /** Takes locked tokens with governance's own signature. */
  | { readonly steal: bigint }
  /** Executes itself. */
  | { readonly again: true };

export interface ProposalModel {
  readonly proposer: number;
  readonly deed: Deed;
  readonly snapshot: bigint;
  readonly end: bigint;
  /** The rules it was made under. */
  readonly rules: RulesModel;
  readonly tally: Record<ChoiceModel, bigint>;
  state: ProposalState;
  eta: bigint;
}

export const remaining = (lock: LockModel, at: bigint): bigint =>
  "end" in lock ? (lock.end > at ? lock.end - at : 0n) : lock.seconds;

/** What a position counts at a time: what it was by the last change that had come into force. */
export function weightAt({ checkpoints }: PositionModel, at: bigint, longest: bigint): bigint {
  const held = checkpoints.findLast(({ from }) => from <= at);
  if (held === undefined) return 0n;
  const left = remaining(held.lock, at);
  return (held.amount * (left < longest ? left : longest)) / longest;
}

export class GovernanceModel {
  readonly money: MoneyModel;
  readonly treasuryGuard: GuardModel;
  readonly epochS: bigint;
  /** By `owner/number`. */
  readonly positions = new Map<string, PositionModel>();
  readonly proposals: ProposalModel[] = [];
  rules: RulesModel;
  locked = 0n;

  constructor(money: MoneyModel, treasuryGuard: GuardModel, rules: RulesModel, epochS: bigint) {
    this.money = money;
    this.treasuryGuard = treasuryGuard;
    this.epochS = epochS;
    this.rules = rules;
  }

  #checkpoint(position: PositionModel, now: bigint): void {
    const from = (now / this.epochS + 1n) * this.epochS;
    const kept = position.checkpoints.filter((one) => one.from !== from);
    position.checkpoints = [...kept, { from, amount: position.amount, lock: position.lock }].slice(-CHECKPOINTS);
  }

  #isOutOfRange(lock: LockModel, now: bigint): boolean {
    const left = remaining(lock, now);
    return left < this.rules.minLockSeconds || left > this.rules.maxLockSeconds;
  }

  #take(owner: number, amount: bigint): string | null {
    if (this.locked + amount >= U64) return "AmountOverflow";
    if (this.money.tokens[owner]! < amount) return "token InsufficientFunds";
    this.money.tokens[owner]! -= amount;
    this.locked += amount;
    return null;
  }

  lock(owner: number, id: bigint, amount: bigint, lock: LockModel, now: bigint): string | null {
    if (this.positions.has(`${owner}/${id}`)) return "account already in use";
    if (amount === 0n) return "ZeroAmount";
    if (this.#isOutOfRange(lock, now)) return "LockOutOfRange";
    const refused = this.#take(owner, amount);
    if (refused !== null) return refused;
    const position: PositionModel = { owner, amount, lock, checkpoints: [], votes: new Set() };
    this.#checkpoint(position, now);
    this.positions.set(`${owner}/${id}`, position);
    return null;
  }

  /** The position, or why `by` may do nothing with it. */
  #owned(owner: number, id: bigint, by: number): PositionModel | string {
    const position = this.positions.get(`${owner}/${id}`);
    if (position === undefined) return "AccountNotInitialized";
    return by === owner ? position : "NotTheOwner";
  }

  extend(owner: number, id: bigint, by: number, lock: LockModel, now: bigint): string | null {
    const position = this.#owned(owner, id, by);
    if (typeof position === "string") return position;
    if (this.#isOutOfRange(lock, now)) return "LockOutOfRange";
    const isLooser = "seconds" in position.lock && "end" in lock;
    if (isLooser || remaining(lock, now) < remaining(position.lock, now)) return "LockShortened";
    position.lock = lock;
    this.#checkpoint(position, now);
    return null;
  }

  topUp(owner: number, id: bigint, by: number, amount: bigint, now: bigint): string | null {
    const position = this.#owned(owner, id, by);
    if (typeof position === "string") return position;
    if (amount === 0n) return "ZeroAmount";
    if (remaining(position.lock, now) === 0n) return "LockOver";
    if (position.amount + amount >= U64) return "AmountOverflow";
    const refused = this.#take(owner, amount);
    if (refused !== null) return refused;
    position.amount += amount;
    this.#checkpoint(position, now);
    return null;
  }

  startUnlock(owner: number, id: bigint, by: number, now: bigint): string | null {
    const position = this.#owned(owner, id, by);
    if (typeof position === "string") return position;
    if ("end" in position.lock) return "NotConstant";
    position.lock = { end: now + position.lock.seconds };
    this.#checkpoint(position, now);
    return null;
  }

  withdraw(owner: number, id: bigint, by: number, now: bigint): string | null {
    const position = this.#owned(owner, id, by);
    if (typeof position === "string") return position;
    if (remaining(position.lock, now) > 0n) return "StillLocked";
    if (position.votes.size > 0) return "VotesActive";
    this.positions.delete(`${owner}/${id}`);
    this.locked -= position.amount;
    this.money.tokens[owner]! += position.amount;
    return null;
  }

  propose(owner: number, id: bigint, by: number, number: bigint, deed: Deed | null, now: bigint): string | null {
    const position = this.positions.get(`${owner}/${id}`);
    if (position === undefined) return "AccountNotInitialized";
    if (number < BigInt(this.proposals.length)) return "account already in use";
    if (by !== owner) return "NotTheOwner";
    if (number !== BigInt(this.proposals.length)) return "WrongProposalNumber";
    if (deed === null) return "ZeroHash";
    const weight = weightAt(position, now, this.rules.maxLockSeconds);
    if (weight === 0n || weight < this.rules.proposerMin) return "TooLittleToPropose";
    this.proposals.push({
      proposer: by,
      deed,
      snapshot: now,
      end: now + this.rules.voteSeconds,
      rules: this.rules,
      tally: { yes: 0n, no: 0n, abstain: 0n },
      state: "voting",
      eta: 0n,
    });
    return null;
  }

  vote(owner: number, id: bigint, by: number, number: bigint, choice: ChoiceModel, now: bigint): string | null {
    const proposal = this.proposals[Number(number)];
    const position = this.positions.get(`${owner}/${id}`);
    if (proposal === undefined || position === undefined) return "AccountNotInitialized";
    if (position.votes.has(number)) return "account already in use";
    if (by !== owner) return "NotTheOwner";
    if (isVoteOver(proposal, now)) return "VoteOver";
    const weight = weightAt(position, proposal.snapshot, proposal.rules.maxLockSeconds);
    if (weight === 0n) return "NoWeight";
    proposal.tally[choice] += weight;
    position.votes.add(number);
    return null;
  }

  release(owner: number, id: bigint, number: bigint, now: bigint): string | null {
    const proposal = this.proposals[Number(number)];
    const position = this.positions.get(`${owner}/${id}`);
    if (proposal === undefined || position === undefined || !position.votes.has(number)) return "AccountNotInitialized";
    if (!isVoteOver(proposal, now)) return "VoteOpen";
    position.votes.delete(number);
    return null;
  }

  finalize(number: bigint, now: bigint): string | null {
    const proposal = this.proposals[Number(number)];
    if (proposal === undefined) return "AccountNotInitialized";
    if (proposal.state !== "voting") return "WrongState";
    if (now < proposal.end) return "VoteOpen";
    const { yes, no, abstain } = proposal.tally;
    const { quorum, passBps } = proposal.rules;
    const passes = yes > 0n && yes + no + abstain >= quorum && yes * 10_000n >= (yes + no) * passBps;
    proposal.state = passes ? "passed" : "defeated";
    return null;
  }

  queue(number: bigint, now: bigint): string | null {
    const proposal = this.proposals[Number(number)];
    if (proposal === undefined) return "AccountNotInitialized";
    if (proposal.state !== "passed") return "WrongState";
    Object.assign(proposal, { state: "queued", eta: now + proposal.rules.timelockSeconds });
    return null;
  }

  /** `isSame` says whether what is given is what was voted on. */
  execute(number: bigint, isSame: boolean, now: bigint): string | null {
    const proposal = this.proposals[Number(number)];
    if (proposal === undefined) return "AccountNotInitialized";
    if (proposal.state !== "queued") return "WrongState";
    if (now < proposal.eta) return "TooEarly";
    if (now >= proposal.eta + proposal.rules.executeSeconds) return "TooLate";
    if (!isSame) return "InstructionMismatch";
    const refused = this.#do(proposal.deed, now);
    if (refused === null) proposal.state = "executed";
    return refused;
  }

  #do(deed: Deed, now: bigint): string | null {
    if ("rules" in deed) {
      if (isBadRule(deed.rules)) return "BadRule";
      this.rules = deed.rules;
    } else if ("payout" in deed) {
      const refused = guardRefusal(this.treasuryGuard, deed.payout, now);
      if (refused !== null) return refused;
      if (this.money.treasury < deed.payout) return "token InsufficientFunds";
      letOut(this.treasuryGuard, deed.payout, now);
      this.money.treasury -= deed.payout;
      this.money.tokens[deed.to]! += deed.payout;
    } else if ("treasuryLimit" in deed) {
      setLimit(this.treasuryGuard, deed.treasuryLimit, deed.windowS, now);
      this.treasuryGuard.history.length = 0;
    } else return "steal" in deed ? "token OwnerMismatch" : "WrongState";
    return null;
  }

  cancel(number: bigint, by: number): string | null {
    const proposal = this.proposals[Number(number)];
    if (proposal === undefined) return "AccountNotInitialized";
    if (proposal.proposer !== by) return "NotTheProposer";
    if (!["voting", "passed", "queued"].includes(proposal.state)) return "WrongState";
    proposal.state = "cancelled";
    return null;
  }
}

const isVoteOver = ({ state, end }: ProposalModel, now: bigint) => state !== "voting" || now >= end;

function isBadRule(rules: RulesModel): boolean {
  const { passBps, voteSeconds, timelockSeconds, executeSeconds, minLockSeconds, maxLockSeconds } = rules;
  const isInstant = [voteSeconds, timelockSeconds, executeSeconds, minLockSeconds].some((seconds) => seconds === 0n);
  return isInstant || passBps > 10_000n || minLockSeconds > maxLockSeconds;
}

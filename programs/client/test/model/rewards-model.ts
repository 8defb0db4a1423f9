/** The rewards program as it should be: epochs in order, votes of a set, a window, one final root an epoch, claims against the latest. */

import type { DataCreditsModel } from "./data-credits-model.ts";
import { type GuardModel, guardRefusal, letOut, roomOf } from "./guard-model.ts";
import type { MoneyModel } from "./money-model.ts";
import { Timed } from "./timed.ts";

export interface SettingsModel {
  readonly reissueCap: bigint;
  readonly averageEpochs: bigint;
  readonly treasuryBps: bigint;
}

export interface RewardRules {
  readonly startEpoch: bigint;
  readonly epochs: bigint;
  readonly total: bigint;
  readonly vetoS: bigint;
  readonly retention: bigint;
}

/** What is voted for: a name for the tuple, and what of it the program looks at. */
export interface BallotModel {
  readonly name: string;
  readonly total: bigint;
  readonly isMalformed: boolean;
  readonly hasParameters: boolean;
}

export interface RootModel {
  readonly version: number;
  readonly threshold: number;
  readonly members: readonly string[];
  readonly votes: Map<string, string>;
  state: "voting" | "approved" | "vetoed" | "final";
  approved: BallotModel | null;
  finalFrom: bigint;
  isClosed: boolean;
}

export interface EpochModel {
  readonly scheduled: bigint;
  readonly reissued: bigint;
  readonly pool: bigint;
  readonly treasury: bigint;
  readonly burned: bigint;
  readonly issued: bigint;
  attempts: number;
  final: BallotModel | null;
}

export class RewardsModel {
  readonly money: MoneyModel;
  readonly dataCredits: DataCreditsModel;
  readonly mintGuard: GuardModel;
  readonly vaultGuard: GuardModel;
  readonly rules: RewardRules;
  readonly settings: Timed<SettingsModel>;
  readonly epochs = new Map<bigint, EpochModel>();
  /** By `epoch/attempt`. */
  readonly roots = new Map<string, RootModel>();
  /** Claimed by wallet index; no entry before the account is opened. */
  readonly claims = new Map<number, bigint>();
  members: readonly string[];
  threshold: number;
  version = 1;
  nextEpoch: bigint;
  nextFinal: bigint;
  issued = 0n;
  issuedTreasury = 0n;
  claimed = 0n;
  finalTotal = 0n;
  finalName = "";
  burnAverage = 0n;
  burned = 0n;
  reissued = 0n;
  paused = false;
  lastChange = 0n;

  constructor(
    money: MoneyModel,
    dataCredits: DataCreditsModel,
    guards: { readonly mint: GuardModel; readonly vault: GuardModel },
    rules: RewardRules,
    settings: SettingsModel,
    members: readonly string[],
    threshold: number,
  ) {
    this.money = money;
    this.dataCredits = dataCredits;
    this.mintGuard = guards.mint;
    this.vaultGuard = guards.vault;
    this.rules = rules;
    this.settings = new Timed(settings);
    this.members = members;
    this.threshold = threshold;
    this.nextEpoch = rules.startEpoch;
    this.nextFinal = rules.startEpoch;
  }

  /** R1: what the schedule issues in an epoch, to the unit. */
  emission(epoch: bigint): bigint {
    const { startEpoch, epochs, total } = this.rules;
    const k = epoch - startEpoch;
    return k < 0n || k >= epochs ? 0n : (total * (k + 1n)) / epochs - (total * k) / epochs;
  }

  issue(epoch: bigint, present: bigint, now: bigint): string | null {
    if (this.epochs.has(epoch)) return "account already in use";
    if (this.paused) return "Paused";
    if (epoch !== this.nextEpoch) return "NotTheNextEpoch";
    if (epoch >= present) return "EpochNotOver";
    const { reissueCap, averageEpochs, treasuryBps } = this.settings.at(epoch);
    const burned = this.dataCredits.records.get(epoch)?.tokenBurned ?? 0n;
    const average = (this.burnAverage * (averageEpochs - 1n) + burned) / averageEpochs;
    // R2: the average, at most the cap, and never more than is left of what was burnt.
    const left = this.burned + burned - this.reissued;
    const reissued = [average, reissueCap, left].reduce((least, bound) => (bound < least ? bound : least));
    const scheduled = this.emission(epoch);
    const all = scheduled + reissued;
    const treasury = (all * treasuryBps) / 10_000n;
    const pool = all - treasury;
    const refused = this.#mint([pool, treasury], now);
    if (refused !== null) return refused;
    this.money.vault += pool;
    this.money.treasury += treasury;
    this.money.tokenSupply += all;
    this.nextEpoch = epoch + 1n;
    this.issued += pool;
    this.issuedTreasury += treasury;
    this.burned += burned;
    this.reissued += reissued;
    this.burnAverage = average;
    this.epochs.set(epoch, {
      scheduled,
      reissued,
      pool,
      treasury,
      burned,
      issued: this.issued,
      attempts: 1,
      final: null,
    });
    this.roots.set(`${epoch}/0`, this.#newRoot());
    return null;
  }

  /** All or nothing, as a transaction is. */
  #mint(amounts: readonly bigint[], now: bigint): string | null {
    const guard = this.mintGuard;
    const before = { level: guard.level, at: guard.at, out: guard.out };
    const kept = guard.history.length;
    for (const amount of amounts.filter((one) => one > 0n)) {
      const refused = guardRefusal(guard, amount, now);
      if (refused !== null) {
        Object.assign(guard, before);
        guard.history.length = kept;
        return refused;
      }
      letOut(guard, amount, now);
    }
    return null;
  }

  #newRoot(): RootModel {
    return {
      version: this.version,
      threshold: this.threshold,
      members: this.members,
      votes: new Map(),
      state: "voting",
      approved: null,
      finalFrom: 0n,
      isClosed: false,
    };
  }

  root(epoch: bigint, attempt: number): RootModel | null {
    const root = this.roots.get(`${epoch}/${attempt}`);
    return root === undefined || root.isClosed ? null : root;
  }

  openAttempt(epoch: bigint, attempt: number): string | null {
    if (this.root(epoch, attempt) !== null) return "account already in use";
    const previous = this.root(epoch, Math.max(0, attempt - 1));
    const account = this.epochs.get(epoch);
    if (previous === null || account === undefined) return "AccountNotInitialized";
    if (this.paused) return "Paused";
    if (account.final !== null) return "EpochFinal";
    if (attempt !== account.attempts || attempt === 0) return "NotTheLatestAttempt";
    if (!this.#isOver(previous)) return "AttemptStillOpen";
    account.attempts = attempt + 1;
    this.roots.set(`${epoch}/${attempt}`, this.#newRoot());
    return null;
  }

  #isOver(root: RootModel): boolean {
    if (root.state === "vetoed") return true;
    if (root.state === "final") return false;
    if (root.version !== this.version) return true;
    if (root.state === "approved") return root.approved!.total < this.finalTotal;
    const counts = [...new Set(root.votes.values())].map((name) => votesFor(root, name));
    const open = root.members.length - root.votes.size;
    return Math.max(0, ...counts) + open < root.threshold;
  }

  vote(oracle: string, epoch: bigint, attempt: number, ballot: BallotModel, now: bigint): string | null {
    const root = this.root(epoch, attempt);
    const account = this.epochs.get(epoch);
    if (root === null || account === undefined) return "AccountNotInitialized";
    if (this.paused) return "Paused";
    if (!this.members.includes(oracle)) return "NotAnOracle";
    if (root.state !== "voting") return "VotingClosed";
    if (root.version !== this.version) return "OracleSetChanged";
    if (ballot.isMalformed) return "MalformedRoot";
    if (!ballot.hasParameters) return "ParameterMismatch";
    if (ballot.total < this.finalTotal) return "TotalBelowFinal";
    if (ballot.total > account.issued) return "TotalAboveIssued";
    if (root.votes.has(oracle)) return "AlreadyVoted";
    root.votes.set(oracle, ballot.name);
    if (votesFor(root, ballot.name) >= root.threshold)
      Object.assign(root, { state: "approved", approved: ballot, finalFrom: now + this.rules.vetoS });
    return null;
  }

  /** Votes in one transaction. */
  voteAll(oracles: readonly string[], epoch: bigint, attempt: number, ballot: BallotModel, now: bigint): string | null {
    const root = this.root(epoch, attempt);
    const before = root === null ? null : { ...root, votes: new Map(root.votes) };
    for (const oracle of oracles) {
      const refused = this.vote(oracle, epoch, attempt, ballot, now);
      if (refused === null) continue;
      if (root !== null) Object.assign(root, before);
      return refused;
    }
    return null;
  }

  veto(isAllowed: boolean, epoch: bigint, attempt: number, now: bigint): string | null {
    const root = this.root(epoch, attempt);
    if (root === null) return "AccountNotInitialized";
    if (!isAllowed) return "NotTheGuardian";
    if (root.state !== "approved") return "NotApproved";
    if (now >= root.finalFrom) return "VetoWindowOver";
    root.state = "vetoed";
    return null;
  }

  finalize(epoch: bigint, attempt: number, now: bigint): string | null {
    const root = this.root(epoch, attempt);
    const account = this.epochs.get(epoch);
    if (root === null || account === undefined) return "AccountNotInitialized";
    if (this.paused) return "Paused";
    if (root.state !== "approved") return "NotApproved";
    if (account.final !== null) return "EpochFinal";
    if (epoch !== this.nextFinal) return "NotTheNextFinal";
    if (root.version !== this.version) return "OracleSetChanged";
    if (now < root.finalFrom) return "VetoWindowOpen";
    const ballot = root.approved!;
    if (ballot.total < this.finalTotal) return "TotalBelowFinal";
    if (ballot.total > account.issued) return "TotalAboveIssued";
    root.state = "final";
    account.final = ballot;
    this.nextFinal = epoch + 1n;
    this.finalTotal = ballot.total;
    this.finalName = ballot.name;
    return null;
  }

  openClaim(wallet: number): string | null {
    if (this.claims.has(wallet)) return "account already in use";
    this.claims.set(wallet, 0n);
    return null;
  }

  /** `proves` says whether the proof leads from that amount to the latest final root, or with what error it does not. */
  claim(wallet: number, cumulative: bigint, proves: string | null, now: bigint): string | null {
    const paid = this.claims.get(wallet);
    if (paid === undefined) return "AccountNotInitialized";
    if (this.paused) return "Paused";
    if (this.nextFinal === this.rules.startEpoch) return "NoFinalRoot";
    if (cumulative <= paid) return "NothingToClaim";
    if (proves !== null) return proves;
    const due = cumulative - paid;
    // More than the vault ever lets out at once is paid in parts.
    const room = due > this.vaultGuard.limit ? roomOf(this.vaultGuard, now) : 0n;
    const amount = room > 0n ? room : due;
    if (this.claimed + amount > this.finalTotal) return "ClaimsExceedTotal";
    const refused = guardRefusal(this.vaultGuard, amount, now);
    if (refused !== null) return refused;
    letOut(this.vaultGuard, amount, now);
    this.claims.set(wallet, paid + amount);
    this.claimed += amount;
    this.money.vault -= amount;
    this.money.tokens[wallet]! += amount;
    return null;
  }

  rotate(isAdmin: boolean, members: readonly string[], threshold: number): string | null {
    const distinct = new Set(members).size === members.length;
    if (!distinct || threshold > members.length || 3 * threshold <= 2 * members.length)
      return isAdmin ? "BadOracleSet" : "NotTheAdmin";
    if (!isAdmin) return "NotTheAdmin";
    Object.assign(this, { members, threshold, version: this.version + 1 });
    return null;
  }

  setSettings(settings: SettingsModel, from: bigint, present: bigint): string | null {
    if (from <= present) return "EpochNotInTheFuture";
    if (this.nextEpoch < this.lastChange && this.lastChange <= present) return "ChangePending";
    this.settings.set(settings, from, present);
    this.lastChange = from;
    return null;
  }

  closeRoot(epoch: bigint, attempt: number): string | null {
    const root = this.root(epoch, attempt);
    if (root === null) return "AccountNotInitialized";
    if (epoch + this.rules.retention >= this.nextFinal) return "RootRetained";
    root.isClosed = true;
    return null;
  }
}

const votesFor = (root: RootModel, name: string) => [...root.votes.values()].filter((one) => one === name).length;

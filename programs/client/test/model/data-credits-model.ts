/** The data-credit program as it should be. Every act gives the error it is refused with, or null after it has changed the model. */
import { type GuardModel, guardRefusal, letOut } from "./guard-model.ts";
import type { MoneyModel } from "./money-model.ts";

const U64 = 2n ** 64n;
const MAX_PRICE_E8 = 1_000_000_000_000_000n;
/** 10^decimals base units a token, times 1e-8 USD a data credit. */
const UNIT = 10n ** 8n * 1_000n;
const TOO_LITTLE = "token InsufficientFunds";

export interface FeedRules {
  readonly quorum: number;
  readonly maxSubmissionAgeS: bigint;
  readonly maxStepBps: bigint;
  readonly stepSeconds: bigint;
  readonly maxPriceAgeS: bigint;
  readonly maxConfidenceBps: bigint;
}

export interface RecordModel {
  tokenBurned: bigint;
  dcMinted: bigint;
  priceE8: bigint;
  priceAt: bigint;
}

export interface RouterModel {
  funded: bigint;
  burned: bigint;
  nonce: bigint;
  epoch: bigint;
  escrow: bigint;
}

export type ConversionModel =
  | { readonly exactTokens: { readonly tokens: bigint; readonly leastDataCredits: bigint } }
  | { readonly exactDataCredits: { readonly dataCredits: bigint; readonly mostTokens: bigint } };

export class DataCreditsModel {
  readonly money: MoneyModel;
  readonly guard: GuardModel;
  readonly rules: FeedRules;
  readonly submissions: { price: bigint; at: bigint }[];
  readonly records = new Map<bigint, RecordModel>();
  readonly routers = new Map<number, RouterModel>();
  priceE8 = 0n;
  confidenceE8 = 0n;
  updatedAt = 0n;
  stepPriceE8 = 0n;
  stepAt = 0n;
  tokenBurned = 0n;
  minted = 0n;
  burnedData = 0n;
  burnedFees = 0n;
  escrowed = 0n;
  paused = false;

  constructor(money: MoneyModel, guard: GuardModel, rules: FeedRules, oracles: number) {
    this.money = money;
    this.guard = guard;
    this.rules = rules;
    this.submissions = Array.from({ length: oracles }, () => ({ price: 0n, at: 0n }));
  }

  openEpoch(epoch: bigint, present: bigint): string | null {
    if (this.records.has(epoch)) return "account already in use";
    if (epoch !== present && epoch !== present + 1n) return "EpochNotNear";
    this.records.set(epoch, { tokenBurned: 0n, dcMinted: 0n, priceE8: 0n, priceAt: 0n });
    return null;
  }

  /** `oracle` is an index; one beyond the set is a stranger. */
  submitPrice(oracle: number, price: bigint, epoch: bigint, present: bigint, now: bigint): string | null {
    const record = this.records.get(epoch);
    if (record === undefined) return "AccountNotInitialized";
    if (epoch !== present) return "WrongEpoch";
    if (price === 0n || price > MAX_PRICE_E8) return "PriceOutOfRange";
    const submission = this.submissions[oracle];
    if (submission === undefined) return "NotAPriceOracle";
    const after = this.submissions.map((one, index) => (index === oracle ? { price, at: now } : one));
    const fresh = after.filter((one) => one.price > 0n && now - one.at <= this.rules.maxSubmissionAgeS);
    if (fresh.length >= this.rules.quorum) {
      const { median, spread } = medianOf(fresh.map((one) => one.price));
      if (!this.#isStepAllowed(median, now)) return "PriceStepTooLarge";
      if (this.stepPriceE8 === 0n || this.#stepsBegun(now) > 1n)
        Object.assign(this, { stepPriceE8: median, stepAt: now });
      Object.assign(this, { priceE8: median, confidenceE8: spread, updatedAt: now });
      if (this.#isCertain() && now >= record.priceAt) Object.assign(record, { priceE8: median, priceAt: now });
    }
    Object.assign(submission, { price, at: now });
    return null;
  }

  #stepsBegun(now: bigint): bigint {
    const elapsed = now > this.stepAt ? now - this.stepAt : 0n;
    return elapsed / this.rules.stepSeconds + 1n;
  }

  #isStepAllowed(price: bigint, now: bigint): boolean {
    if (this.stepPriceE8 === 0n) return true;
    const moved = price > this.stepPriceE8 ? price - this.stepPriceE8 : this.stepPriceE8 - price;
    return moved * 10_000n <= this.stepPriceE8 * this.rules.maxStepBps * this.#stepsBegun(now);
  }

  #isCertain(): boolean {
    return this.confidenceE8 * 10_000n <= this.priceE8 * this.rules.maxConfidenceBps;
  }

  mint(wallet: number, conversion: ConversionModel, epoch: bigint, present: bigint, now: bigint): string | null {
    const record = this.records.get(epoch);
    if (record === undefined) return "AccountNotInitialized";
    if (this.paused) return "Paused";
    if (epoch !== present) return "WrongEpoch";
    if (this.priceE8 === 0n) return "NoPrice";
    if (this.updatedAt > now) return "PriceOfTheFuture";
    if (now - this.updatedAt > this.rules.maxPriceAgeS) return "PriceTooOld";
    if (!this.#isCertain()) return "PriceTooUncertain";
    const cautious = this.priceE8 - 2n * this.confidenceE8;
    if (cautious <= 0n) return "PriceTooUncertain";
    const found = convert(conversion, cautious);
    if (typeof found === "string") return found;
    const { tokens, dataCredits } = found;
    if ([this.tokenBurned + tokens, this.minted + dataCredits].some((sum) => sum >= U64)) return "AmountOverflow";
    if (this.money.tokens[wallet]! < tokens) return TOO_LITTLE;
    const refused = guardRefusal(this.guard, dataCredits, now);
    if (refused !== null) return refused;
    letOut(this.guard, dataCredits, now);
    this.tokenBurned += tokens;
    this.minted += dataCredits;
    record.tokenBurned += tokens;
    record.dcMinted += dataCredits;
    this.money.tokens[wallet]! -= tokens;
    this.money.tokenSupply -= tokens;
    this.money.dataCredits[wallet]! += dataCredits;
    this.money.dcSupply += dataCredits;
    return null;
  }

  registerRouter(router: number): string | null {
    if (this.routers.has(router)) return "account already in use";
    this.routers.set(router, { funded: 0n, burned: 0n, nonce: 0n, epoch: 0n, escrow: 0n });
    return null;
  }

  fund(wallet: number, router: number, amount: bigint): string | null {
    const account = this.routers.get(router);
    if (account === undefined) return "AccountNotInitialized";
    if (amount === 0n) return "ZeroAmount";
    if (this.paused) return "Paused";
    if (account.funded + amount >= U64 || this.escrowed + amount >= U64) return "AmountOverflow";
    if (this.guard.paused) return "Paused";
    if (this.money.dataCredits[wallet]! < amount) return TOO_LITTLE;
    account.funded += amount;
    account.escrow += amount;
    this.escrowed += amount;
    this.money.dataCredits[wallet]! -= amount;
    return null;
  }

  burn(
    router: number,
    { amount, epoch, nonce }: { readonly amount: bigint; readonly epoch: bigint; readonly nonce: bigint },
    isAuthority: boolean,
    present: bigint,
  ): string | null {
    const account = this.routers.get(router);
    if (account === undefined) return "AccountNotInitialized";
    if (!isAuthority) return "NotTheBurnAuthority";
    if (this.paused) return "Paused";
    if (amount === 0n) return "ZeroAmount";
    if (nonce !== account.nonce + 1n) return "NonceOutOfOrder";
    if (epoch < account.epoch || epoch > present) return "WrongEpoch";
    if (amount > account.escrow) return "EscrowTooSmall";
    Object.assign(account, { nonce, epoch });
    account.burned += amount;
    account.escrow -= amount;
    this.burnedData += amount;
    this.money.dcSupply -= amount;
    return null;
  }

  /** Burns a fee of a wallet's data credits: the registry's part of onboarding and asserting. */
  burnFee(wallet: number, amount: bigint): string | null {
    if (this.paused) return "Paused";
    if (this.money.dataCredits[wallet]! < amount) return TOO_LITTLE;
    this.burnedFees += amount;
    this.money.dataCredits[wallet]! -= amount;
    this.money.dcSupply -= amount;
    return null;
  }
}

/** Lower median, and the upper median of the distances from it. */
function medianOf(prices: readonly bigint[]): { median: bigint; spread: bigint } {
  const ascending = (values: readonly bigint[]) => values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const median = ascending(prices)[(prices.length - 1) >> 1]!;
  const distances = prices.map((price) => (price > median ? price - median : median - price));
  return { median, spread: ascending(distances)[prices.length >> 1]! };
}

function convert(conversion: ConversionModel, price: bigint): string | { tokens: bigint; dataCredits: bigint } {
  if ("exactTokens" in conversion) {
    const { tokens, leastDataCredits } = conversion.exactTokens;
    const dataCredits = (tokens * price) / UNIT;
    if (dataCredits >= U64) return "AmountOverflow";
    if (dataCredits < leastDataCredits) return "SlippageExceeded";
    return tokens === 0n || dataCredits === 0n ? "ZeroAmount" : { tokens, dataCredits };
  }
  const { dataCredits, mostTokens } = conversion.exactDataCredits;
  const tokens = (dataCredits * UNIT + price - 1n) / price;
  if (tokens >= U64) return "AmountOverflow";
  if (tokens > mostTokens) return "SlippageExceeded";
  return tokens === 0n || dataCredits === 0n ? "ZeroAmount" : { tokens, dataCredits };
}

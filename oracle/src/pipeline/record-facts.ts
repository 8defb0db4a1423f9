/**
 * The actor that learns from the chain what epochs are judged under, and puts it where every worker reads it (stored-facts.ts).
 *
 * Entropy goes there as it becomes known. The registry of an epoch is taken from the first reading of all accounts at or after the
 * epoch's first final block, so it holds every change of the epochs before. After a downtime the same accounts still tell the epochs
 * that were missed, as far as registry-tables.ts says; where they do not, the chain's history is asked whether anything was written in
 * between. If something was, the epoch cannot be opened here any more: that is said, by epoch and hotspot, and another oracle's final
 * epoch has to be taken over (docs/guides/operator.md).
 *
 * Holds no state: what is known stands in the store, and putting it again changes nothing.
 */
import type { EntropyRecord } from "@earshot/poc/protocol";
import type { EntropyBook } from "../challenges/entropy-book.ts";
import { oracleError } from "../errors.ts";
import type { AccountSource } from "../registry/account-source.ts";
import type { AgreedAccounts } from "../registry/agreed-registry.ts";
import type { HotspotAccount } from "../registry/hotspot-account.ts";
import type { RouterAccount } from "../registry/network-account.ts";
import type { RegistryBook } from "../registry/registry-book.ts";
import type { RegistryWatch } from "../registry/registry-watch.ts";
import type { EpochOpening } from "./epoch-facts.ts";
import { epochAt } from "./epoch-times.ts";
import { hotspotsAt, type Payer, payersTableOf, unsureUntil } from "./registry-tables.ts";
import type { StoredFacts } from "./stored-facts.ts";

export interface FactsRecorderOptions {
  readonly facts: StoredFacts;
  readonly registry: RegistryBook;
  readonly watch: Pick<RegistryWatch, "readSlot" | "readAnew">;
  readonly history: Pick<AccountSource, "wasUsed">;
  /** All accounts as several endpoints have them at a slot or later; without it those of the book, which follows one endpoint. */
  readonly accountsAt?: ((slot: number) => Promise<AgreedAccounts>) | undefined;
  readonly entropy: EntropyBook;
  /** Rules of an epoch, or why they are not known. */
  readonly rulesOf: (epoch: number) => Pick<EpochOpening, "parameters"> | { readonly why: string };
  readonly network: number;
  readonly time: EpochOpening["parameters"]["time"];
  readonly nowMs: () => number;
  /** The first epoch that is not closed. */
  readonly nextEpoch: () => Promise<number>;
  readonly onOpened?: (epoch: number, hotspots: number) => void;
}

export class FactsRecorder {
  readonly #options: FactsRecorderOptions;
  #fresh: EntropyRecord[];
  /** Epochs known to be opened. */
  #openedUntil = -1;
  #fault: string | undefined;

  constructor(options: FactsRecorderOptions) {
    this.#options = options;
    const { entropy } = options;
    this.#fresh = [...entropy.records()];
    entropy.onRecord((record) => this.#fresh.push(record));
  }

  /** Why an epoch cannot be opened; undefined while nothing is in the way. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Does whatever is due now. Throws what store and chain throw; it can be called again then. */
  async step(): Promise<void> {
    await this.#putEntropy();
    const { nextEpoch, nowMs, time } = this.#options;
    this.#openedUntil = Math.max(this.#openedUntil, (await nextEpoch()) - 1);
    for (let epoch = this.#openedUntil + 1; epoch <= epochAt(nowMs(), time); epoch++) {
      const state = await this.#open(epoch);
      if (state === "waits") return;
      this.#openedUntil = epoch;
    }
  }

  async #putEntropy(): Promise<void> {
    const records = this.#fresh;
    this.#fresh = [];
    try {
      if (records.length > 0) await this.#options.facts.putEntropy(records);
    } catch (error) {
      this.#fresh = [...records, ...this.#fresh];
      throw error;
    }
  }

  async #open(epoch: number): Promise<"opened" | "waits"> {
    const { facts, entropy, time, watch, registry, rulesOf, network, onOpened, accountsAt } = this.#options;
    if ((await facts.opening(epoch)) !== undefined) return "opened";
    const first = entropy.get((epoch * time.epochMs) / time.entropyMs);
    if (first === undefined) return "waits";
    if (accountsAt === undefined && watch.readSlot < first.slot) {
      watch.readAnew();
      return "waits";
    }
    const rules = rulesOf(epoch);
    if ("why" in rules) {
      this.#fault = `epoch ${epoch}: ${rules.why}`;
      return "waits";
    }
    const known = await accountsAt?.(first.slot);
    const accounts = known?.hotspots ?? [...registry.hotspots()];
    for (const account of accounts) await this.#checkSure(account, epoch);
    const registered = hotspotsAt(accounts, epoch);
    const payers = payersTableOf(await this.#payersAt(epoch, known?.payers ?? [...registry.payers()]));
    await facts.putOpening(epoch, { parameters: rules.parameters, network, ...registered, payers });
    this.#fault = undefined;
    onOpened?.(epoch, registered.hotspots.region.length);
    return "opened";
  }

  /** Throws ORC_FACTS_LOST where the state of a hotspot in an epoch was pushed out of its account. */
  async #checkSure(account: HotspotAccount, epoch: number): Promise<void> {
    const until = unsureUntil(account, epoch);
    if (until === undefined) return;
    const { history } = this.#options;
    const { address, deviceKey } = account;
    if (address !== undefined && !(await history.wasUsed(address, this.#startS(epoch), this.#startS(until)))) return;
    this.#fault = `epoch ${epoch}: hotspot ${deviceKey.toHex()} was written to before the registry was read, in epoch ${until} at the latest`;
    throw oracleError("ORC_FACTS_LOST", this.#fault);
  }

  /** Payers whose accounts were there at the first block of the epoch: nothing in an account says since when it is. */
  async #payersAt(epoch: number, accounts: readonly RouterAccount[]): Promise<Payer[]> {
    const before = await this.#options.facts.opening(epoch - 1);
    const known = new Set<string>();
    const keys = before?.payers.key ?? new Uint8Array(0);
    for (let at = 0; at < keys.length; at += 33) known.add(keys.subarray(at, at + 33).toHex());
    const payers: Payer[] = [];
    for (const account of accounts) {
      const isOld = known.has(account.key.toHex()) || (await this.#wasThere(account, epoch));
      if (isOld) payers.push(account);
    }
    return payers;
  }

  async #wasThere({ address }: RouterAccount, epoch: number): Promise<boolean> {
    return address !== undefined && (await this.#options.history.wasUsed(address, 0, this.#startS(epoch)));
  }

  #startS(epoch: number): number {
    return (epoch * this.#options.time.epochMs) / 1000;
  }
}

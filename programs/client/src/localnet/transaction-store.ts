/** The transactions that landed, by signature and by the addresses they name, and what their execution left behind. */
import type { Outcome } from "./svm.ts";
import type { TokenBalance } from "./token-account.ts";
import type { WireTransaction } from "./wire-transaction.ts";

export interface TransactionRecord {
  readonly transaction: WireTransaction;
  readonly slot: number;
  readonly height: number;
  /** Static keys, then the writable and the read-only ones loaded from tables. */
  readonly keys: readonly string[];
  readonly loadedWritable: readonly string[];
  readonly loadedReadonly: readonly string[];
  /** The addresses whose accounts it changed. */
  readonly changed: readonly string[];
  readonly feeLamports: bigint;
  readonly preLamports: readonly bigint[];
  readonly postLamports: readonly bigint[];
  readonly preTokens: readonly TokenBalance[];
  readonly postTokens: readonly TokenBalance[];
  readonly outcome: Outcome;
}

export class TransactionStore {
  readonly #bySignature = new Map<string, TransactionRecord>();
  readonly #byAddress = new Map<string, string[]>();

  constructor(records: Iterable<TransactionRecord> = []) {
    for (const record of records) this.add(record);
  }

  get size(): number {
    return this.#bySignature.size;
  }

  add(record: TransactionRecord): void {
    const signature = record.transaction.signatures[0]!;
    this.#bySignature.set(signature, record);
    for (const address of new Set(record.keys)) {
      const known = this.#byAddress.get(address);
      if (known === undefined) this.#byAddress.set(address, [signature]);
      else known.push(signature);
    }
  }

  get(signature: string): TransactionRecord | undefined {
    return this.#bySignature.get(signature);
  }

  /** The signatures that name an address, oldest first. */
  ofAddress(address: string): readonly string[] {
    return this.#byAddress.get(address) ?? [];
  }

  /** Forgets transactions, those of the oldest blocks. */
  forget(signatures: readonly string[]): void {
    const forgotten = new Set(signatures);
    const addresses = new Set<string>();
    for (const signature of forgotten) {
      for (const address of this.#bySignature.get(signature)?.keys ?? []) addresses.add(address);
      this.#bySignature.delete(signature);
    }
    for (const address of addresses) {
      const left = this.ofAddress(address).filter((signature) => !forgotten.has(signature));
      if (left.length === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    }
  }

  /** Every record, oldest first. */
  records(): Iterable<TransactionRecord> {
    return this.#bySignature.values();
  }
}

/** What the registry cache needs of a Solana endpoint: accounts read at a slot, and word of changes while it listens. */

/** Names an account by its 32 bytes. */
export interface AccountBytes {
  readonly address: Uint8Array;
  readonly data: Uint8Array;
}

/** Which accounts of a program: those whose bytes at an offset are these. */
export interface AccountFilter {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface AccountsAt {
  readonly slot: number;
  readonly accounts: readonly AccountBytes[];
}

/** Every call rejects with ORC_RPC_FAILED where there is no answer in time. All readings are finalised. */
export interface AccountSource {
  /** What logs and metrics call it. */
  readonly name: string;
  /** One account with the program that owns it (32 bytes); undefined where there is none. */
  account(
    address: Uint8Array,
  ): Promise<{ readonly slot: number; readonly data: Uint8Array; readonly owner: Uint8Array } | undefined>;
  /** Whether any transaction named an account in blocks of a time, Unix s: from `fromS` on, before `beforeS`. */
  wasUsed(address: Uint8Array, fromS: number, beforeS: number): Promise<boolean>;
  programAccounts(program: Uint8Array, filters: readonly AccountFilter[]): Promise<AccountsAt>;
  /** Tells of changed accounts of a program until the answer is called. */
  onProgramAccount(
    program: Uint8Array,
    filters: readonly AccountFilter[],
    tell: (account: AccountBytes, slot: number) => void,
  ): () => void;
  /** Tells of slots, several a second, until the answer is called: a sign that what is told arrives. */
  onSlot(tell: () => void): () => void;
}

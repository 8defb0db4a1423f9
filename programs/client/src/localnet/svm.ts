/**
 * The virtual machine behind the local chain: the only file that imports LiteSVM.
 *
 * It turns LiteSVM's objects into plain values and its errors into Solana's. Addresses are base58, amounts are lamports. It takes the
 * byte interface of the package (`dist/internal.js`, pinned with the version): the public one decodes every transaction and address
 * into @solana/kit values first, which this chain has no use for. Bytes given to `run` and `simulate` must come from
 * `readTransaction`: LiteSVM aborts the process on others.
 */
import {
  Account,
  Clock,
  FailedTransactionMetadata,
  LiteSvm,
  TransactionErrorDuplicateInstruction,
  TransactionErrorInstructionError,
  TransactionErrorInsufficientFundsForRent,
  TransactionErrorProgramExecutionTemporarilyRestricted,
  type TransactionMetadata,
} from "litesvm/dist/internal.js";
import { base58, fromBase58Sized } from "./base58.ts";
import { instructionErrorName, type TransactionError, transactionErrorName } from "./transaction-error.ts";

export interface AccountImage {
  readonly lamports: bigint;
  readonly owner: string;
  readonly data: Uint8Array;
  readonly executable: boolean;
  readonly rentEpoch: bigint;
}

export interface InnerInstruction {
  readonly programIndex: number;
  readonly accounts: Uint8Array;
  readonly data: Uint8Array;
  readonly stackHeight: number;
}

export interface Outcome {
  readonly error: TransactionError | null;
  readonly logs: readonly string[];
  readonly unitsConsumed: number;
  /** By outer instruction. */
  readonly inner: readonly (readonly InnerInstruction[])[];
  readonly returnData: { readonly program: string; readonly data: Uint8Array } | null;
}

export interface Simulated extends Outcome {
  /** What the accounts would be after a success. */
  readonly after: ReadonlyMap<string, AccountImage>;
}

export interface SysvarClock {
  readonly slot: number;
  readonly epoch: number;
  readonly epochStartSeconds: number;
  readonly unixSeconds: number;
}

export class Svm {
  #inner: LiteSvm;

  constructor(snapshot?: Uint8Array) {
    this.#inner = snapshot === undefined ? new LiteSvm() : LiteSvm.fromBytes(snapshot);
    // Blockhashes and repeated signatures are the chain's to judge: LiteSVM knows one blockhash, the chain the last 150.
    this.#inner.setBlockhashCheck(false);
    this.#inner.setTransactionHistory(0n);
  }

  /** The account at an address, or null where there is none. */
  account(address: string): AccountImage | null {
    const account = this.#inner.getAccount(addressBytes(address));
    return account === null || account.lamports() === 0n ? null : imageOf(account);
  }

  /** Writes an account as it is, past every rule. */
  setAccount(address: string, { lamports, data, owner, executable, rentEpoch }: AccountImage): void {
    this.#inner.setAccount(
      addressBytes(address),
      new Account(lamports, data, addressBytes(owner), executable, rentEpoch),
    );
  }

  /** Every account owned by a program. */
  programAccounts(program: string): Map<string, AccountImage> {
    return imagesOf(this.#inner.getProgramAccounts(addressBytes(program)));
  }

  /** Deploys a program under the upgradeable loader, without an upgrade authority. */
  addProgram(address: string, elf: Uint8Array): void {
    this.#inner.addProgram(addressBytes(address), elf);
  }

  /** Lamports that make an account of so many bytes exempt from rent. */
  rentExemption(bytes: number): bigint {
    return this.#inner.minimumBalanceForRentExemption(BigInt(bytes));
  }

  /** Executes a transaction; a fee is taken where the runtime takes one. */
  run(transaction: Uint8Array): Outcome {
    return outcomeOf(this.#inner.sendVersionedTransaction(transaction));
  }

  /** Executes a transaction and forgets it. */
  simulate(transaction: Uint8Array, { verifySignatures }: { readonly verifySignatures: boolean }): Simulated {
    this.#inner.setSigverify(verifySignatures);
    const result = this.#inner.simulateVersionedTransaction(transaction);
    this.#inner.setSigverify(true);
    if (result instanceof FailedTransactionMetadata) return { ...outcomeOf(result), after: new Map() };
    return { ...outcomeOf(result.meta()), after: imagesOf(result.postAccounts()) };
  }

  /** Sets the clock and the recent slot hashes, newest first, and gives durable nonces a new value to advance to. */
  setSlot(clock: SysvarClock, slotHashes: readonly { readonly slot: number; readonly hash: string }[]): void {
    const { slot, epoch, epochStartSeconds, unixSeconds } = clock;
    const inner = this.#inner;
    inner.setClock(
      new Clock(BigInt(slot), BigInt(epochStartSeconds), BigInt(epoch), BigInt(epoch + 1), BigInt(unixSeconds)),
    );
    inner.setSlotHashes(slotHashes.map(({ slot, hash }) => ({ slot: BigInt(slot), hash })));
    inner.expireBlockhash();
  }

  /** All accounts and sysvars, for the constructor. */
  toBytes(): Uint8Array {
    return this.#inner.toBytes();
  }
}

function addressBytes(address: string): Uint8Array {
  const bytes = fromBase58Sized(address, 32);
  if (bytes === null) throw new TypeError(`not an address: ${address}`);
  return bytes;
}

function imageOf(account: Account): AccountImage {
  return {
    lamports: account.lamports(),
    owner: base58(account.owner()),
    data: account.data(),
    executable: account.executable(),
    rentEpoch: account.rentEpoch(),
  };
}

function imagesOf(accounts: readonly { address: Uint8Array; account(): Account }[]): Map<string, AccountImage> {
  const images = new Map<string, AccountImage>();
  for (const entry of accounts) {
    const account = entry.account();
    if (account.lamports() > 0n) images.set(base58(entry.address), imageOf(account));
  }
  return images;
}

function outcomeOf(result: TransactionMetadata | FailedTransactionMetadata): Outcome {
  const isFailed = result instanceof FailedTransactionMetadata;
  const meta = isFailed ? result.meta() : result;
  const returned = meta.returnData();
  return {
    error: isFailed ? errorOf(result.err()) : null,
    logs: meta.logs(),
    unitsConsumed: Number(meta.computeUnitsConsumed()),
    inner: meta.innerInstructions().map((group) =>
      group.map((inner) => ({
        programIndex: inner.instruction().programIdIndex(),
        accounts: inner.instruction().accounts(),
        data: inner.instruction().data(),
        stackHeight: inner.stackHeight(),
      })),
    ),
    returnData: returned.data().length === 0 ? null : { program: base58(returned.programId()), data: returned.data() },
  };
}

function errorOf(error: ReturnType<FailedTransactionMetadata["err"]>): TransactionError {
  if (error instanceof TransactionErrorInstructionError) {
    const cause = error.err();
    const value = typeof cause === "number" ? instructionErrorName(cause) : causeOf(cause as object);
    return { InstructionError: [error.index, value] };
  }
  if (error instanceof TransactionErrorDuplicateInstruction) return { DuplicateInstruction: error.index };
  if (error instanceof TransactionErrorInsufficientFundsForRent)
    return { InsufficientFundsForRent: { account_index: error.accountIndex } };
  if (error instanceof TransactionErrorProgramExecutionTemporarilyRestricted)
    return { ProgramExecutionTemporarilyRestricted: { account_index: error.accountIndex } };
  return transactionErrorName(error as number);
}

function causeOf(cause: object): string | { readonly Custom: number } {
  return "code" in cause ? { Custom: Number(cause.code) } : "BorshIoError";
}

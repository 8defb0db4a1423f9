/**
 * A chain for tests: LiteSVM with the committed programs in this process, one transaction a call, and a clock that only the test moves.
 *
 * Transactions are built here from instructions. Signatures are not made and not verified: who signs is what the message says, so that
 * a test can also sign as a program's address would, which is the only way to reach the guards' own instructions directly. The signature
 * precompiles do verify. Real signatures are the subject of test/sdk and test/localnet.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Keypair, PublicKey, type TransactionInstruction } from "@solana/web3.js";
import { Account, Clock, FailedTransactionMetadata, LiteSvm } from "litesvm/dist/internal.js";
import { PROGRAM_IDS, PROGRAM_NAMES, type ProgramName } from "../../src/sdk/addresses.ts";
import { ARTIFACTS } from "../../src/sdk/programs.ts";
import { TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID } from "../../src/sdk/token-instructions.ts";
import { errorName } from "./idl.ts";
import { compileTransaction, keyOf } from "./transaction.ts";

/** 1 December 2026, 00:00 UTC. */
export const GENESIS_S = 1_796_083_200n;

export interface ChainAccount {
  readonly lamports: bigint;
  readonly owner: PublicKey;
  readonly data: Uint8Array;
}

export interface Result {
  /** Null after a success: the program's own name of the error, Anchor's, a token program's, or the runtime's. */
  readonly error: string | null;
  readonly units: number;
  readonly logs: readonly string[];
}

const SYSTEM = new PublicKey(new Uint8Array(32));
const ELF: Readonly<Record<string, string>> = { dataCredits: "data_credits" };

/** A wallet of the tests by its number: the same everywhere. */
export function wallet(number: number): Keypair {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, number);
  return Keypair.fromSeed(seed);
}

/** Pays every fee and nothing else, so that a refused transaction leaves the accounts of a test as they were. */
export const FEE_PAYER = wallet(0xfee).publicKey;

export class TestChain {
  readonly #svm: LiteSvm;
  #now: bigint;
  #sent = 0n;
  /** What the accounts were that transactions have touched since the last mark. */
  #journal: Map<string, { readonly address: PublicKey; readonly account: ChainAccount | null }> | null = null;

  constructor() {
    this.#svm = new LiteSvm();
    this.#svm.setSigverify(false);
    this.#svm.setBlockhashCheck(false);
    this.#svm.setTransactionHistory(0n);
    for (const name of PROGRAM_NAMES)
      this.#svm.addProgram(PROGRAM_IDS[name].toBytes(), readFileSync(join(ARTIFACTS, `${ELF[name] ?? name}.so`)));
    this.#now = GENESIS_S;
    this.#setClock();
    this.fund(FEE_PAYER);
  }

  /** Unix seconds. */
  get now(): bigint {
    return this.#now;
  }

  /** Moves the clock, backwards as well. */
  set now(unixSeconds: bigint) {
    this.#now = unixSeconds;
    this.#setClock();
  }

  /** Lamports that make an account of so many bytes exempt from rent. */
  rentExemption(bytes: number): bigint {
    return this.#svm.minimumBalanceForRentExemption(BigInt(bytes));
  }

  fund(address: PublicKey, lamports = 1_000_000_000_000n): void {
    this.set(address, { lamports, owner: SYSTEM, data: new Uint8Array(0) });
  }

  account(address: PublicKey): ChainAccount | null {
    const account = this.#svm.getAccount(address.toBytes());
    if (account === null || account.lamports() === 0n) return null;
    return { lamports: account.lamports(), owner: new PublicKey(account.owner()), data: account.data() };
  }

  /** Owner, lamports and data in one text that is equal when all of them are; "none" for no account. */
  image(address: PublicKey): string {
    const account = this.#svm.getAccount(address.toBytes());
    if (account === null || account.lamports() === 0n) return "none";
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
    return `${account.lamports()} ${text(account.owner())} ${text(account.data())}`;
  }

  /** Writes an account past every rule; null takes it away. */
  set(address: PublicKey, account: ChainAccount | null): void {
    const { lamports, owner, data } = account ?? { lamports: 0n, owner: SYSTEM, data: new Uint8Array(0) };
    this.#svm.setAccount(address.toBytes(), new Account(lamports, data, owner.toBytes(), false, 0n));
  }

  /** Base units of a token account; 0 where there is none. */
  tokens(address: PublicKey): bigint {
    const data = this.#svm.getAccount(address.toBytes())?.data();
    return data === undefined || data.length < 165 ? 0n : Buffer.from(data).readBigUInt64LE(64);
  }

  /** Base units of a mint. */
  supply(mint: PublicKey): bigint {
    const data = this.#svm.getAccount(mint.toBytes())?.data();
    return data === undefined || data.length < 82 ? 0n : Buffer.from(data).readBigUInt64LE(36);
  }

  /** From here on accounts are remembered as they are; the answer brings them and the time back, and goes on remembering. */
  mark(): () => void {
    const journal = new Map<string, { readonly address: PublicKey; readonly account: ChainAccount | null }>();
    this.#journal = journal;
    const now = this.#now;
    return () => {
      for (const { address, account } of journal.values()) this.set(address, account);
      journal.clear();
      this.now = now;
    };
  }

  #remember(instructions: readonly TransactionInstruction[]): void {
    for (const { keys } of instructions)
      for (const { pubkey, isWritable } of keys) {
        const key = keyOf(pubkey);
        if (isWritable && this.#journal?.has(key) === false)
          this.#journal.set(key, { address: pubkey, account: this.account(pubkey) });
      }
  }

  /** Executes instructions in one transaction. */
  send(...instructions: readonly TransactionInstruction[]): Result {
    if (this.#journal !== null) this.#remember(instructions);
    // A number in the blockhash makes every transaction another one.
    const bytes = compileTransaction(FEE_PAYER, instructions, this.#sent++);
    const result = this.#svm.sendVersionedTransaction(bytes);
    const isFailed = result instanceof FailedTransactionMetadata;
    const meta = isFailed ? result.meta() : result;
    const logs = isFailed ? meta.logs() : [];
    return {
      error: isFailed ? nameOf(result.err(), logs) : null,
      units: Number(meta.computeUnitsConsumed()),
      logs,
    };
  }

  /** What the loader keeps of a program: its state, and the program after it. */
  programData(name: ProgramName): Buffer {
    const program = Buffer.from(this.#svm.getAccount(PROGRAM_IDS[name].toBytes())!.data());
    return Buffer.from(this.#svm.getAccount(program.subarray(4, 36))!.data());
  }

  /** Executes instructions that must succeed. Throws with the logs when they do not. */
  must(...instructions: readonly TransactionInstruction[]): Result {
    const result = this.send(...instructions);
    if (result.error !== null) throw new Error(`${result.error}\n${result.logs.join("\n")}`);
    return result;
  }

  #setClock(): void {
    const slot = this.#now * 5n;
    this.#svm.setClock(new Clock(slot, this.#now, slot / 432_000n, slot / 432_000n + 1n, this.#now));
  }
}

const FAILED = /^Program (\w+) failed: custom program error: 0x([0-9a-f]+)$/;
const PANICKED = /^Program (\w+) failed: SBF program [Pp]anicked/;
const ids = new Map(PROGRAM_NAMES.map((name) => [PROGRAM_IDS[name].toBase58(), name]));
const TOKEN_PROGRAMS = [TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID].map((id) => id.toBase58());

/** The first program that failed says why; the ones above it only pass it on. */
function nameOf(error: unknown, logs: readonly string[]): string {
  const failed = logs.map((line) => FAILED.exec(line)).find((match) => match !== null);
  if (failed === undefined || failed === null) return runtimeName(error, logs);
  const code = Number.parseInt(failed[2] as string, 16);
  const program = ids.get(failed[1] as string);
  if (program !== undefined) return errorName(program, code) ?? ANCHOR_ERRORS[code] ?? `${program} ${code}`;
  if (TOKEN_PROGRAMS.includes(failed[1] as string)) return TOKEN_ERRORS[code] ?? `token ${code}`;
  if (failed[1] === SYSTEM.toBase58()) return SYSTEM_ERRORS[code] ?? `system ${code}`;
  return `${failed[1]} ${code}`;
}

function runtimeName(error: unknown, logs: readonly string[]): string {
  const panicked = logs.map((line) => PANICKED.exec(line)).find((match) => match !== null);
  if (panicked !== undefined && panicked !== null) {
    const program = panicked[1] as string;
    return `${ids.get(program) ?? (program === TOKEN_PROGRAMS[1] ? "Token-2022" : program)} panicked`;
  }
  const last = logs.findLast((line) => line.includes(" failed: "));
  if (last !== undefined) return last.slice(last.indexOf(" failed: ") + 9);
  // A precompile has no logs.
  const code = /InstructionErrorCustom \{ code: (\d+) \}/.exec(String(error));
  if (code !== null) return `precompile refusal ${code[1]}`;
  return typeof error === "number" ? `transaction error ${error}` : String(error);
}

/** Anchor's own error codes that these programs can give. Source: anchor-lang 1.2, error.rs. */
const ANCHOR_ERRORS: Readonly<Record<number, string>> = {
  101: "InstructionFallbackNotFound",
  102: "InstructionDidNotDeserialize",
  2000: "ConstraintMut",
  2001: "ConstraintHasOne",
  2002: "ConstraintSigner",
  2003: "ConstraintRaw",
  2004: "ConstraintOwner",
  2006: "ConstraintSeeds",
  2009: "ConstraintSpace",
  2011: "ConstraintClose",
  2012: "ConstraintAddress",
  2014: "ConstraintTokenMint",
  2015: "ConstraintTokenOwner",
  2016: "ConstraintMintMintAuthority",
  2021: "ConstraintTokenTokenProgram",
  2022: "ConstraintMintTokenProgram",
  2023: "ConstraintAssociatedTokenTokenProgram",
  2040: "ConstraintDuplicateMutableAccount",
  3001: "AccountDiscriminatorNotFound",
  3002: "AccountDiscriminatorMismatch",
  3003: "AccountDidNotDeserialize",
  3005: "AccountNotEnoughKeys",
  3006: "AccountNotMutable",
  3007: "AccountOwnedByWrongProgram",
  3008: "InvalidProgramId",
  3009: "InvalidProgramExecutable",
  3010: "AccountNotSigner",
  3011: "AccountNotSystemOwned",
  3012: "AccountNotInitialized",
};

/** Source: spl-token, error.rs; Token-2022 continues it. */
const TOKEN_ERRORS: Readonly<Record<number, string>> = {
  0: "token NotRentExempt",
  1: "token InsufficientFunds",
  2: "token InvalidMint",
  3: "token MintMismatch",
  4: "token OwnerMismatch",
  5: "token FixedSupply",
  6: "token AlreadyInUse",
  17: "token AccountFrozen",
  37: "token NonTransferable",
};

/** Source: solana-system-interface, error.rs. */
const SYSTEM_ERRORS: Readonly<Record<number, string>> = { 0: "account already in use", 1: "too few lamports" };

/** The key an address has in a map. */
export { keyOf };

/**
 * The part of SPL Token and Token-2022 state that RPC answers speak of: mints, token accounts, balances.
 *
 * Layout: SPL Token's `Mint` (82 bytes) and `Account` (165); Token-2022 adds an account-type byte at 165 and extensions behind it.
 * Amounts are base units (bigint). Anything else is null.
 */
import { base58 } from "./base58.ts";
import type { AccountImage } from "./svm.ts";

export const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const TOKEN_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

const MINT_BYTES = 82;
const ACCOUNT_BYTES = 165;
const TYPE_MINT = 1;
const TYPE_ACCOUNT = 2;
/** A Token-2022 account of this size is a multisig, never an extended account. */
const MULTISIG_BYTES = 355;

export interface Mint {
  readonly mintAuthority: string | null;
  readonly supply: bigint;
  readonly decimals: number;
  readonly isInitialized: boolean;
  readonly freezeAuthority: string | null;
}

export interface TokenAccount {
  readonly mint: string;
  readonly owner: string;
  readonly amount: bigint;
  readonly delegate: string | null;
  readonly state: "initialized" | "frozen";
  /** Lamports of rent held back, for wrapped SOL; null otherwise. */
  readonly nativeReserve: bigint | null;
  readonly delegatedAmount: bigint;
  readonly closeAuthority: string | null;
}

/** A token account's balance in a transaction, as `preTokenBalances` lists it. */
export interface TokenBalance {
  readonly accountIndex: number;
  readonly mint: string;
  readonly owner: string;
  readonly program: string;
  readonly amount: bigint;
  readonly decimals: number;
}

export function isTokenProgram(program: string): boolean {
  return program === TOKEN_PROGRAM || program === TOKEN_2022_PROGRAM;
}

/** The mint an account holds, or null. */
export function readMint(image: AccountImage | null): Mint | null {
  if (image === null || !isTokenProgram(image.owner) || !isShaped(image, MINT_BYTES, TYPE_MINT)) return null;
  const view = viewOf(image.data);
  return {
    mintAuthority: optionalKey(image.data, 0),
    supply: view.getBigUint64(36, true),
    decimals: view.getUint8(44),
    isInitialized: view.getUint8(45) === 1,
    freezeAuthority: optionalKey(image.data, 46),
  };
}

/** The token account an account holds, or null; an account not yet initialised is none. */
export function readTokenAccount(image: AccountImage | null): TokenAccount | null {
  if (image === null || !isTokenProgram(image.owner) || !isShaped(image, ACCOUNT_BYTES, TYPE_ACCOUNT)) return null;
  const view = viewOf(image.data);
  const state = view.getUint8(108);
  if (state === 0) return null;
  return {
    mint: base58(image.data.subarray(0, 32)),
    owner: base58(image.data.subarray(32, 64)),
    amount: view.getBigUint64(64, true),
    delegate: optionalKey(image.data, 72),
    state: state === 2 ? "frozen" : "initialized",
    nativeReserve: view.getUint32(109, true) === 1 ? view.getBigUint64(113, true) : null,
    delegatedAmount: view.getBigUint64(121, true),
    closeAuthority: optionalKey(image.data, 129),
  };
}

/** An amount as RPC writes it: base units, and decimal text. */
export function uiTokenAmount(amount: bigint, decimals: number): Readonly<Record<string, unknown>> {
  const digits = amount.toString().padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  const fraction = digits.slice(point).replace(/0+$/, "");
  const text = fraction === "" ? digits.slice(0, point) : `${digits.slice(0, point)}.${fraction}`;
  return { amount: amount.toString(), decimals, uiAmount: Number(text), uiAmountString: text };
}

function isShaped({ data, owner }: AccountImage, bytes: number, type: number): boolean {
  if (data.length === bytes) return true;
  return (
    owner === TOKEN_2022_PROGRAM &&
    data.length > ACCOUNT_BYTES &&
    data.length !== MULTISIG_BYTES &&
    data[ACCOUNT_BYTES] === type
  );
}

function optionalKey(data: Uint8Array, at: number): string | null {
  return viewOf(data).getUint32(at, true) === 0 ? null : base58(data.subarray(at + 4, at + 36));
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** The parameters of one request, read with a check each: whatever does not fit throws `invalidParams`. */
import { fromBase58, fromBase58Sized } from "../base58.ts";
import type { Commitment, LocalChain } from "../local-chain.ts";
import { invalidParams, RpcError } from "./rpc-error.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Today's names and those that old clients still send. */
const COMMITMENTS: Readonly<Record<string, Commitment>> = {
  processed: "processed",
  confirmed: "confirmed",
  finalized: "finalized",
  recent: "processed",
  single: "confirmed",
  singleGossip: "confirmed",
  root: "finalized",
  max: "finalized",
};

export class Params {
  readonly #values: readonly unknown[];

  constructor(values: readonly unknown[]) {
    this.#values = values;
  }

  at(index: number): unknown {
    return this.#values[index];
  }

  /** How many there are. */
  get count(): number {
    return this.#values.length;
  }

  text(index: number): string {
    const value = this.#values[index];
    if (value === undefined) throw invalidParams(`Invalid params: missing parameter ${index}.`);
    if (typeof value !== "string") throw invalidParams(`Invalid params: invalid type, expected a string.`);
    return value;
  }

  address(index: number): string {
    return addressOf(this.text(index));
  }

  signature(index: number): string {
    return signatureOf(this.text(index));
  }

  /** A whole number from 0 to 2^53 − 1. */
  whole(index: number): number {
    const value = this.optionalWhole(index);
    if (value === undefined) throw invalidParams(`Invalid params: expected a number at ${index}.`);
    return value;
  }

  optionalWhole(index: number): number | undefined {
    return wholeOf(this.#values[index], `parameter ${index}`);
  }

  list(index: number, limit: number): readonly unknown[] {
    const value = this.#values[index];
    if (!Array.isArray(value)) throw invalidParams("Invalid params: expected an array.");
    if (value.length > limit) throw invalidParams(`Too many inputs provided; max ${limit}`);
    return value;
  }

  /** The configuration object, empty where it is left out. */
  config(index: number): JsonObject {
    const value = this.#values[index];
    if (value === undefined || value === null) return {};
    if (!isObject(value)) throw invalidParams("Invalid params: expected an object.");
    return value;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A 32-byte base58 address. */
export function addressOf(value: unknown): string {
  if (typeof value !== "string") throw invalidParams("Invalid param: expected an address");
  if (fromBase58Sized(value, 32) !== null) return value;
  throw invalidParams(
    value.length < 64 && fromBase58(value) !== null ? "Invalid param: WrongSize" : "Invalid param: Invalid",
  );
}

/** A 64-byte base58 signature. */
export function signatureOf(value: unknown): string {
  if (typeof value !== "string") throw invalidParams("Invalid param: expected a signature");
  if (fromBase58Sized(value, 64) !== null) return value;
  throw invalidParams(
    value.length < 96 && fromBase58(value) !== null ? "Invalid param: WrongSize" : "Invalid param: Invalid",
  );
}

export function wholeOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidParams(`Invalid params: ${name} is not a whole number.`);
}

export function flagOf(value: unknown, name: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw invalidParams(`Invalid params: ${name} is not a boolean.`);
}

export function optionOf<T extends string>(value: unknown, name: string, options: readonly T[]): T | undefined {
  if (value === undefined || value === null) return undefined;
  const found = options.find((option) => option === value);
  if (found === undefined) throw invalidParams(`Invalid params: ${name} is none of ${options.join(", ")}.`);
  return found;
}

export function commitmentOf(value: unknown): Commitment {
  if (value === undefined || value === null) return "finalized";
  const commitment = typeof value === "string" && Object.hasOwn(COMMITMENTS, value) ? COMMITMENTS[value] : undefined;
  if (commitment === undefined) throw invalidParams("Invalid params: unknown commitment.");
  return commitment;
}

/** The commitment of a configuration, after its `minContextSlot` has been checked. */
export function readAt(
  chain: LocalChain,
  config: JsonObject,
): { readonly commitment: Commitment; readonly slot: number } {
  const commitment = commitmentOf(config.commitment);
  const slot = chain.slotAt(commitment);
  const minimum = wholeOf(config.minContextSlot, "minContextSlot");
  if (minimum !== undefined && slot < minimum)
    throw new RpcError("minContextSlotNotReached", "Minimum context slot has not been reached", { contextSlot: slot });
  return { commitment, slot };
}

/** An answer with the slot it was read at. */
export function inContext(slot: number, value: unknown): JsonObject {
  return { context: { apiVersion: API_VERSION, slot }, value };
}

/** The version of Solana's RPC these answers are shaped after. */
export const API_VERSION = "3.0.0";

/**
 * The five programs through their IDLs: instructions from names and values, accounts and errors read back. The door to Anchor.
 *
 * IDLs are read from the artefacts, so that instruction bytes follow the build. Integers of 64 bits are bigints on our side.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AnchorProvider, BN, type Idl, Program } from "@coral-xyz/anchor";
import type { Commitment, Connection, PublicKey, TransactionInstruction } from "@solana/web3.js";
import { eventAuthorityOf, PROGRAM_IDS, PROGRAM_NAMES, type ProgramName } from "./addresses.ts";

export const ARTIFACTS = join(import.meta.dirname, "../../../artifacts");

/** What an instruction's arguments and an account's fields are made of; options are null or the value. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | PublicKey
  | Uint8Array
  | readonly Value[]
  | { readonly [name: string]: Value };

const FILES: Readonly<Record<ProgramName, string>> = {
  guard: "guard",
  registry: "registry",
  dataCredits: "data_credits",
  rewards: "rewards",
  governance: "governance",
};

export interface ProgramError {
  readonly program: ProgramName;
  readonly code: number;
  readonly name: string;
  readonly message: string;
}

export class Programs {
  readonly #programs: Readonly<Record<ProgramName, Program>>;

  constructor(connection: Connection, folder = ARTIFACTS) {
    const wallet = { publicKey: PROGRAM_IDS.guard, signTransaction: refuse, signAllTransactions: refuse };
    const provider = new AnchorProvider(connection, wallet, {});
    const load = (name: ProgramName) =>
      new Program(JSON.parse(readFileSync(join(folder, `${FILES[name]}.json`), "utf8")) as Idl, provider);
    this.#programs = Object.fromEntries(PROGRAM_NAMES.map((name) => [name, load(name)])) as Record<
      ProgramName,
      Program
    >;
  }

  /** An instruction by its camel-case name. The program and its event authority are filled in; an absent account is null. */
  instruction(
    program: ProgramName,
    name: string,
    args: readonly Value[],
    accounts: Readonly<Record<string, PublicKey | null>>,
  ): Promise<TransactionInstruction> {
    const method = this.#programs[program].methods[name];
    if (method === undefined) throw new TypeError(`${program} has no instruction ${name}`);
    const events = { eventAuthority: eventAuthorityOf(program), program: PROGRAM_IDS[program] };
    return method(...args.map(toAnchor))
      .accountsPartial({ ...events, ...accounts })
      .instruction();
  }

  /** An account's fields, or null where there is none. Its name is camel-case, as its fields are. */
  async account<T>(
    program: ProgramName,
    name: string,
    address: PublicKey,
    commitment: Commitment = "confirmed",
  ): Promise<T | null> {
    const accounts = this.#programs[program].account as Record<
      string,
      { fetchNullable(at: PublicKey, commitment: Commitment): Promise<unknown> }
    >;
    const client = accounts[name];
    if (client === undefined) throw new TypeError(`${program} has no account ${name}`);
    const fields = await client.fetchNullable(address, commitment);
    return fields === null ? null : (fromAnchor(fields) as T);
  }

  /** The error of ours that the logs of a failed transaction end in, or null. */
  errorIn(logs: readonly string[]): ProgramError | null {
    const failed = logs
      .map((line) => /^Program (\w+) failed: custom program error: 0x([0-9a-f]+)$/.exec(line))
      .find(Boolean);
    const program = PROGRAM_NAMES.find((name) => PROGRAM_IDS[name].toBase58() === failed?.[1]);
    const code = Number.parseInt(failed?.[2] ?? "", 16);
    const known =
      program === undefined ? undefined : this.#programs[program].idl.errors?.find((one) => one.code === code);
    if (program === undefined || known === undefined) return null;
    // Anchor turns the program's names into camel case; the program says EpochNotOver.
    const name = known.name.charAt(0).toUpperCase() + known.name.slice(1);
    return { program, code, name, message: known.msg ?? name };
  }
}

function refuse(): Promise<never> {
  return Promise.reject(new Error("instructions are signed by their sender"));
}

function toAnchor(value: Value): unknown {
  if (typeof value === "bigint") return new BN(value.toString());
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return (value as readonly Value[]).map(toAnchor);
  if (isPlain(value))
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toAnchor(field as Value)]));
  return value;
}

function fromAnchor(value: unknown): unknown {
  if (BN.isBN(value)) return BigInt(String(value));
  if (Array.isArray(value)) return value.map(fromAnchor);
  if (isPlain(value))
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fromAnchor(field)]));
  return value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

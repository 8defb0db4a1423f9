/**
 * The five programs through their IDLs: instructions from names and values, accounts, events and errors read back. The door to Anchor.
 *
 * IDLs are read from the artefacts, so that instruction bytes follow the build; the types of `../generated` are made from the same files.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AnchorProvider, BN, type Idl, Program } from "@coral-xyz/anchor";
import { type Commitment, type Connection, PublicKey, type TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { ProgramTypes } from "../generated/index.ts";
import { eventAuthorityOf, PROGRAM_IDS, PROGRAM_NAMES, type ProgramName } from "./addresses.ts";
import { ask } from "./ask.ts";
import { PROGRAM_FILES, typeName } from "./idl-names.ts";
import {
  decodeFields,
  encodeValue,
  type IdlTypes,
  type IdlValueField,
  type IdlValueType,
  type ValueCodec,
} from "./idl-values.ts";
import { valueFromJson } from "./json-values.ts";

export const ARTIFACTS = join(import.meta.dirname, "../../../artifacts");
/** Accounts of every instruction that emits events. */
const EVENT_ACCOUNTS: ReadonlySet<string> = new Set(["eventAuthority", "program"]);
/** Addresses in one question. */
const MAX_ACCOUNTS = 100;
/** What marks an event that a program emits by calling itself. */
const EVENT_TAG = Uint8Array.of(0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d);

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

type Instructions<P extends ProgramName> = ProgramTypes[P]["instructions"];
type Accounts<P extends ProgramName> = ProgramTypes[P]["accounts"];
type InstructionOf<P extends ProgramName, N extends keyof Instructions<P>> = Instructions<P>[N] & {
  readonly args: readonly unknown[];
  readonly accounts: object;
};

export interface ProgramError {
  readonly program: ProgramName;
  readonly code: number;
  readonly name: string;
  readonly message: string;
}

/** An event and the program that emitted it. */
export interface ProgramEvent {
  readonly program: ProgramName;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface InstructionDefinition {
  readonly args: readonly IdlValueField[];
  /** `isFixed` where the address need not be given. */
  readonly accounts: readonly { readonly name: string; readonly isFixed: boolean }[];
  readonly types: IdlTypes;
}

export class Programs {
  readonly connection: Connection;
  /** The newest confirmed slot we have read at or sent into: a node that has not reached it would show the past. */
  newestSlot = 0;
  readonly #programs: Readonly<Record<ProgramName, Program>>;
  readonly #codecs: Readonly<Record<ProgramName, ValueCodec>>;

  constructor(connection: Connection, folder = ARTIFACTS) {
    this.connection = connection;
    const wallet = { publicKey: PROGRAM_IDS.guard, signTransaction: refuse, signAllTransactions: refuse };
    const provider = new AnchorProvider(connection, wallet, {});
    const load = (name: ProgramName) =>
      new Program(JSON.parse(readFileSync(join(folder, `${PROGRAM_FILES[name]}.json`), "utf8")) as Idl, provider);
    this.#programs = byProgram(load);
    this.#codecs = byProgram((name) => codecOf(this.#programs[name].idl));
  }

  /**
   * An instruction by its camel-case name. The program, its event authority and accounts of a fixed address are filled in; an absent
   * account is null. Throws PRG_BAD_VALUE.
   */
  instruction<P extends ProgramName, N extends keyof Instructions<P> & string>(
    program: P,
    name: N,
    args: InstructionOf<P, N>["args"],
    accounts: InstructionOf<P, N>["accounts"],
  ): Promise<TransactionInstruction> {
    return this.instructionByName(
      program,
      name,
      args as readonly Value[],
      accounts as Readonly<Record<string, PublicKey | null>>,
    );
  }

  /** The same without types, for what goes through every instruction of an IDL. */
  instructionByName(
    program: ProgramName,
    name: string,
    args: readonly Value[],
    accounts: Readonly<Record<string, PublicKey | null>>,
  ): Promise<TransactionInstruction> {
    const { idl, methods } = this.#programs[program];
    const definition = idl.instructions.find((one) => one.name === name);
    const method = methods[name];
    if (definition === undefined || method === undefined) throw new TypeError(`${program} has no instruction ${name}`);
    if (args.length !== definition.args.length)
      throw new ClientError("PRG_BAD_VALUE", `${name} takes ${definition.args.length} arguments, not ${args.length}`);
    const encoded = definition.args.map((arg, at) =>
      encodeValue(this.#codecs[program], arg.type as IdlValueType, args[at], `${name}.${arg.name}`),
    );
    const events = { eventAuthority: eventAuthorityOf(program), program: PROGRAM_IDS[program] };
    return method(...encoded)
      .accountsPartial({ ...events, ...accounts })
      .instruction();
  }

  /** What an instruction takes, by its IDL. Throws PRG_BAD_VALUE where there is none of that name. */
  definitionOf(program: ProgramName, name: string): InstructionDefinition {
    const found = this.#programs[program].idl.instructions.find((one) => one.name === name);
    if (found === undefined) throw new ClientError("PRG_BAD_VALUE", `${program} has no instruction ${name}`);
    return {
      args: found.args.map(({ name, type }) => ({ name, type: type as IdlValueType })),
      accounts: found.accounts.map((account) => ({
        name: account.name,
        isFixed: ("address" in account && account.address !== undefined) || EVENT_ACCOUNTS.has(account.name),
      })),
      types: this.#codecs[program].types,
    };
  }

  /** A value of a program's type from JSON, as `json-values.ts` reads it. Throws PRG_BAD_VALUE. */
  fromJson(program: ProgramName, type: IdlValueType, json: unknown, path: string): Value {
    return valueFromJson(this.#codecs[program].types, type, json, path);
  }

  /** An account's fields, or null where there is none. Its name is camel-case, as its fields are. */
  async account<P extends ProgramName, N extends keyof Accounts<P> & string>(
    program: P,
    name: N,
    address: PublicKey,
    commitment: Commitment = "confirmed",
  ): Promise<Accounts<P>[N] | null> {
    const minContextSlot = this.newestSlot;
    const { context, value: info } = await ask(this.connection, () =>
      this.connection.getAccountInfoAndContext(address, { commitment, minContextSlot }),
    );
    if (commitment === "confirmed") this.newestSlot = Math.max(this.newestSlot, context.slot);
    if (info === null || !info.owner.equals(PROGRAM_IDS[program])) return null;
    return this.decode(program, name, info.data);
  }

  /** The same for many addresses, as of one block each hundred. */
  async accountsAt<P extends ProgramName, N extends keyof Accounts<P> & string>(
    program: P,
    name: N,
    addresses: readonly PublicKey[],
    commitment: Commitment = "confirmed",
  ): Promise<readonly (Accounts<P>[N] | null)[]> {
    const found: (Accounts<P>[N] | null)[] = [];
    for (let at = 0; at < addresses.length; at += MAX_ACCOUNTS) {
      const part = addresses.slice(at, at + MAX_ACCOUNTS);
      const minContextSlot = this.newestSlot;
      const { context, value } = await ask(this.connection, () =>
        this.connection.getMultipleAccountsInfoAndContext([...part], { commitment, minContextSlot }),
      );
      if (commitment === "confirmed") this.newestSlot = Math.max(this.newestSlot, context.slot);
      for (const info of value)
        found.push(info?.owner.equals(PROGRAM_IDS[program]) === true ? this.decode(program, name, info.data) : null);
    }
    return found;
  }

  /** Every account of a kind whose bytes at an offset (after the 8 of the discriminator) are so. */
  async accounts<P extends ProgramName, N extends keyof Accounts<P> & string>(
    program: P,
    name: N,
    matches: readonly { readonly offset: number; readonly bytes: PublicKey }[] = [],
  ): Promise<readonly { readonly address: PublicKey; readonly account: Accounts<P>[N] }[]> {
    const { coder } = this.#programs[program];
    const filters = matches.map(({ offset, bytes }) => ({ memcmp: { offset: 8 + offset, bytes: bytes.toBase58() } }));
    const found = await ask(this.connection, () =>
      this.connection.getProgramAccounts(PROGRAM_IDS[program], {
        commitment: "confirmed",
        filters: [{ memcmp: coder.accounts.memcmp(name) as { offset: number; bytes: string } }, ...filters],
      }),
    );
    return found.map(({ pubkey, account }) => ({
      address: pubkey,
      account: this.decode(program, name, account.data),
    }));
  }

  /** The fields in an account's bytes. Throws PRG_NOT_FOUND where they are another account's. */
  decode<P extends ProgramName, N extends keyof Accounts<P> & string>(
    program: P,
    name: N,
    data: Uint8Array,
  ): Accounts<P>[N] {
    const fields = this.#codecs[program].types.get(name);
    if (fields?.kind !== "struct") throw new TypeError(`${program} has no account ${name}`);
    let decoded: Record<string, unknown>;
    try {
      decoded = this.#programs[program].coder.accounts.decode(name, Buffer.from(data));
    } catch (error) {
      throw new ClientError("PRG_NOT_FOUND", `the account is no ${name} of ${program}`, { cause: error });
    }
    return decodeFields(this.#codecs[program], fields.fields ?? [], decoded) as Accounts<P>[N];
  }

  /** The event in the data of an inner instruction of ours, or null. */
  eventIn(programId: PublicKey, data: Uint8Array): ProgramEvent | null {
    const program = PROGRAM_NAMES.find((name) => PROGRAM_IDS[name].equals(programId));
    if (program === undefined || Buffer.compare(data.subarray(0, 8), EVENT_TAG) !== 0) return null;
    const event = this.#programs[program].coder.events.decode(Buffer.from(data.subarray(8)).toString("base64"));
    const type = event === null ? undefined : this.#codecs[program].types.get(event.name);
    if (event === null || type?.kind !== "struct") return null;
    return { program, name: event.name, fields: decodeFields(this.#codecs[program], type.fields ?? [], event.data) };
  }

  /** The error of ours, or of Anchor's checks, that the logs of a failed transaction end in, or null. */
  errorIn(logs: readonly string[]): ProgramError | null {
    const failed = logs
      .map((line) => /^Program (\w+) failed: custom program error: 0x([0-9a-f]+)$/.exec(line))
      .find(Boolean);
    const program = PROGRAM_NAMES.find((name) => PROGRAM_IDS[name].toBase58() === failed?.[1]);
    if (program === undefined) return null;
    const code = Number.parseInt(failed![2]!, 16);
    const known = this.#programs[program].idl.errors?.find((one) => one.code === code);
    if (known === undefined) return anchorError(program, code, logs);
    // Anchor turns the program's names into camel case; the program says EpochNotOver.
    const name = typeName(known.name);
    return { program, code, name, message: known.msg ?? name };
  }
}

/** Errors below 6000 are of Anchor's own checks; the program says them in its logs. */
function anchorError(program: ProgramName, code: number, logs: readonly string[]): ProgramError | null {
  const said = logs
    .map((line) => /Error Code: (\w+)\. Error Number: (\d+)\. Error Message: (.+?)\.?$/.exec(line))
    .find((match) => Number(match?.[2]) === code);
  return said ? { program, code, name: said[1]!, message: said[3]! } : null;
}

function byProgram<T>(make: (name: ProgramName) => T): Readonly<Record<ProgramName, T>> {
  return Object.fromEntries(PROGRAM_NAMES.map((name) => [name, make(name)])) as Record<ProgramName, T>;
}

function codecOf(idl: Idl): ValueCodec {
  const types: IdlTypes = new Map(
    (idl.types ?? []).map(({ name, type }) => [name, type as unknown as { kind: "struct"; fields: IdlValueField[] }]),
  );
  return {
    types,
    integerOf: (value) => new BN(value.toString()),
    bigintOf: (value) => BigInt(String(value)),
    isAddress: (value) => value instanceof PublicKey,
  };
}

function refuse(): Promise<never> {
  return Promise.reject(new Error("instructions are signed by their sender"));
}

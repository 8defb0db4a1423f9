/**
 * A proposal as people write it down, so that everybody can see what they vote on and anybody can execute it.
 *
 * ```json
 * { "description": "why",
 *   "instructions": [
 *     { "program": "registry", "instruction": "setParameters", "args": { "hash": "ab…", "fromEpoch": 20801 } },
 *     { "programId": "…", "accounts": [{ "address": "…", "signer": false, "writable": true }], "data": "hex" } ] }
 * ```
 *
 * Accounts of the network itself need not be given; an admin or authority is the governance.
 */
import { type AccountMeta, type PublicKey, TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import { oracleSetOf, PROGRAM_NAMES, priceFeedOf, scheduleOf, vaultOf } from "./addresses.ts";
import type { NetworkAddresses } from "./create-network.ts";
import { address, fieldsFromJson } from "./json-values.ts";
import type { Programs } from "./programs.ts";

export interface Proposed {
  readonly description: string;
  readonly instructions: readonly TransactionInstruction[];
}

/** The instructions a proposal's JSON means. Throws PRG_BAD_VALUE. */
export async function readProposal(programs: Programs, network: NetworkAddresses, json: unknown): Promise<Proposed> {
  const { description, instructions } = objectOf(json, "proposal");
  if (typeof description !== "string" || description === "") throw bad("description", "some text");
  if (!Array.isArray(instructions) || instructions.length === 0) throw bad("instructions", "a list of at least one");
  const read = instructions.map((one, at) => instructionOf(programs, network, one, `instructions[${at}]`));
  return { description, instructions: await Promise.all(read) };
}

async function instructionOf(
  programs: Programs,
  network: NetworkAddresses,
  json: unknown,
  path: string,
): Promise<TransactionInstruction> {
  const given = objectOf(json, path);
  if ("programId" in given) return rawInstruction(given, path);
  const program = PROGRAM_NAMES.find((name) => name === given.program);
  if (program === undefined) throw bad(`${path}.program`, `one of ${PROGRAM_NAMES.join(", ")}, or programId`);
  const name = String(given.instruction);
  const { args, accounts, types } = programs.definitionOf(program, name);
  const values = fieldsFromJson(types, args, given.args ?? {}, `${path}.args`);
  const named = given.accounts === undefined ? {} : objectOf(given.accounts, `${path}.accounts`);
  const known = knownAccounts(network);
  const slots = accounts
    .filter((account) => !account.isFixed || Object.hasOwn(named, account.name))
    .map((account) => {
      const where = `${path}.accounts.${account.name}`;
      const own = Object.hasOwn(named, account.name) ? address(named[account.name], where) : known[account.name];
      if (own === undefined) throw bad(where, "an address");
      return [account.name, own] as const;
    });
  return programs.instructionByName(
    program,
    name,
    args.map((arg) => values[arg.name]!),
    Object.fromEntries(slots),
  );
}

function rawInstruction(given: Readonly<Record<string, unknown>>, path: string): TransactionInstruction {
  const { accounts, data } = given;
  if (!Array.isArray(accounts)) throw bad(`${path}.accounts`, "a list");
  if (typeof data !== "string" || !/^([0-9a-f]{2})*$/i.test(data)) throw bad(`${path}.data`, "bytes in hex");
  const keys = accounts.map((one, at): AccountMeta => {
    const meta = objectOf(one, `${path}.accounts[${at}]`);
    return {
      pubkey: address(meta.address, `${path}.accounts[${at}].address`),
      isSigner: meta.signer === true,
      isWritable: meta.writable === true,
    };
  });
  const programId = address(given.programId, `${path}.programId`);
  return new TransactionInstruction({ programId, keys, data: Buffer.from(data, "hex") });
}

/** Accounts that follow from the network, by the names the instructions give them. */
function knownAccounts(network: NetworkAddresses): Readonly<Record<string, PublicKey>> {
  const { tokenMint, dcMint, dcConfig, distributor, gov } = network;
  return {
    ...{ network: network.network, tokenMint, mint: tokenMint, dcMint, dcConfig, distributor, gov },
    ...{ admin: gov, newAdmin: gov, authority: gov, guardian: gov, denylistAuthority: gov },
    ...{ oracleSet: oracleSetOf(distributor), schedule: scheduleOf(distributor), priceFeed: priceFeedOf(dcConfig) },
    ...{ treasury: vaultOf(gov, tokenMint), vault: vaultOf(distributor, tokenMint) },
  };
}

function objectOf(json: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw bad(path, "an object");
}

function bad(path: string, expected: string): ClientError {
  return new ClientError("PRG_BAD_VALUE", `${path}: expected ${expected}`);
}

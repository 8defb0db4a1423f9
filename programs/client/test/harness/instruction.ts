/** Instructions by name, from values and accounts by name: what the IDL fixes is filled in. */
import { PublicKey, TransactionInstruction } from "@solana/web3.js";
import { eventAuthorityOf, PROGRAM_IDS, PROGRAM_NAMES, type ProgramName } from "../../src/sdk/addresses.ts";
import { type Arg, encodeInstruction, instructionIdl } from "./idl.ts";

export type Accounts = Readonly<Record<string, PublicKey | null>>;

const eventAuthorities = Object.fromEntries(PROGRAM_NAMES.map((name) => [name, eventAuthorityOf(name)])) as Readonly<
  Record<ProgramName, PublicKey>
>;
const constants = new Map<string, PublicKey>();

/** An instruction; an optional account that is null is left out. Throws when an account is missing. */
export function instruction(
  program: ProgramName,
  name: string,
  args: readonly Arg[],
  accounts: Accounts,
): TransactionInstruction {
  const idl = instructionIdl(program, name);
  const keys = idl.slots.map((slot) => {
    let pubkey = accounts[slot.name];
    if (pubkey === undefined) {
      if (slot.name === "eventAuthority") pubkey = eventAuthorities[program];
      else if (slot.name === "program") pubkey = PROGRAM_IDS[program];
      else if (slot.address !== null) pubkey = constant(slot.address);
      else throw new TypeError(`${program}.${name} needs the account ${slot.name}`);
    }
    // Anchor takes the program's own address for an account that is not there.
    if (pubkey === null) return { pubkey: PROGRAM_IDS[program], isSigner: false, isWritable: false };
    return { pubkey, isSigner: slot.isSigner, isWritable: slot.isWritable };
  });
  const data = encodeInstruction(idl, args);
  return new TransactionInstruction({ programId: PROGRAM_IDS[program], keys, data: Buffer.from(data) });
}

function constant(address: string): PublicKey {
  let key = constants.get(address);
  if (key === undefined) {
    key = new PublicKey(address);
    constants.set(address, key);
  }
  return key;
}

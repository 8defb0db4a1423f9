/**
 * The network's lookup table: the addresses that its transactions share, so that a claim at tree depth 20 fits one.
 *
 * It is frozen once it is filled: nobody can change or close it, and who gives another table gains nothing (`transaction.ts`).
 */
import {
  type AddressLookupTableAccount,
  AddressLookupTableProgram,
  type Connection,
  type PublicKey,
  SYSVAR_INSTRUCTIONS_PUBKEY,
  SystemProgram,
} from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import { eventAuthorityOf, guardOf, PROGRAM_IDS, PROGRAM_NAMES, priceFeedOf, vaultOf } from "./addresses.ts";
import { ask } from "./ask.ts";
import type { NetworkAddresses, Step } from "./create-network.ts";
import { type Sender, send } from "./send.ts";
import { ASSOCIATED_TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID } from "./token-instructions.ts";

/** Addresses in one extension: about what fits a transaction. */
const PER_STEP = 20;

/** What the transactions of a network name again and again. */
export function sharedAddresses(network: NetworkAddresses): readonly PublicKey[] {
  const { distributor, tokenMint, dcMint, dcConfig, gov } = network;
  const vault = vaultOf(distributor, tokenMint);
  return [
    ...PROGRAM_NAMES.flatMap((name) => [PROGRAM_IDS[name], eventAuthorityOf(name)]),
    ...[TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, ASSOCIATED_TOKEN_PROGRAM_ID, SystemProgram.programId],
    SYSVAR_INSTRUCTIONS_PUBKEY,
    ...[network.network, distributor, vault, guardOf(vault), tokenMint, guardOf(tokenMint)],
    ...[dcMint, guardOf(dcMint), dcConfig, priceFeedOf(dcConfig), gov, vaultOf(gov, tokenMint)],
  ];
}

/** The transactions that make, fill and freeze the table, and where it will lie. `recentSlot` is a slot of the chain's last minutes. */
export function lookupTableSteps(
  network: NetworkAddresses,
  payer: PublicKey,
  recentSlot: number,
): { readonly table: PublicKey; readonly steps: readonly Step[] } {
  const [create, lookupTable] = AddressLookupTableProgram.createLookupTable({ authority: payer, payer, recentSlot });
  const addresses = sharedAddresses(network);
  const parts = Array.from({ length: Math.ceil(addresses.length / PER_STEP) }, (_, part) =>
    addresses.slice(part * PER_STEP, (part + 1) * PER_STEP),
  );
  const extend = parts.map((part) =>
    AddressLookupTableProgram.extendLookupTable({ lookupTable, authority: payer, payer, addresses: part }),
  );
  const freeze = AddressLookupTableProgram.freezeLookupTable({ lookupTable, authority: payer });
  return {
    table: lookupTable,
    steps: [
      { name: "create the lookup table", creates: lookupTable, instructions: [create, extend[0]!], signers: [] },
      ...extend.slice(1).map((instruction) => ({
        name: "fill the lookup table",
        creates: lookupTable,
        instructions: [instruction],
        signers: [],
      })),
      { name: "freeze the lookup table", creates: lookupTable, instructions: [freeze], signers: [] },
    ],
  };
}

/** A lookup table of the chain. Throws PRG_NOT_FOUND. */
export async function readLookupTable(connection: Connection, address: PublicKey): Promise<AddressLookupTableAccount> {
  const { value } = await ask(connection, () => connection.getAddressLookupTable(address));
  if (value === null) throw new ClientError("PRG_NOT_FOUND", `${address.toBase58()} is no lookup table of this chain`);
  return value;
}

/**
 * Makes the table, or finishes one that an earlier run began, and gives its address. `note` is told the address before anything is sent.
 * Throws as `send` does.
 */
export async function ensureLookupTable(
  sender: Sender,
  network: NetworkAddresses,
  begun: PublicKey | null,
  note: (table: PublicKey) => void,
): Promise<PublicKey> {
  const { connection, payer } = sender;
  const wallet = payer.publicKey;
  const known = begun === null ? null : await ask(connection, () => connection.getAddressLookupTable(begun));
  let table = begun;
  if (table === null || known?.value == null) {
    const recentSlot = await ask(connection, () => connection.getSlot("finalized"));
    const made = lookupTableSteps(network, wallet, recentSlot);
    table = made.table;
    note(table);
    await send(sender, made.steps[0]!.instructions);
  }
  const { state } = await readLookupTable(connection, table);
  const missing = sharedAddresses(network).filter((address) => !state.addresses.some((held) => held.equals(address)));
  for (let at = 0; at < missing.length; at += PER_STEP)
    await send(sender, [
      AddressLookupTableProgram.extendLookupTable({
        lookupTable: table,
        authority: wallet,
        payer: wallet,
        addresses: missing.slice(at, at + PER_STEP),
      }),
    ]);
  if (state.authority !== undefined)
    await send(sender, [AddressLookupTableProgram.freezeLookupTable({ lookupTable: table, authority: wallet })]);
  return table;
}

/** Proposals as they are voted on and executed. Layout: programs/governance/src/packed.rs. */
import { createHash } from "node:crypto";
import type { TransactionInstruction } from "@solana/web3.js";
import type { NetworkAddresses } from "../../src/sdk/create-network.ts";
import * as calls from "./calls.ts";

/** The hash a proposal commits to. */
export function instructionHash(instructions: readonly TransactionInstruction[]): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(instructions.length)];
  for (const { programId, keys, data } of instructions) {
    parts.push(programId.toBytes(), Uint8Array.of(keys.length));
    for (const { pubkey, isSigner, isWritable } of keys)
      parts.push(pubkey.toBytes(), Uint8Array.of((isSigner ? 1 : 0) + (isWritable ? 2 : 0)));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(data.length);
    parts.push(length, data);
  }
  return new Uint8Array(createHash("sha256").update(Buffer.concat(parts)).digest());
}

/** `execute` of instructions: packed, with their programs and accounts behind. */
export function execute(at: NetworkAddresses, id: bigint, instructions: readonly TransactionInstruction[]) {
  const packed = instructions.map(({ keys, data }) => ({
    flags: Uint8Array.from(keys, ({ isSigner, isWritable }) => (isSigner ? 1 : 0) + (isWritable ? 2 : 0)),
    data: new Uint8Array(data),
  }));
  const outer = calls.call(at, "governance", "execute", [packed], { proposal: calls.proposalOf(at.gov, id) });
  for (const { programId, keys } of instructions) {
    outer.keys.push({ pubkey: programId, isSigner: false, isWritable: false });
    // Governance signs inside; nobody signs for it outside.
    for (const key of keys) outer.keys.push({ ...key, isSigner: key.isSigner && !key.pubkey.equals(at.gov) });
  }
  return outer;
}

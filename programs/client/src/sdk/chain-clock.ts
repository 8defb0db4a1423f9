/** The chain's own time: what the programs see, which is not this machine's. */
import { type Connection, SYSVAR_CLOCK_PUBKEY } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import { ask } from "./ask.ts";

/** Offset of the i64 Unix time in the clock sysvar: slot, epoch start, epoch, leader epoch before it. */
const UNIX_OFFSET = 32;

/** Unix seconds of the newest confirmed block. */
export async function chainSeconds(connection: Connection): Promise<bigint> {
  const clock = await ask(connection, () => connection.getAccountInfo(SYSVAR_CLOCK_PUBKEY, "confirmed"));
  if (clock === null || clock.data.length < UNIX_OFFSET + 8)
    throw new ClientError("PRG_NOT_FOUND", "the chain has no clock");
  return clock.data.readBigInt64LE(UNIX_OFFSET);
}

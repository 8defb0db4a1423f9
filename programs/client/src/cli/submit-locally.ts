/** A transaction straight into a local chain of this process, without its sockets. */
import { Connection, type Keypair, Transaction, type TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { LocalChain } from "../localnet/local-chain.ts";
import { readTransaction } from "../localnet/wire-transaction.ts";
import type { Programs } from "../sdk/programs.ts";

/** For programs that only build instructions: nothing is asked of it. */
export const OFFLINE = new Connection("http://127.0.0.1:1");

/** Executes it in the open block. The first signer pays. Throws PRG_REFUSED. */
export function submitLocally(
  chain: LocalChain,
  programs: Programs,
  instructions: readonly TransactionInstruction[],
  signers: readonly Keypair[],
): void {
  const latest = chain.latestBlockhash("processed");
  const transaction = new Transaction({ feePayer: signers[0]!.publicKey, ...latest }).add(...instructions);
  transaction.sign(...signers);
  const read = readTransaction(transaction.serialize());
  if (!read.ok) throw new ClientError("PRG_REFUSED", read.reason);
  const submitted = chain.submit(read.transaction);
  const error = submitted.landed ? submitted.record.outcome.error : submitted.error;
  if (error === null) return;
  const known = submitted.landed ? programs.errorIn(submitted.record.outcome.logs) : null;
  throw new ClientError("PRG_REFUSED", known === null ? JSON.stringify(error) : known.message);
}

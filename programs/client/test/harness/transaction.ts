/**
 * A legacy transaction from instructions: accounts merged as the runtime wants them, signatures left zero.
 *
 * Source: Solana's transaction format. Made for many transactions a second: an address is keyed once and not turned into base58.
 */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";

const keys = new WeakMap<PublicKey, string>();

/** A text that names an address in a map. */
export function keyOf(address: PublicKey): string {
  let key = keys.get(address);
  if (key === undefined) {
    key = Buffer.from(address.toBytes()).toString("latin1");
    keys.set(address, key);
  }
  return key;
}

interface Meta {
  readonly key: string;
  isSigner: boolean;
  isWritable: boolean;
}

/** The transaction's bytes. `number` goes into the blockhash, so that no two transactions are the same. */
export function compileTransaction(
  feePayer: PublicKey,
  instructions: readonly TransactionInstruction[],
  number: bigint,
): Uint8Array {
  const metas = new Map<string, Meta>();
  const add = (address: PublicKey, isSigner: boolean, isWritable: boolean) => {
    const key = keyOf(address);
    const meta = metas.get(key);
    if (meta === undefined) metas.set(key, { key, isSigner, isWritable });
    else {
      meta.isSigner ||= isSigner;
      meta.isWritable ||= isWritable;
    }
  };
  add(feePayer, true, true);
  for (const { programId, keys: accounts } of instructions) {
    for (const { pubkey, isSigner, isWritable } of accounts) add(pubkey, isSigner, isWritable);
    add(programId, false, false);
  }
  // The fee payer stays first: sorting is stable and nothing ranks above a writable signer.
  const rank = ({ isSigner, isWritable }: Meta) => (isSigner ? 0 : 2) + (isWritable ? 0 : 1);
  const sorted = [...metas.values()].sort((a, b) => rank(a) - rank(b));
  const places = new Map(sorted.map(({ key }, index) => [key, index]));
  const placeOf = (address: PublicKey) => places.get(keyOf(address)) as number;
  const signers = sorted.filter(({ isSigner }) => isSigner).length;

  const message = [
    signers,
    sorted.filter(({ isSigner, isWritable }) => isSigner && !isWritable).length,
    sorted.filter(({ isSigner, isWritable }) => !isSigner && !isWritable).length,
    ...compact(sorted.length),
  ];
  const parts: Uint8Array[] = [
    Uint8Array.from([...compact(signers)]),
    new Uint8Array(64 * signers),
    Uint8Array.from(message),
    ...sorted.map(({ key }) => Buffer.from(key, "latin1")),
    blockhash(number),
    Uint8Array.from(compact(instructions.length)),
  ];
  for (const { programId, keys: accounts, data } of instructions)
    parts.push(
      Uint8Array.from([
        placeOf(programId),
        ...compact(accounts.length),
        ...accounts.map(({ pubkey }) => placeOf(pubkey)),
        ...compact(data.length),
      ]),
      data,
    );
  return new Uint8Array(Buffer.concat(parts));
}

function blockhash(number: bigint): Uint8Array {
  const hash = new Uint8Array(32).fill(7);
  new DataView(hash.buffer).setBigUint64(0, number);
  return hash;
}

/** Solana's compact u16. */
function compact(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}

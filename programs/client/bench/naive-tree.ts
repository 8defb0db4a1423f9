/** The same tree as one writes it at first: an object a node, a hash object a node, amounts as bigints. The peer of the benchmark. */
import { createHash } from "node:crypto";

export interface NaiveNode {
  readonly hash: Buffer;
  readonly sum: bigint;
}

/** All levels, leaves first. */
export function naiveTree(distributor: Buffer, wallets: readonly Buffer[], amounts: readonly bigint[]): NaiveNode[][] {
  let level = wallets.map((wallet, index) => ({
    hash: sha256(Buffer.of(0), Buffer.from("RWD1"), distributor, wallet, u64(amounts[index]!)),
    sum: amounts[index]!,
  }));
  const levels = [level];
  while (level.length > 1) {
    const parents: NaiveNode[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at]!, level[at + 1]];
      if (right === undefined) parents.push(left);
      else
        parents.push({
          hash: sha256(Buffer.of(1), left.hash, u64(left.sum), right.hash, u64(right.sum)),
          sum: left.sum + right.sum,
        });
    }
    level = parents;
    levels.push(level);
  }
  return levels;
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

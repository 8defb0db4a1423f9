/**
 * What several endpoints together say is the block of a minute: a pure decision.
 *
 * An endpoint that lags has no opinion, one that lies has another one. A block counts when at least `quorum` endpoints name it and no
 * other block is named as often.
 */
import type { SolanaBlock } from "@earshot/poc/protocol";

/** The block that enough endpoints name, or undefined. */
export function agreedBlock(opinions: Iterable<SolanaBlock>, quorum: number): SolanaBlock | undefined {
  const votes = new Map<string, { readonly block: SolanaBlock; count: number }>();
  for (const block of opinions) {
    const key = `${block.slot} ${block.blockTimeS} ${block.blockhash.toHex()}`;
    const vote = votes.get(key);
    if (vote === undefined) votes.set(key, { block, count: 1 });
    else vote.count++;
  }
  const [first, second] = [...votes.values()].sort((a, b) => b.count - a.count);
  if (first === undefined || first.count < quorum) return undefined;
  return second !== undefined && second.count === first.count ? undefined : first.block;
}

/** How many endpoints of a configuration must say alike. */
export function quorumOf({ rpc, quorum }: { readonly rpc: readonly string[]; readonly quorum: number }): number {
  return quorum === 0 ? majority(rpc.length) : quorum;
}

/** More than half of the endpoints: what holds unless the operator says otherwise. */
export function majority(endpoints: number): number {
  return Math.floor(endpoints / 2) + 1;
}

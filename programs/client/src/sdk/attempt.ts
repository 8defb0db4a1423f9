/** Whether nothing can come of an attempt at an epoch's root any more, as the program judges it before it opens another. */
import type { Distributor, OracleSet, Root } from "../generated/rewards.ts";

export function isAttemptOver(
  root: Pick<Root, "state" | "setVersion" | "approved" | "candidates" | "oracleCount" | "voted" | "threshold">,
  { version }: Pick<OracleSet, "version">,
  { finalTotal }: Pick<Distributor, "finalTotal">,
): boolean {
  if ("vetoed" in root.state) return true;
  if ("final" in root.state) return false;
  if (root.setVersion !== version) return true;
  // A later total may not be below an earlier one.
  if ("approved" in root.state) return root.approved.total < finalTotal;
  const most = Math.max(0, ...root.candidates.map(({ votes }) => bitCount(votes)));
  return most + root.oracleCount - bitCount(root.voted) < root.threshold;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/**
 * What an ingest's chain head means for the agent, compared with its own: a pure decision.
 *
 *   in_step   the ingest has what the agent has, or the upload on its way too
 *   behind    the ingest lacks uploads that the agent still keeps: send them, oldest first, byte for byte
 *   ahead     the ingest has what the agent does not know: its disk was lost or an old backup restored; go on from the head
 *   foreign   the ingest is behind by more than is kept, or follows another past: use another ingest
 */
import type { ChainHead } from "@earshot/poc/protocol";

export type HeadJudgement =
  | { readonly kind: "in_step" }
  | { readonly kind: "behind"; readonly from: number }
  | { readonly kind: "ahead" }
  | { readonly kind: "foreign" };

/**
 * Judges `head`, an ingest's, against `own`, the last acknowledged upload. `outstandingId` is the id of the upload after it, if one
 * is sealed; `keptId` gives the ids of acknowledged uploads that could be sent again.
 */
export function judgeHead(
  head: ChainHead,
  own: ChainHead,
  outstandingId: Uint8Array | null,
  keptId: (sequence: number) => Uint8Array | undefined,
): HeadJudgement {
  if (head.sequence > own.sequence) {
    const isOutstanding = head.sequence === own.sequence + 1 && outstandingId !== null && equal(head.id, outstandingId);
    return { kind: isOutstanding ? "in_step" : "ahead" };
  }
  if (head.sequence === own.sequence) return { kind: equal(head.id, own.id) ? "in_step" : "ahead" };
  const known = head.sequence === 0 ? head.id : keptId(head.sequence);
  if (known === undefined || !equal(known, head.id)) return { kind: "foreign" };
  for (let sequence = head.sequence + 1; sequence <= own.sequence; sequence++) {
    if (keptId(sequence) === undefined) return { kind: "foreign" };
  }
  return { kind: "behind", from: head.sequence + 1 };
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

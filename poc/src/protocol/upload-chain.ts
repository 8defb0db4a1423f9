/**
 * The chain of uploads of one device, as an ingest keeps it: a pure step from a head and an upload to an outcome.
 *
 * Each upload carries the number after its predecessor's and that predecessor's id. A resend of a logged upload is a duplicate
 * and gets its old receipt. Another body under a logged number is a fork: the first logged wins, the second is evidence and
 * changes nothing. Anything else that does not continue the head is answered with the head, from which a device that lost its
 * state goes on under the `resumed` flag. The flag excuses nothing by itself; it is data for whoever judges a fork.
 *
 * Takes verified uploads only: a stranger's bytes must not become evidence against a device.
 */
import { bytesEqual, checkBytes, checkSafeU64 } from "./byte-codec.ts";
import type { VerifiedUpload } from "./upload-verify.ts";

/** The last logged upload of a device; sequence 0 and a zero id where there is none. */
export interface ChainHead {
  readonly sequence: number;
  /** 32 bytes. */
  readonly id: Uint8Array;
}

/** The head of a device that has sent nothing. */
export const EMPTY_CHAIN: ChainHead = { sequence: 0, id: new Uint8Array(32) };

/** What the chain looks at in an upload; `chainLink` takes it from a verified one. */
export interface ChainLink {
  readonly sequence: number;
  readonly previousId: Uint8Array;
  readonly id: Uint8Array;
  readonly resumed: boolean;
}

/** Two bodies that one device signed under one number. */
export interface ForkEvidence {
  readonly sequence: number;
  /** Id of the upload that was logged first, and counts. */
  readonly firstId: Uint8Array;
  /** Id of the other, which does not. */
  readonly secondId: Uint8Array;
  /** True if the second said that the device had lost its state. */
  readonly secondResumed: boolean;
}

export type ChainStep =
  | { readonly outcome: "accept"; readonly head: ChainHead; readonly resumed: boolean }
  | { readonly outcome: "duplicate"; readonly head: ChainHead }
  | { readonly outcome: "chain_fork"; readonly head: ChainHead; readonly evidence: ForkEvidence }
  | { readonly outcome: "wrong_predecessor"; readonly head: ChainHead };

/** The link of a verified upload; ids are copied, so that the upload's bytes may go. */
export function chainLink(upload: VerifiedUpload): ChainLink {
  const { sequence, previousId, resumed } = upload.header;
  return { sequence, previousId: previousId.slice(), id: upload.id.slice(), resumed };
}

/**
 * What an upload does to a chain. `loggedIdAt` gives the id logged under a number from 1 to the head's, or undefined where the
 * ingest no longer knows; an upload under such a number is answered with the head. `head` in the answer is the head after it.
 * @throws POC_BAD_LENGTH, POC_BAD_ENCODING if `head` or `link` is malformed.
 */
export function stepChain(
  head: ChainHead,
  link: ChainLink,
  loggedIdAt: (sequence: number) => Uint8Array | undefined,
): ChainStep {
  checkBytes(head.id, 32, "head id");
  checkBytes(link.id, 32, "upload id");
  checkBytes(link.previousId, 32, "previousId");
  checkSafeU64(link.sequence, "sequence");
  if (link.sequence === head.sequence + 1 && bytesEqual(link.previousId, head.id)) {
    return { outcome: "accept", head: { sequence: link.sequence, id: link.id }, resumed: link.resumed };
  }
  if (link.sequence < 1 || link.sequence > head.sequence) return { outcome: "wrong_predecessor", head };
  const firstId = link.sequence === head.sequence ? head.id : loggedIdAt(link.sequence);
  if (firstId === undefined) return { outcome: "wrong_predecessor", head };
  if (bytesEqual(firstId, link.id)) return { outcome: "duplicate", head };
  return {
    outcome: "chain_fork",
    head,
    evidence: { sequence: link.sequence, firstId, secondId: link.id, secondResumed: link.resumed },
  };
}

/** True if two verified uploads prove a fork: one signer, network and number, two bodies. Anybody can check it from the bytes. */
export function isChainFork(first: VerifiedUpload, second: VerifiedUpload): boolean {
  return (
    bytesEqual(first.header.signer, second.header.signer) &&
    first.header.network === second.header.network &&
    first.header.sequence === second.header.sequence &&
    !bytesEqual(first.id, second.id)
  );
}

/** Mutations that succeed and may: what the slot takes by design, and who would have to be wrong for it to matter. */
import type { Trial } from "./run-mutations.ts";

interface Allowed {
  readonly title: RegExp;
  readonly slot: string;
  readonly kind: RegExp;
  readonly because: string;
}

export const ALLOWED: readonly Allowed[] = [
  {
    title: /./,
    slot: "payer",
    kind: /^(foreign|duplicate (admin|mintAuthority|networkAdmin|caller|authority|oracle|owner|beneficiary))$/,
    because: "anybody who signs may pay the rent",
  },
  {
    title: /^guard\.initMintGuard$/,
    slot: "caller",
    kind: /./,
    because: "a key that is written down: the mint authority chooses it, and it signs whenever it asks for tokens",
  },
  {
    title: /^registry\.registerMaker$/,
    slot: "admin",
    kind: /^(foreign|duplicate)/,
    because: "whoever signs becomes the maker's admin; approval is the network's",
  },
  {
    title: /^dataCredits\.initDataCredits$/,
    slot: "tokenMint",
    kind: /^foreign$/,
    because: "data credits can be made for any token; a network takes those of its own",
  },
  {
    title: /^dataCredits\.recordPrice$/,
    slot: "price",
    kind: /^foreign$/,
    because: "any verified update of the feed will do, whoever posted it",
  },
  {
    title: /^dataCredits\.burnFee$/,
    slot: "network",
    kind: /^(owner|closed|discriminator)$/,
    because: "only its signature is asked for, which only the registry can give; its bytes are not read",
  },
  {
    title: /^(guard\.guardedTransfer|rewards\.claim)$/,
    slot: /tokenMint|mint/.source,
    kind: /^owner$/,
    because: "the address is the guard's own mint; the token program wrote its bytes, and no mint changes hands",
  },
  {
    title: /^rewards\.issueEpoch$/,
    slot: "epochRecord",
    kind: /^closed$/,
    because: "an epoch without a record burnt nothing; the data-credit program closes none",
  },
  {
    title: /^governance\.(finalizeProposal|queueProposal)$/,
    slot: "proposal",
    kind: /^foreign$/,
    because: "anybody may move any proposal on",
  },
  {
    title: /^(dataCredits\.submitPrice|governance\.execute)$/,
    slot: "program",
    kind: /^program$/,
    because:
      "Anchor sends events to the program's own id; the slot only has to bring it along, and here nothing is sent or it is there",
  },
];

/** Why a mutation may succeed, or null. A mixture may when one of its two sides is only slots that may be foreign. */
export function allowedBecause({ title, slot, kind }: Trial): string | null {
  if (kind !== "mixture") return reasonOf(title, slot, kind);
  const sides = slot.split(" with ").map((side) => side.split("+").map((name) => reasonOf(title, name, "foreign")));
  return sides.find((reasons) => reasons.every((reason) => reason !== null))?.[0] ?? null;
}

function reasonOf(title: string, slot: string, kind: string): string | null {
  const found = ALLOWED.find(
    (one) => one.title.test(title) && new RegExp(`^(${one.slot})$`).test(slot) && one.kind.test(kind),
  );
  return found?.because ?? null;
}

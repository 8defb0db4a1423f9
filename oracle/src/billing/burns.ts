/**
 * Turning bills into burns on chain, each data credit once, whatever is lost on the way.
 *
 * A payer has one or more routers, accounts whose data credits only this oracle's burn authority can burn. Each burn names a bill by
 * its hash and carries the router's next number; the program takes every number once, in order. A burn is written to the journal
 * under its number before it is sent, so after a crash the router's last number alone tells whether it was done: it is asked for again
 * under the same number, or counted. A router that has burnt more than the journal knows (it was restored from a copy, or another oracle held
 * the burn authority before) is asked for those burns, which are written down before anything else is planned; if the chain no longer
 * tells them, it burns nothing. What a payer's escrows cannot cover stays owed and is burnt when they can; meanwhile its
 * routes are withdrawn from agents (`isInArrears`).
 */

/** A router as the chain has it now. */
export interface RouterAccount {
  /** Address of the account, base58. */
  readonly address: string;
  /** Base58 of the wallet that pays. */
  readonly payer: string;
  /** Text form of its route key. */
  readonly routeKey: string;
  /** Data credits in its escrow. */
  readonly escrow: bigint;
  /** Number of its last burn, 0 before the first. */
  readonly lastNonce: bigint;
}

/** A burn of one router for one bill. */
export interface Burn {
  readonly router: string;
  readonly nonce: bigint;
  /** Payer and epoch of the bill. */
  readonly payer: string;
  readonly epoch: number;
  readonly dataCredits: bigint;
  /** SHA-256 of the bill. */
  readonly billHash: Uint8Array;
}

/** A bill as far as burns go. */
export interface OpenBill {
  readonly payer: string;
  readonly epoch: number;
  readonly dataCredits: bigint;
  readonly billHash: Uint8Array;
}

/** What became of a burn that was asked for. */
export type BurnAnswer =
  /** On chain by this call. */
  | { readonly state: "done"; readonly signature: string }
  /** On chain before it. */
  | { readonly state: "already" }
  /** Nobody knows yet: the next round asks again. */
  | { readonly state: "waiting" }
  /** The program does not take it now: a pause, or an escrow that was emptied by other means. */
  | { readonly state: "refused"; readonly why: string };

/** A burn that stands on chain. */
export interface BurnOnChain {
  readonly nonce: bigint;
  readonly epoch: number;
  readonly dataCredits: bigint;
  readonly billHash: Uint8Array;
  readonly signature: string;
}

/** The chain; the SDK behind it retries what can be retried. */
export interface BurnChain {
  routers(): Promise<readonly RouterAccount[]>;
  /** Burns of a router after a number, in any order, as far as its history is still told. Rejects, with `retryable`, as `burn` does. */
  burnsAfter(router: string, nonce: bigint): Promise<readonly BurnOnChain[]>;
  /**
   * Sends burns, as many as fit one transaction together, and waits until they are confirmed: an answer for each, in their order. A
   * burn whose number is taken is not sent again. Rejects, with `retryable`, when the chain cannot be asked; some may then be done.
   */
  burn(burns: readonly Burn[]): Promise<readonly BurnAnswer[]>;
}

/** What must survive a crash; each call is durable when it resolves. */
export interface BurnJournal {
  /** Adds a bill; the same bill again changes nothing. */
  addBill(bill: OpenBill): Promise<void>;
  /** Bills not burnt in full, oldest epoch first, and what was burnt of each. */
  openBills(): Promise<readonly (OpenBill & { readonly burnt: bigint })[]>;
  /** Writes a burn down before it is sent; false where another one has its number, and then it must not be sent. */
  begin(burn: Burn): Promise<boolean>;
  /** Greatest number written down of each router that has one. */
  lastNonces(): Promise<ReadonlyMap<string, bigint>>;
  /** Writes a burn down that was found on chain. */
  adopt(burn: Burn, signature: string): Promise<void>;
  /** Burns begun and neither done nor withdrawn. */
  begun(): Promise<readonly Burn[]>;
  /** The burn is on chain; `signature` is null when it was found there and not sent by this process. */
  done(burn: Burn, signature: string | null): Promise<void>;
}

export interface BurnRound {
  readonly burns: number;
  readonly dataCredits: bigint;
  /** Payers whose escrows did not cover their bills, and what they still owe. */
  readonly arrears: ReadonlyMap<string, bigint>;
  /** Burns that the program did not take, and why; they keep their numbers and are asked for again. */
  readonly refused: readonly { readonly burn: Burn; readonly why: string }[];
  /** Routers with burns that neither the journal nor the chain's history tells; nothing is burnt from them. */
  readonly unexplained: readonly string[];
}

interface Planned {
  readonly burns: readonly Burn[];
  readonly arrears: ReadonlyMap<string, bigint>;
}

/** Burns what can be burnt now. Safe to call again at any time, by one process at a time; rejects as the chain does. */
export async function burnBills(chain: BurnChain, journal: BurnJournal): Promise<BurnRound> {
  const accounts = await chain.routers();
  const unexplained = await adoptBurns(chain, journal, accounts);
  const again = await journal.begun();
  const first = await burnAll(chain, journal, again);
  const open = await journal.begun();
  const routers = again.length === 0 ? accounts : await chain.routers();
  const explained = routers.filter(({ address }) => !unexplained.includes(address));
  const planned = plan(explained, await journal.openBills(), open);
  const begun: Burn[] = [];
  for (const burn of planned.burns) if (await journal.begin(burn)) begun.push(burn);
  const second = await burnAll(chain, journal, begun);
  const done = [...first.done, ...second.done];
  return {
    burns: done.length,
    dataCredits: done.reduce((sum, { dataCredits }) => sum + dataCredits, 0n),
    arrears: planned.arrears,
    refused: [...first.refused, ...second.refused],
    unexplained,
  };
}

/** Writes down the burns that routers have done and the journal does not know; gives the routers of which the chain does not tell all. */
async function adoptBurns(
  chain: Pick<BurnChain, "burnsAfter">,
  journal: BurnJournal,
  accounts: readonly RouterAccount[],
): Promise<readonly string[]> {
  const known = await journal.lastNonces();
  const unexplained: string[] = [];
  for (const { address: router, payer, lastNonce } of accounts) {
    const last = known.get(router) ?? 0n;
    if (lastNonce <= last) continue;
    const found = (await chain.burnsAfter(router, last)).filter(({ nonce }) => nonce > last && nonce <= lastNonce);
    if (BigInt(new Set(found.map(({ nonce }) => nonce)).size) < lastNonce - last) {
      unexplained.push(router);
      continue;
    }
    // The highest last: a process that dies between two finds the rest again.
    for (const { signature, ...burn } of [...found].sort((a, b) => (a.nonce < b.nonce ? -1 : 1)))
      await journal.adopt({ ...burn, router, payer }, signature);
  }
  return unexplained;
}

/** Which burns pay which bills. A router with a burn under way takes no other: the number before must be used up first. */
function plan(
  accounts: readonly RouterAccount[],
  bills: Awaited<ReturnType<BurnJournal["openBills"]>>,
  open: readonly Burn[],
): Planned {
  const busy = new Set(open.map(({ router }) => router));
  const routers = accounts.filter(({ address }) => !busy.has(address)).map((account) => ({ ...account }));
  const burns: Burn[] = [];
  const arrears = new Map<string, bigint>();
  for (const bill of bills) {
    const { payer, epoch, billHash } = bill;
    const underWay = open.filter((burn) => burn.payer === payer && burn.epoch === epoch);
    let owed = underWay.reduce((rest, { dataCredits }) => rest - dataCredits, bill.dataCredits - bill.burnt);
    for (const router of routers.filter((one) => one.payer === payer)) {
      const dataCredits = smaller(owed, router.escrow);
      if (dataCredits <= 0n) continue;
      router.escrow -= dataCredits;
      router.lastNonce += 1n;
      owed -= dataCredits;
      burns.push({ router: router.address, nonce: router.lastNonce, payer, epoch, dataCredits, billHash });
    }
    if (owed > 0n) arrears.set(payer, (arrears.get(payer) ?? 0n) + owed);
  }
  return { burns, arrears };
}

/** Sends burns that stand in the journal, new ones and those of which nobody knows whether they happened. */
async function burnAll(chain: BurnChain, journal: BurnJournal, burns: readonly Burn[]) {
  const done: Burn[] = [];
  const refused: { burn: Burn; why: string }[] = [];
  if (burns.length === 0) return { done, refused };
  for (const [at, answer] of (await chain.burn(burns)).entries()) {
    const burn = burns[at]!;
    if (answer.state === "refused") refused.push({ burn, why: answer.why });
    if (answer.state !== "done" && answer.state !== "already") continue;
    await journal.done(burn, answer.state === "done" ? answer.signature : null);
    done.push(burn);
  }
  return { done, refused };
}

/** Whether a payer owes so much that its routes are withdrawn from agents: more than its escrows hold, less a reserve. */
export function isInArrears(owed: bigint, escrow: bigint, reserve: bigint): boolean {
  return owed + reserve > escrow;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

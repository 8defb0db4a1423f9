/**
 * Turning bills into burns on chain, each data credit once, whatever is lost on the way.
 *
 * A payer has one or more routers, accounts whose data credits only this oracle's burn authority can burn. Each burn names a bill by
 * its hash and carries the router's next number; the program takes every number once, in order. A burn is written to the journal
 * under its number before it is sent, so after a crash the router's last number alone tells whether it was done: it is asked for again
 * under the same number, or counted. What a payer's escrows cannot cover stays owed and is burnt when they can; meanwhile its
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

/** The chain; the SDK behind it retries what can be retried. */
export interface BurnChain {
  routers(): Promise<readonly RouterAccount[]>;
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
  /** Writes a burn down before it is sent. */
  begin(burn: Burn): Promise<void>;
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
}

interface Planned {
  readonly burns: readonly Burn[];
  readonly arrears: ReadonlyMap<string, bigint>;
}

/** Burns what can be burnt now. Safe to call again at any time, by one process at a time; rejects as the chain does. */
export async function burnBills(chain: BurnChain, journal: BurnJournal): Promise<BurnRound> {
  const again = await journal.begun();
  const first = await burnAll(chain, journal, again);
  const open = await journal.begun();
  const planned = plan(await chain.routers(), await journal.openBills(), open);
  for (const burn of planned.burns) await journal.begin(burn);
  const second = await burnAll(chain, journal, planned.burns);
  const done = [...first.done, ...second.done];
  return {
    burns: done.length,
    dataCredits: done.reduce((sum, { dataCredits }) => sum + dataCredits, 0n),
    arrears: planned.arrears,
    refused: [...first.refused, ...second.refused],
  };
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

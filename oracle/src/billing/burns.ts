/**
 * Turning bills into burns on chain, each data credit once, whatever is lost on the way.
 *
 * A payer has one or more routers, accounts whose data credits only this oracle's burn authority can burn. Each burn names a bill by
 * its hash and carries the router's next number; the program takes every number once, in order. A burn is written to the journal
 * under its number before it is sent, so after a crash the router's last number alone tells whether it was done: it is sent again
 * under the same number, or counted. What a payer's escrows cannot cover stays owed and is burnt when they can; meanwhile its
 * routes are withdrawn from agents (`isInArrears`).
 */

/** A router as the chain has it now. */
export interface RouterAccount {
  /** Address of the account, base58. */
  readonly address: string;
  /** Base58 of the wallet that pays. */
  readonly payer: string;
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

/** The chain; the SDK behind it retries what can be retried. */
export interface BurnChain {
  routers(): Promise<readonly RouterAccount[]>;
  /** Sends a burn and waits until it is confirmed. Rejects with an error whose `retryable` is true when nobody knows. */
  burn(burn: Burn): Promise<{ readonly signature: string }>;
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
}

/** Burns what can be burnt now. Safe to call again at any time, by one process at a time; rejects as the chain does. */
export async function burnBills(chain: BurnChain, journal: BurnJournal): Promise<BurnRound> {
  await finishBegun(chain, journal);
  const routers = (await chain.routers()).map((router) => ({ ...router }));
  let burns = 0;
  let dataCredits = 0n;
  const arrears = new Map<string, bigint>();
  for (const bill of await journal.openBills()) {
    let owed = bill.dataCredits - bill.burnt;
    for (const router of routers.filter(({ payer }) => payer === bill.payer)) {
      const amount = smaller(owed, router.escrow);
      if (amount === 0n) continue;
      const { address, lastNonce } = router;
      const { payer, epoch, billHash } = bill;
      const burn = { router: address, nonce: lastNonce + 1n, payer, epoch, dataCredits: amount, billHash };
      await journal.begin(burn);
      const { signature } = await chain.burn(burn);
      await journal.done(burn, signature);
      router.escrow -= amount;
      router.lastNonce = burn.nonce;
      owed -= amount;
      burns++;
      dataCredits += amount;
    }
    if (owed > 0n) arrears.set(bill.payer, (arrears.get(bill.payer) ?? 0n) + owed);
  }
  return { burns, dataCredits, arrears };
}

/** Burns of which nobody knows whether they happened: the router's number tells. */
async function finishBegun(chain: BurnChain, journal: BurnJournal): Promise<void> {
  const begun = await journal.begun();
  if (begun.length === 0) return;
  const lastNonces = new Map((await chain.routers()).map(({ address, lastNonce }) => [address, lastNonce]));
  for (const burn of begun) {
    const isDone = burn.nonce <= (lastNonces.get(burn.router) ?? 0n);
    await journal.done(burn, isDone ? null : (await chain.burn(burn)).signature);
  }
}

/** Whether a payer owes so much that its routes are withdrawn from agents: more than its escrows hold, less a reserve. */
export function isInArrears(owed: bigint, escrow: bigint, reserve: bigint): boolean {
  return owed + reserve > escrow;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

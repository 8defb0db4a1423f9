/**
 * Billing as a process: what an epoch's close makes due is billed, burnt and held against what its payers own.
 *
 *   closed epoch ─► bills (journal) ─► burns ─► balances ─► routes suspended for arrears
 *   closed epoch ─► notices ─► refutations, appeals
 *   closed epoch ─► contests of the epochs that may still be paid ─► routes suspended once they cannot, restored when refuted or settled
 *
 * Holds no state of its own: bills, burns and contests stand in the Store, so a process that is killed anywhere goes on where it was. One
 * process at a time bills a network (a lease); the others only suspend and restore their own routes.
 */

import type { VerifyKey } from "@earshot/poc/protocol";
import { keepAppeals, noticesOfEpoch } from "../notices/notices-of-epoch.ts";
import type { EpochArchive } from "../pipeline/epoch-archive.ts";
import { holdLease } from "../pipeline/hold-lease.ts";
import { lastClosedEpoch } from "../pipeline/work-table.ts";
import type { Store } from "../ports/store.ts";
import type { SuspendedRoutes } from "../routes/suspended-routes.ts";
import { readPosition, writePosition } from "../store/positions.ts";
import { billsOfEpoch } from "./bill-epoch.ts";
import { type BurnChain, type BurnRound, burnBills, isInArrears, type RouterAccount } from "./burns.ts";
import { isRouteSuspended } from "./contest.ts";
import { keepContest, routeContests } from "./contest-book.ts";
import { type BillingArchive, contestOfEpoch, parametersOfEpoch } from "./contest-epoch.ts";
import { keepRefutation, refutedPackets } from "./refutation-book.ts";
import type { StoredJournal } from "./stored-journal.ts";

/** A route as far as billing goes. */
export interface BilledRoute {
  readonly routeId: number;
  /** Text form of the route key. */
  readonly payer: string;
  /** The last epoch whose contests were settled otherwise, by agreement of oracle and payer. */
  readonly contestsSettledThrough?: number | undefined;
}

export interface BillerOptions {
  readonly store: Store;
  readonly archive: BillingArchive & Pick<EpochArchive, "table">;
  readonly journal: StoredJournal;
  /** Number of the network in protocol messages. */
  readonly network: number;
  readonly firstEpoch: number;
  /** Keys of the ingests whose appeals are read, 33 bytes each. */
  readonly ingestKeys: readonly Uint8Array[];
  /** Key that outcomes of appeals are signed with; undefined without governance. */
  readonly governanceKey: VerifyKey | undefined;
  /** What payers own; undefined without a chain. */
  readonly routers: Pick<BurnChain, "routers"> | undefined;
  /** Only where this oracle holds the network's burn authority. */
  readonly burner: BurnChain | undefined;
  readonly routes: () => readonly BilledRoute[];
  readonly suspended: SuspendedRoutes;
  /** Contested packets of those paid or contested, 1e-4, above which a route is suspended. */
  readonly contestLimitUnits: number;
  /** Part of its last bill that a payer must own beyond what it owes, 1e-4: so much traffic comes before the next bill. */
  readonly reserveE4: number;
  /** Names this process among others. */
  readonly holder: string;
  /** How long the work of a process that died waits for another one, ms; a minute. */
  readonly leaseMs?: number;
  readonly onEvent?: (event: BillerEvent) => void;
}

export type BillerEvent =
  | { readonly kind: "billed"; readonly epoch: number; readonly bills: number; readonly dataCredits: bigint }
  | { readonly kind: "burnt"; readonly round: BurnRound }
  | { readonly kind: "contested"; readonly epoch: number; readonly routes: number; readonly refuted: number };

/** DESIGN, metering: over 2 % suspends the route. */
export const CONTEST_LIMIT_UNITS = 200;
/** A quarter of the last bill. */
export const RESERVE_E4 = 2_500;
const READER = "billing";
const LEASE_MS = 60_000;
const SHARE_ONE = 10_000n;

export class Biller {
  readonly #options: BillerOptions;

  constructor(options: BillerOptions) {
    this.#options = options;
  }

  /**
   * Does whatever is due now; false where another process bills the network. Throws what store, archive and chain throw; it can be called
   * again then.
   */
  async step(): Promise<boolean> {
    const { store, holder, leaseMs = LEASE_MS } = this.#options;
    const last = (await lastClosedEpoch(store))?.epoch;
    const held = await holdLease({ store, holder, ttlMs: leaseMs }, READER, async () => {
      if (last === undefined) return true;
      await this.#bill(last);
      await this.#contest(last);
      await this.#burn();
      return true;
    });
    await this.#suspendArrears();
    await this.#suspendContested(last);
    return held === true;
  }

  /** Bills of the closed epochs that have none yet. A bill that is there is kept, so a step that died is begun anew. */
  async #bill(last: number): Promise<void> {
    const { archive, journal, network } = this.#options;
    for (let epoch = await this.#next("bills"); epoch <= last; epoch++) {
      const bills = await billsOfEpoch(archive, epoch, network);
      for (const bill of bills) await journal.addDocument(bill);
      await this.#done("bills", epoch);
      const dataCredits = bills.reduce((sum, { dataCredits }) => sum + BigInt(dataCredits), 0n);
      this.#tell({ kind: "billed", epoch, bills: bills.length, dataCredits });
    }
  }

  /** Notices of the closed epochs, and the contests of every epoch whose packets could be paid in them. */
  async #contest(last: number): Promise<void> {
    const { archive, store, network, ingestKeys, governanceKey, firstEpoch } = this.#options;
    for (let closed = await this.#next("contests"); closed <= last; closed++) {
      const { refuted, appeals } = await noticesOfEpoch(archive, closed, { network, ingestKeys, governanceKey });
      for (const packetHash of refuted) await keepRefutation(store, { packetHash, epoch: closed });
      await keepAppeals(store, closed, appeals);
      const { rewards } = await parametersOfEpoch(archive, closed);
      const first = Math.max(firstEpoch, closed - rewards.billWithinEpochs + 1);
      const known = await refutedPackets(store, first);
      for (let epoch = first; epoch <= closed; epoch++) {
        const contest = await contestOfEpoch(archive, epoch, closed, (packetHash) => known.has(packetHash));
        await keepContest(store, epoch, contest);
        this.#tell({ kind: "contested", epoch, routes: contest.routes.length, refuted: refuted.length });
      }
      await this.#done("contests", closed);
    }
  }

  async #burn(): Promise<void> {
    const { burner, journal } = this.#options;
    if (burner === undefined) return;
    const round = await burnBills(burner, journal);
    const isTold = round.burns > 0 || round.refused.length > 0 || round.unexplained.length > 0;
    if (isTold) this.#tell({ kind: "burnt", round });
  }

  /** Routes whose payer has no account, or owns less than it owes and the reserve. */
  async #suspendArrears(): Promise<void> {
    const { routers, routes, suspended, journal, burner, reserveE4 } = this.#options;
    if (routers === undefined) return;
    const accounts = await routers.routers();
    const payers = new Map(accounts.map(({ routeKey, payer }) => [routeKey, payer]));
    const owed = burner === undefined ? new Map<string, bigint>() : await owedBy(journal);
    const lastBills = await journal.lastBills();
    const isPoor = (payer: string) =>
      isInArrears(
        owed.get(payer) ?? 0n,
        escrowOf(accounts, payer),
        ((lastBills.get(payer) ?? 0n) * BigInt(reserveE4)) / SHARE_ONE,
      );
    suspended.set(
      "arrears",
      routes().flatMap(({ routeId, payer: routeKey }) => {
        const payer = payers.get(routeKey);
        return payer === undefined || isPoor(payer) ? [routeId] : [];
      }),
    );
  }

  async #suspendContested(last: number | undefined): Promise<void> {
    const { store, archive, routes, suspended, firstEpoch, contestLimitUnits } = this.#options;
    if (last === undefined) return;
    const settled = new Map(
      routes().map(({ routeId, contestsSettledThrough }) => [routeId, contestsSettledThrough ?? -1]),
    );
    // What may still be paid suspends nobody.
    const { rewards } = await parametersOfEpoch(archive, last);
    const contests = await routeContests(store, firstEpoch, last - rewards.billWithinEpochs + 1);
    suspended.set(
      "contested",
      contests
        .filter((contest) => contest.epoch > (settled.get(contest.routeId) ?? -1))
        .filter((contest) => isRouteSuspended(contest, contestLimitUnits))
        .map(({ routeId }) => routeId),
    );
  }

  async #next(source: string): Promise<number> {
    const done = await readPosition(this.#options.store, READER, source);
    return done === undefined ? this.#options.firstEpoch : Number(done) + 1;
  }

  #done(source: string, epoch: number): Promise<void> {
    return this.#options.store.transaction((tx) => writePosition(tx, READER, source, String(epoch)));
  }

  #tell(event: BillerEvent): void {
    this.#options.onEvent?.(event);
  }
}

async function owedBy(journal: StoredJournal): Promise<ReadonlyMap<string, bigint>> {
  const owed = new Map<string, bigint>();
  for (const { payer, dataCredits, burnt } of await journal.openBills())
    owed.set(payer, (owed.get(payer) ?? 0n) + dataCredits - burnt);
  return owed;
}

function escrowOf(accounts: readonly RouterAccount[], payer: string): bigint {
  return accounts.reduce((sum, account) => (account.payer === payer ? sum + account.escrow : sum), 0n);
}

import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Burn,
  type BurnAnswer,
  type BurnChain,
  type BurnJournal,
  burnBills,
  isInArrears,
  type OpenBill,
  type RouterAccount,
} from "../../src/billing/burns.ts";
import { StoredJournal } from "../../src/billing/stored-journal.ts";
import type { Store } from "../../src/ports/store.ts";
import { openStore } from "../../src/store/open-store.ts";
import { PostgresServer, postgresPrograms } from "../servers/postgres.ts";
import { skipReason } from "../servers/server-process.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("burns");
const programs = postgresPrograms();
const reason = skipReason("PostgreSQL", programs);
let postgres: PostgresServer | undefined;

beforeAll(async () => {
  if (programs !== undefined) postgres = await PostgresServer.start(programs);
});
afterAll(() => postgres?.remove());

/** `lost` was never seen by the chain, `unanswered` was done, `waiting` is not confirmed yet, `refused` meets a pause. */
const FAULTS = ["lost", "unanswered", "waiting", "refused"] as const;
type Fault = (typeof FAULTS)[number];

/** The burn rules of the program, with the faults of a network before and after them. */
class ModelChain implements BurnChain {
  readonly accounts = new Map<string, { payer: string; escrow: bigint; lastNonce: bigint; lastEpoch: number }>();
  readonly burnt: Burn[] = [];
  /** What happens to the next sends, in order. */
  faults: Fault[] = [];

  fund(router: string, payer: string, dataCredits: bigint): void {
    const account = this.accounts.get(router) ?? { payer, escrow: 0n, lastNonce: 0n, lastEpoch: 0 };
    this.accounts.set(router, { ...account, escrow: account.escrow + dataCredits });
  }

  async routers(): Promise<RouterAccount[]> {
    return [...this.accounts].map(([address, { payer, escrow, lastNonce }]) => ({
      address,
      payer,
      routeKey: `key of ${address}`,
      escrow,
      lastNonce,
    }));
  }

  /** Where set, the chain's history begins with so many burns left out. */
  forgotten = 0;

  async burnsAfter(router: string, nonce: bigint) {
    return this.burnt
      .map((burn, at) => ({ ...burn, signature: `signature ${at + 1}` }))
      .slice(this.forgotten)
      .filter((burn) => burn.router === router && burn.nonce > nonce);
  }

  /** In order, as far as the network carries: what was sent before a fault is done. */
  async burn(burns: readonly Burn[]): Promise<BurnAnswer[]> {
    return burns.map((burn) => this.#burnOne(burn));
  }

  #burnOne(burn: Burn): BurnAnswer {
    const fault = this.faults.shift();
    if (fault === "lost") throw new Error("no answer");
    const account = this.accounts.get(burn.router);
    if (account === undefined) return { state: "refused", why: "no such router" };
    if (burn.nonce <= account.lastNonce) return { state: "already" };
    if (fault === "refused") return { state: "refused", why: "Paused" };
    if (fault === "waiting") return { state: "waiting" };
    if (burn.nonce > account.lastNonce + 1n) return { state: "refused", why: "NonceOutOfOrder" };
    if (burn.dataCredits > account.escrow || burn.dataCredits === 0n)
      return { state: "refused", why: "EscrowTooSmall" };
    if (burn.epoch < account.lastEpoch) return { state: "refused", why: "WrongEpoch" };
    account.escrow -= burn.dataCredits;
    account.lastNonce = burn.nonce;
    account.lastEpoch = burn.epoch;
    this.burnt.push(burn);
    if (fault === "unanswered") throw new Error("no answer");
    return { state: "done", signature: `signature ${this.burnt.length}` };
  }
}

const bill = (payer: string, epoch: number, dataCredits: bigint): OpenBill => ({
  payer,
  epoch,
  dataCredits,
  billHash: new Uint8Array(32).fill(epoch),
});

const NOTHING_LEFT = { arrears: new Map(), refused: [], unexplained: [] };

/** Every bill and router of a run has names of its own: runs share a store. */
let run = 0;

describe.each([
  ["SQLite", async () => `sqlite:${folders.next()}`, undefined],
  ["PostgreSQL", async () => postgres!.database(), reason],
] as const)("with the journal in %s", (_, makeUrl, skip) => {
  let store: Store;
  beforeAll(async () => {
    if (skip === undefined) store = await openStore(await makeUrl());
  });
  afterAll(() => store?.close());
  beforeEach(() => {
    run++;
  });

  describe.skipIf(skip !== undefined)("a bill", () => {
    test("is burnt once, from as many routers of its payer as it takes, however often the round is run", async () => {
      const chain = new ModelChain();
      const journal = new StoredJournal(store);
      chain.fund(`r1 ${run}`, `alice ${run}`, 60n);
      chain.fund(`r2 ${run}`, `alice ${run}`, 100n);
      chain.fund(`r3 ${run}`, `bob ${run}`, 1000n);
      await journal.addBill(bill(`alice ${run}`, 1, 100n));
      expect(await burnBills(chain, journal)).toEqual({ burns: 2, dataCredits: 100n, ...NOTHING_LEFT });
      expect(await burnBills(chain, journal)).toEqual({ burns: 0, dataCredits: 0n, ...NOTHING_LEFT });
      expect(chain.burnt.map(({ router, dataCredits }) => [router, dataCredits])).toEqual([
        [`r1 ${run}`, 60n],
        [`r2 ${run}`, 40n],
      ]);
    });

    test("that the escrow cannot cover is burnt as far as it goes, and the rest when there is more", async () => {
      const chain = new ModelChain();
      const journal = new StoredJournal(store);
      chain.fund(`r1 ${run}`, `alice ${run}`, 30n);
      await journal.addBill(bill(`alice ${run}`, 1, 100n));
      await journal.addBill(bill(`alice ${run}`, 2, 5n));
      expect((await burnBills(chain, journal)).arrears).toEqual(new Map([[`alice ${run}`, 75n]]));
      chain.fund(`r1 ${run}`, `alice ${run}`, 1000n);
      expect(await burnBills(chain, journal)).toMatchObject({ dataCredits: 75n, arrears: new Map() });
      expect(chain.burnt.map(({ epoch }) => epoch)).toEqual([1, 1, 2]);
    });

    test("whose burn meets a pause keeps its number, holds nothing else up, and is burnt when the pause is over", async () => {
      const chain = new ModelChain();
      const journal = new StoredJournal(store);
      chain.fund(`r1 ${run}`, `alice ${run}`, 500n);
      chain.fund(`r2 ${run}`, `bob ${run}`, 500n);
      await journal.addBill(bill(`alice ${run}`, 1, 100n));
      await journal.addBill(bill(`bob ${run}`, 1, 7n));
      chain.faults = ["refused"];
      const round = await burnBills(chain, journal);
      expect(round).toMatchObject({ dataCredits: 7n, refused: [{ burn: { nonce: 1n }, why: "Paused" }] });
      expect(await burnBills(chain, journal)).toMatchObject({ dataCredits: 100n, refused: [] });
      expect(chain.accounts.get(`r1 ${run}`)).toMatchObject({ escrow: 400n, lastNonce: 1n });
    });

    test("whose burn was done but never answered is not burnt again", async () => {
      const chain = new ModelChain();
      const journal = new StoredJournal(store);
      chain.fund(`r1 ${run}`, `alice ${run}`, 500n);
      await journal.addBill(bill(`alice ${run}`, 1, 100n));
      chain.faults = ["unanswered"];
      await expect(burnBills(chain, journal)).rejects.toThrow("no answer");
      await burnBills(chain, journal);
      expect(chain.accounts.get(`r1 ${run}`)!.escrow).toBe(400n);
      expect(await journal.openBills()).toEqual([]);
    });
  });

  describe.skipIf(skip !== undefined)("a journal restored from a copy", () => {
    const forget = (after: bigint) => store.sql`DELETE FROM burn WHERE router = ${`r1 ${run}`} AND nonce > ${after}`;

    test.each([0n, 1n, 2n])(
      "that ends after burn %s finds the others on chain, and burns none of them again",
      async (after) => {
        const chain = new ModelChain();
        const journal = new StoredJournal(store);
        chain.fund(`r1 ${run}`, `alice ${run}`, 500n);
        for (const epoch of [1, 2, 3]) {
          await journal.addBill(bill(`alice ${run}`, epoch, 100n));
          await burnBills(chain, journal);
        }
        await forget(after);
        expect(await burnBills(chain, journal)).toEqual({ burns: 0, dataCredits: 0n, ...NOTHING_LEFT });
        expect(chain.accounts.get(`r1 ${run}`)!.escrow).toBe(200n);
        expect(await journal.openBills()).toEqual([]);
      },
    );

    test("burns nothing of a router while the chain does not tell all its burns, and the rest once it does", async () => {
      const chain = new ModelChain();
      const journal = new StoredJournal(store);
      chain.fund(`r1 ${run}`, `alice ${run}`, 500n);
      for (const epoch of [1, 2]) await journal.addBill(bill(`alice ${run}`, epoch, 100n));
      await burnBills(chain, journal);
      await forget(0n);
      await journal.addBill(bill(`alice ${run}`, 3, 7n));
      chain.forgotten = 1;
      expect(await burnBills(chain, journal)).toMatchObject({ burns: 0, unexplained: [`r1 ${run}`] });
      expect(chain.accounts.get(`r1 ${run}`)!.escrow).toBe(300n);
      chain.forgotten = 0;
      expect(await burnBills(chain, journal)).toMatchObject({ burns: 1, dataCredits: 7n, unexplained: [] });
    });

    test("sends no burn whose number another process has written down meanwhile", async () => {
      const chain = new ModelChain();
      const journal = new StoredJournal(store);
      chain.fund(`r1 ${run}`, `alice ${run}`, 500n);
      await journal.addBill(bill(`alice ${run}`, 1, 100n));
      const other = { router: `r1 ${run}`, nonce: 1n, payer: `alice ${run}`, epoch: 1, dataCredits: 60n };
      const late: BurnJournal = mortal(journal, Number.POSITIVE_INFINITY);
      const openBills = async () => {
        const open = await journal.openBills();
        await journal.begin({ ...other, billHash: new Uint8Array(32).fill(1) });
        return open;
      };
      expect(await burnBills(chain, { ...late, openBills })).toMatchObject({ burns: 0 });
      expect(chain.burnt).toEqual([]);
      expect(await burnBills(chain, journal)).toMatchObject({ burns: 2, dataCredits: 100n });
      expect(chain.burnt.map(({ dataCredits }) => dataCredits)).toEqual([60n, 40n]);
    });
  });

  test.skipIf(skip !== undefined)(
    "every bill is burnt exactly, never in part twice, whatever answers are lost and wherever the process dies, and however old the copy it is restored from",
    async () => {
      const step = fc.oneof(
        fc.record({ kind: fc.constant("bill" as const), payer: fc.nat(2), amount: fc.bigInt(1n, 50n) }),
        fc.record({ kind: fc.constant("fund" as const), router: fc.nat(5), amount: fc.bigInt(1n, 80n) }),
        fc.record({
          kind: fc.constant("round" as const),
          faults: fc.array(fc.constantFrom(...FAULTS), { maxLength: 3 }),
          diesAfter: fc.option(fc.nat(6)),
        }),
        fc.record({ kind: fc.constant("restore" as const), nonce: fc.bigInt(0n, 3n) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const chain = new ModelChain();
          const journal = new StoredJournal(store);
          run++;
          let epoch = 0;
          const bills: OpenBill[] = [];
          const fund = (router: number, amount: bigint) =>
            chain.fund(`r${router} ${run}`, `p${router % 3} ${run}`, amount);
          for (const one of steps) {
            if (one.kind === "bill") {
              bills.push(bill(`p${one.payer} ${run}`, ++epoch, one.amount));
              await journal.addBill(bills.at(-1)!);
            } else if (one.kind === "fund") fund(one.router, one.amount);
            else if (one.kind === "restore") {
              // Of an older copy: what was written down after it is gone.
              await store.sql`DELETE FROM burn WHERE payer LIKE ${`% ${run}`} AND nonce > ${one.nonce}`;
            } else {
              chain.faults = [...one.faults];
              await burnBills(chain, mortal(journal, one.diesAfter ?? Number.POSITIVE_INFINITY)).catch(() => {});
            }
          }
          chain.faults = [];
          for (let router = 0; router < 6; router++) fund(router, 10_000n);
          const { arrears } = await burnBills(chain, journal);
          expect(arrears.size).toBe(0);
          for (const { billHash, dataCredits } of bills) {
            const burnt = chain.burnt.filter((burn) => Buffer.compare(burn.billHash, billHash) === 0);
            expect(burnt.reduce((sum, burn) => sum + burn.dataCredits, 0n)).toBe(dataCredits);
          }
        }),
        { numRuns: 30 * Number(process.env.EARSHOT_SOAK ?? 1) },
      );
    },
  );
});

/** The journal of a process that dies at its nth write. */
function mortal(journal: BurnJournal, writes: number): BurnJournal {
  let left = writes;
  const live = () => {
    if (left-- <= 0) throw new Error("killed");
  };
  return {
    addBill: (one) => journal.addBill(one),
    openBills: () => journal.openBills(),
    begun: () => journal.begun(),
    lastNonces: () => journal.lastNonces(),
    begin: async (burn) => {
      live();
      return journal.begin(burn);
    },
    adopt: async (burn, signature) => {
      live();
      await journal.adopt(burn, signature);
    },
    done: async (burn, signature) => {
      live();
      await journal.done(burn, signature);
    },
  };
}

test("a payer is in arrears when its escrows hold less than it owes and the reserve", () => {
  expect(isInArrears(90n, 100n, 10n)).toBe(false);
  expect(isInArrears(91n, 100n, 10n)).toBe(true);
});

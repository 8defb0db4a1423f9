/** Bills and burns in the Store, and the invoices made of them. */
import type { Store } from "../ports/store.ts";
import { readAmount, readBytes, readInteger, readNullable, readText } from "../store/values.ts";
import { type Bill, billHash } from "./bill.ts";
import type { Burn, BurnJournal, OpenBill } from "./burns.ts";

/** A bill with what was burnt for it. */
export interface Invoice {
  readonly bill: Bill;
  readonly billHash: Uint8Array;
  readonly burns: readonly {
    readonly router: string;
    readonly nonce: bigint;
    readonly dataCredits: bigint;
    /** Of the transaction; null where it was found done on chain after a crash. */
    readonly signature: string | null;
  }[];
  readonly burnt: bigint;
}

/** More epochs than a payer will see. */
const ALL = 10_000;

export class StoredJournal implements BurnJournal {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Keeps the bill with its whole document. The first of a payer and epoch counts: a closed epoch has one. */
  async addDocument(bill: Bill): Promise<void> {
    const { payer, epoch, dataCredits } = bill;
    await this.#insert(
      { payer, epoch, dataCredits: BigInt(dataCredits), billHash: billHash(bill) },
      JSON.stringify(bill),
    );
  }

  addBill(bill: OpenBill): Promise<void> {
    return this.#insert(bill, "");
  }

  async openBills(): Promise<readonly (OpenBill & { readonly burnt: bigint })[]> {
    const rows = await this.#store.sql`
      SELECT bill.payer, bill.epoch, CAST(bill.data_credits AS TEXT) AS owed, bill.bill_hash,
        CAST(COALESCE(SUM(burn.data_credits), 0) AS TEXT) AS burnt
      FROM bill LEFT JOIN burn ON burn.payer = bill.payer AND burn.epoch = bill.epoch AND burn.is_done = 1
      GROUP BY bill.payer, bill.epoch, bill.data_credits, bill.bill_hash
      HAVING COALESCE(SUM(burn.data_credits), 0) < bill.data_credits
      ORDER BY bill.epoch, bill.payer`;
    return rows.map((row) => ({
      payer: readText(row.payer),
      epoch: readInteger(row.epoch),
      dataCredits: readAmount(row.owed),
      billHash: readBytes(row.bill_hash),
      burnt: readAmount(row.burnt),
    }));
  }

  async begin({ router, nonce, payer, epoch, dataCredits, billHash }: Burn): Promise<boolean> {
    const row = { router, nonce, payer, epoch, data_credits: dataCredits, bill_hash: billHash, is_done: 0 };
    const rows = await this.#store.sql`
      INSERT INTO burn ${this.#store.sql.rows([row])} ON CONFLICT (router, nonce) DO NOTHING RETURNING nonce`;
    return rows.length > 0;
  }

  async lastNonces(): Promise<ReadonlyMap<string, bigint>> {
    const rows = await this.#store.sql`
      SELECT router, CAST(MAX(nonce) AS TEXT) AS nonce FROM burn GROUP BY router ORDER BY router`;
    return new Map(rows.map((row) => [readText(row.router), readAmount(row.nonce)]));
  }

  async adopt({ router, nonce, payer, epoch, dataCredits, billHash }: Burn, signature: string): Promise<void> {
    const row = { router, nonce, payer, epoch, data_credits: dataCredits, bill_hash: billHash, is_done: 1, signature };
    await this.#store.sql`INSERT INTO burn ${this.#store.sql.rows([row])} ON CONFLICT (router, nonce) DO NOTHING`;
  }

  async begun(): Promise<readonly Burn[]> {
    const rows = await this.#store.sql`
      SELECT router, CAST(nonce AS TEXT) AS nonce, payer, epoch, CAST(data_credits AS TEXT) AS data_credits, bill_hash
      FROM burn WHERE is_done = 0 ORDER BY epoch, router, burn.nonce`;
    return rows.map((row) => ({
      router: readText(row.router),
      nonce: readAmount(row.nonce),
      payer: readText(row.payer),
      epoch: readInteger(row.epoch),
      dataCredits: readAmount(row.data_credits),
      billHash: readBytes(row.bill_hash),
    }));
  }

  async done({ router, nonce }: Burn, signature: string | null): Promise<void> {
    await this.#store.sql`
      UPDATE burn SET is_done = 1, signature = ${signature} WHERE router = ${router} AND nonce = ${nonce}`;
  }

  /** The latest bill of each payer, data credits. */
  async lastBills(): Promise<ReadonlyMap<string, bigint>> {
    const rows = await this.#store.sql`
      SELECT payer, CAST(data_credits AS TEXT) AS data_credits FROM bill
      WHERE epoch = (SELECT MAX(later.epoch) FROM bill AS later WHERE later.payer = bill.payer) ORDER BY payer`;
    return new Map(rows.map((row) => [readText(row.payer), readAmount(row.data_credits)]));
  }

  /** Invoices of a payer (base58), latest epoch first: those before an epoch, so many. */
  async invoices(
    payer: string,
    {
      before = Number.MAX_SAFE_INTEGER,
      limit = ALL,
    }: { readonly before?: number | undefined; readonly limit?: number } = {},
  ): Promise<readonly Invoice[]> {
    const bills = await this.#store.sql`
      SELECT epoch, bill_hash, document FROM bill
      WHERE payer = ${payer} AND document <> '' AND epoch < ${before} ORDER BY epoch DESC LIMIT ${limit}`;
    if (bills.length === 0) return [];
    const epochs = bills.map(({ epoch }) => readInteger(epoch));
    const burns = await this.#store.sql`
      SELECT epoch, router, CAST(nonce AS TEXT) AS nonce, CAST(data_credits AS TEXT) AS data_credits, signature
      FROM burn WHERE payer = ${payer} AND is_done = 1 AND epoch IN ${this.#store.sql.list(epochs)}
      ORDER BY epoch, router, burn.nonce`;
    return bills.map((row) => {
      const epoch = readInteger(row.epoch);
      const own = burns
        .filter((burn) => readInteger(burn.epoch) === epoch)
        .map((burn) => ({
          router: readText(burn.router),
          nonce: readAmount(burn.nonce),
          dataCredits: readAmount(burn.data_credits),
          signature: readNullable(burn.signature, readText),
        }));
      return {
        bill: JSON.parse(readText(row.document)) as Bill,
        billHash: readBytes(row.bill_hash),
        burns: own,
        burnt: own.reduce((sum, { dataCredits }) => sum + dataCredits, 0n),
      };
    });
  }

  /** The invoice of a payer for an epoch, or undefined. */
  async invoice(payer: string, epoch: number): Promise<Invoice | undefined> {
    const [invoice] = await this.invoices(payer, { before: epoch + 1, limit: 1 });
    return invoice?.bill.epoch === epoch ? invoice : undefined;
  }

  /** Wallets that have ever had a bill, in order. */
  async payers(): Promise<readonly string[]> {
    const rows = await this.#store.sql`SELECT DISTINCT payer FROM bill ORDER BY payer`;
    return rows.map((row) => readText(row.payer));
  }

  async #insert({ payer, epoch, dataCredits, billHash }: OpenBill, document: string): Promise<void> {
    const row = { payer, epoch, data_credits: dataCredits, bill_hash: billHash, document };
    await this.#store.sql`INSERT INTO bill ${this.#store.sql.rows([row])} ON CONFLICT (payer, epoch) DO NOTHING`;
  }
}

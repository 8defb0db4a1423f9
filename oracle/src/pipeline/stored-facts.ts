/**
 * What epochs are judged under, kept where every worker reads it: rules and registry as artefacts, the rest in SQL.
 *
 * The oracle's service learns these from the chain and puts them here, each once; workers on other machines need no endpoint of the
 * chain. What was put stays: a different second answer is refused, since work may already rest on the first.
 */
import {
  allocateColumns,
  appealsTable,
  type Columns,
  type EpochInput,
  entropyTable,
  hotspotsTable,
  type NetworkParameters,
  payersTable,
  splitsTable,
  type TableDefinition,
} from "@earshot/poc";
import { decodeTable, encodeTable } from "../epoch-folder/arrow.ts";
import { jsonFile, parseParameters } from "../epoch-folder/parameters-file.ts";
import { oracleError } from "../errors.ts";
import type { Store, Tx } from "../ports/store.ts";
import { readBytes, readInteger, readText } from "../store/values.ts";
import type { EpochArchive } from "./epoch-archive.ts";
import type { EpochClosing, EpochFacts, EpochOpening } from "./epoch-facts.ts";

/** A row of entropy.arrow. */
export interface EntropyRow {
  readonly minute: number;
  readonly slot: number;
  readonly blockTimeS: number;
  readonly blockhash: Uint8Array;
}

/** Rows of one INSERT. */
const BATCH_ROWS = 500;

export class StoredFacts implements EpochFacts {
  readonly #store: Store;
  readonly #archive: EpochArchive;

  constructor(store: Store, archive: EpochArchive) {
    this.#store = store;
    this.#archive = archive;
  }

  async opening(epoch: number): Promise<EpochOpening | undefined> {
    const facts = await this.#facts(epoch);
    const parameters = await this.#file(facts.get("parameters"));
    const hotspots = await this.#table(hotspotsTable, facts.get("hotspots"));
    const payers = await this.#table(payersTable, facts.get("payers"));
    const splits = await this.#table(splitsTable, facts.get("splits"));
    const network = facts.get("network");
    if (parameters === undefined || hotspots === undefined || payers === undefined || network === undefined) {
      return undefined;
    }
    return {
      parameters: parseParameters(parameters, `epoch ${epoch}: parameters`),
      network: Number(network),
      hotspots,
      ...(splits === undefined ? {} : { splits }),
      payers,
    };
  }

  /** Rules of an epoch alone, without its registry. */
  async parameters(epoch: number): Promise<NetworkParameters | undefined> {
    const bytes = await this.#file((await this.#facts(epoch)).get("parameters"));
    return bytes && parseParameters(bytes, `epoch ${epoch}: parameters`);
  }

  async entropy(first: number, last: number): Promise<EpochInput["entropy"]> {
    const rows = await this.#store.sql`
      SELECT * FROM epoch_entropy WHERE minute >= ${first} AND minute <= ${last} ORDER BY minute`;
    const columns = allocateColumns(entropyTable, rows.length);
    rows.forEach((row, at) => {
      columns.minute[at] = readInteger(row.minute);
      columns.slot[at] = BigInt(readInteger(row.slot));
      columns.block_time_s[at] = BigInt(readInteger(row.block_time_s));
      columns.blockhash.set(readBytes(row.blockhash), at * 32);
    });
    return columns;
  }

  async closing(epoch: number): Promise<EpochClosing | undefined> {
    const facts = await this.#facts(epoch);
    const price = facts.get("price");
    if (price === undefined) return undefined;
    const appeals = await this.#table(appealsTable, facts.get("appeals"));
    const budgetAtoms = facts.get("budget");
    return {
      tokenPriceUsdE8: Number(price),
      ...(budgetAtoms === undefined ? {} : { budgetAtoms }),
      ...(appeals === undefined ? {} : { appeals }),
    };
  }

  /** What the first finalised block of an epoch says. Throws ORC_CONTRADICTION where something else is known. */
  async putOpening(epoch: number, { parameters, network, hotspots, splits, payers }: EpochOpening): Promise<void> {
    await this.#put(epoch, {
      parameters: await this.#archive.put(jsonFile(parameters)),
      hotspots: await this.#putTable(hotspotsTable, hotspots),
      payers: await this.#putTable(payersTable, payers),
      ...(splits === undefined ? {} : { splits: await this.#putTable(splitsTable, splits) }),
      network: String(network),
    });
  }

  /** Entropy as it becomes known, in any order and again. Throws ORC_CONTRADICTION where another block is known for a minute. */
  async putEntropy(rows: readonly EntropyRow[]): Promise<void> {
    for (let from = 0; from < rows.length; from += BATCH_ROWS) {
      const batch = rows.slice(from, from + BATCH_ROWS);
      await this.#store.transaction(async (tx) => {
        const minutes = batch.map(({ minute }) => minute);
        const known = await tx.sql`
          SELECT minute, blockhash FROM epoch_entropy WHERE minute IN ${tx.sql.list(minutes)} ORDER BY minute`;
        const hashes = new Map(known.map((row) => [readInteger(row.minute), readBytes(row.blockhash)]));
        const fresh = batch.filter(({ minute, blockhash }) => {
          const hash = hashes.get(minute);
          if (hash !== undefined && Buffer.compare(hash, blockhash) !== 0) {
            throw oracleError("ORC_CONTRADICTION", `minute ${minute}: another block is known for it`);
          }
          return hash === undefined;
        });
        if (fresh.length === 0) return;
        const values = fresh.map(({ minute, slot, blockTimeS, blockhash }) => ({
          minute,
          slot,
          block_time_s: blockTimeS,
          blockhash,
        }));
        await tx.sql`INSERT INTO epoch_entropy ${tx.sql.rows(values)}`;
      });
    }
  }

  /** What is known when an epoch is over. Throws ORC_CONTRADICTION where something else is known. */
  async putClosing(epoch: number, { tokenPriceUsdE8, budgetAtoms, appeals }: EpochClosing): Promise<void> {
    await this.#put(epoch, {
      ...(appeals === undefined ? {} : { appeals: await this.#putTable(appealsTable, appeals) }),
      ...(budgetAtoms === undefined ? {} : { budget: budgetAtoms }),
      price: String(tokenPriceUsdE8),
    });
  }

  #put(epoch: number, facts: Readonly<Record<string, string>>): Promise<void> {
    return this.#store.transaction(async (tx) => {
      const known = await factsOf(tx, epoch);
      for (const [name, value] of Object.entries(facts)) {
        const before = known.get(name);
        if (before === value) continue;
        if (before !== undefined)
          throw oracleError("ORC_CONTRADICTION", `epoch ${epoch}: ${name} is known differently`);
        await tx.sql`INSERT INTO epoch_fact ${tx.sql.rows([{ epoch, name, value }])}`;
      }
    });
  }

  #facts(epoch: number): Promise<ReadonlyMap<string, string>> {
    return factsOf(this.#store, epoch);
  }

  async #file(sha256: string | undefined): Promise<Uint8Array | undefined> {
    return sha256 === undefined ? undefined : this.#archive.get(sha256);
  }

  async #table<T extends TableDefinition>(table: T, sha256: string | undefined): Promise<Columns<T> | undefined> {
    const bytes = await this.#file(sha256);
    return bytes === undefined ? undefined : decodeTable(table, bytes, `${table.name} ${sha256}`);
  }

  async #putTable<T extends TableDefinition>(table: T, columns: Columns<T>): Promise<string> {
    return this.#archive.put(Buffer.concat(await encodeTable(table, columns)));
  }
}

async function factsOf(db: Pick<Tx, "sql">, epoch: number): Promise<ReadonlyMap<string, string>> {
  const rows = await db.sql`SELECT name, value FROM epoch_fact WHERE epoch = ${epoch} ORDER BY name`;
  return new Map(rows.map((row) => [readText(row.name), readText(row.value)]));
}

/** evidence.arrow as it grows: a row for each vote of a detector that raised a level, in blocks of a hotspot and a detector. */
import { allocateColumns, type Columns } from "../epoch/columns.ts";
import { evidenceTable } from "../epoch/tables.ts";
import { STANCE, type VoteColumns } from "./vote-columns.ts";

const START = 256;

interface Block {
  readonly hotspot: number;
  readonly detector: number;
  readonly from: number;
  readonly to: number;
}

export class EvidenceColumns {
  #columns = allocateColumns(evidenceTable, START);
  #count = 0;
  #blocks: Block[] = [];
  readonly #ruleVersion: number;

  constructor(ruleVersion: number) {
    this.#ruleVersion = ruleVersion;
  }

  /** Adds the votes of one detector on one hotspot; once for each of these pairs. */
  add(hotspot: number, detector: number, votes: VoteColumns): void {
    const from = this.#count;
    while (from + votes.count > this.#columns.hotspot.length) this.#grow();
    const out = this.#columns;
    const order = votes.order();
    for (let at = 0; at < order.length; at++) {
      const vote = order[at];
      const row = this.#count++;
      out.hotspot[row] = hotspot;
      out.detector[row] = detector;
      out.rule_version[row] = this.#ruleVersion;
      out.counterpart[row] = votes.counterpart[vote];
      out.accuses[row] = votes.stance[vote] === STANCE.supports ? 0 : 1;
      out.challenge[row] = votes.challenge[vote];
      out.receptions[row] = votes.receptions[vote];
      out.measured[row] = votes.measured[vote];
      out.limit[row] = votes.limit[vote];
    }
    this.#blocks.push({ hotspot, detector, from, to: this.#count });
  }

  /** Hotspots that one of `accusers` speaks against. */
  accusedBy(accusers: ReadonlySet<number>): Set<number> {
    const { accuses, counterpart } = this.#columns;
    const accused = new Set<number>();
    for (const { from, hotspot, to } of this.#blocks)
      for (let row = from; row < to; row++)
        if (accuses[row] === 1 && accusers.has(counterpart[row])) accused.add(hotspot);
    return accused;
  }

  /** Drops all that was added of some hotspots. */
  forget(hotspots: ReadonlySet<number>): void {
    this.#blocks = this.#blocks.filter(({ hotspot }) => !hotspots.has(hotspot));
  }

  /** The table, by (hotspot, detector, counterpart). */
  table(): Columns<typeof evidenceTable> {
    const sorted = this.#blocks.toSorted((a, b) => a.hotspot - b.hotspot || a.detector - b.detector);
    const rows = sorted.reduce((sum, { from, to }) => sum + to - from, 0);
    const table = allocateColumns(evidenceTable, rows);
    let row = 0;
    for (let block = 0; block < sorted.length; ) {
      // Blocks that stand as they should are copied in one go.
      const { from } = sorted[block];
      let { to } = sorted[block];
      for (block++; block < sorted.length && sorted[block].from === to; block++) to = sorted[block].to;
      for (const { name } of evidenceTable.columns) table[name].set(this.#columns[name].subarray(from, to), row);
      row += to - from;
    }
    return table;
  }

  #grow(): void {
    const larger = allocateColumns(evidenceTable, this.#columns.hotspot.length * 2);
    for (const { name } of evidenceTable.columns) larger[name].set(this.#columns[name]);
    this.#columns = larger;
  }
}

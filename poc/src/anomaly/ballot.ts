/**
 * How many independent voices speak for and against a hotspot: the vote every detector counts by.
 *
 * A voice is an owner and a resolution-8 cell, each used once: the votes of one side are a maximum matching between the owners
 * and the cells of its counterparts. So ten hotspots of one owner, or ten wallets on one roof, are one voice, and one more
 * counterpart never lowers the count of its side. A hotspot whose accusing voices are under a third can reach no share above a third
 * by them alone; what the limits of AnomalyParameters leave beyond that is for honest mistakes.
 */

/** A counterpart's vote: dense ids of its owner and of its resolution-8 cell. */
export interface Vote {
  readonly owner: number;
  readonly cell: number;
  readonly accuses: boolean;
  /** What it saw nothing honest could be: such votes condemn in smaller number. */
  readonly isCertain?: boolean;
}

/** Voices that a share needs before it counts. */
export interface Quorum {
  readonly voters: number;
  /** Enough among certain ones; absent where there are none. */
  readonly certainVoters?: number;
}

export interface Tally {
  readonly accusing: number;
  /** Of these, the certain ones alone. */
  readonly certain: number;
  readonly supporting: number;
}

const ONE_E4 = 10_000;

/** Voices on both sides. The order of the votes does not matter. */
export function countVoices(votes: readonly Vote[]): Tally {
  const owners = new Map<number, number>();
  const cells = new Map<number, number>();
  const dense = (ids: Map<number, number>, id: number) => {
    const known = ids.get(id) ?? ids.size;
    ids.set(id, known);
    return known;
  };
  const ids = votes.map(({ owner, cell }) => [dense(owners, owner), dense(cells, cell)] as const);
  const counter = new VoiceCounter(owners.size, cells.size);
  const side = (isOn: (vote: Vote) => boolean) => {
    counter.clear();
    votes.forEach((vote, index) => {
      if (isOn(vote)) counter.add(...ids[index]);
    });
    return counter.voices();
  };
  return {
    accusing: side(({ accuses }) => accuses),
    certain: side(({ accuses, isCertain }) => accuses && isCertain === true),
    supporting: side(({ accuses }) => !accuses),
  };
}

/** Accusing share of the voices, 1e-4, rounded down; 0 below the quorum. */
export function accusingShareE4({ accusing, certain, supporting }: Tally, quorum: Quorum): number {
  const voices = accusing + supporting;
  const isQuorate = accusing >= quorum.voters || certain >= (quorum.certainVoters ?? Number.POSITIVE_INFINITY);
  if (voices === 0 || !isQuorate) return 0;
  return Math.floor((accusing * ONE_E4) / voices);
}

/**
 * Voices of one side after the other, without allocation for all but a few votes: an owner of one cell only may take it in some maximum
 * matching, so what is left to search is owners that stand in several cells, and cells that nobody else has.
 */
export class VoiceCounter {
  readonly #ownerStamp: Uint32Array;
  readonly #ownerCell: Uint32Array;
  readonly #isSpread: Uint8Array;
  readonly #cellStamp: Uint32Array;
  #owners = new Uint32Array(64);
  #cells = new Uint32Array(64);
  #count = 0;
  #stamp = 0;

  /** For dense ids below `owners` and `cells`. */
  constructor(owners: number, cells: number) {
    this.#ownerStamp = new Uint32Array(owners);
    this.#ownerCell = new Uint32Array(owners);
    this.#isSpread = new Uint8Array(owners);
    this.#cellStamp = new Uint32Array(cells);
  }

  clear(): void {
    this.#count = 0;
  }

  add(owner: number, cell: number): void {
    if (this.#count === this.#owners.length) {
      this.#owners = doubled(this.#owners);
      this.#cells = doubled(this.#cells);
    }
    this.#owners[this.#count] = owner;
    this.#cells[this.#count++] = cell;
  }

  /** Size of a maximum matching between the owners and cells that were added. */
  voices(): number {
    const stamp = ++this.#stamp;
    for (let at = 0; at < this.#count; at++) {
      const owner = this.#owners[at];
      if (this.#ownerStamp[owner] !== stamp) {
        this.#ownerStamp[owner] = stamp;
        this.#ownerCell[owner] = this.#cells[at];
        this.#isSpread[owner] = 0;
      } else if (this.#ownerCell[owner] !== this.#cells[at]) this.#isSpread[owner] = 1;
    }
    let size = 0;
    let spread = 0;
    for (let at = 0; at < this.#count; at++) {
      if (this.#isSpread[this.#owners[at]] === 1) spread++;
      else if (this.#cellStamp[this.#cells[at]] !== stamp) {
        this.#cellStamp[this.#cells[at]] = stamp;
        size++;
      }
    }
    return spread === 0 ? size : size + this.#matchSpread(stamp);
  }

  /** Owners of several cells among the cells that are free (Kuhn). */
  #matchSpread(stamp: number): number {
    const cellsOf = new Map<number, Set<number>>();
    for (let at = 0; at < this.#count; at++) {
      const owner = this.#owners[at];
      const cell = this.#cells[at];
      if (this.#isSpread[owner] === 0 || this.#cellStamp[cell] === stamp) continue;
      const cells = cellsOf.get(owner);
      if (cells === undefined) cellsOf.set(owner, new Set([cell]));
      else cells.add(cell);
    }
    const ownerOfCell = new Map<number, number>();
    const isPlaced = (owner: number, asked: Set<number>): boolean => {
      for (const cell of cellsOf.get(owner)!) {
        if (asked.has(cell)) continue;
        asked.add(cell);
        const holder = ownerOfCell.get(cell);
        if (holder === undefined || isPlaced(holder, asked)) {
          ownerOfCell.set(cell, owner);
          return true;
        }
      }
      return false;
    };
    let size = 0;
    for (const owner of cellsOf.keys()) if (isPlaced(owner, new Set())) size++;
    return size;
  }
}

function doubled(column: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}

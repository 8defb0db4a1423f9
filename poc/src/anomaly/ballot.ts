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
  return {
    accusing: matchingSize(votes.filter(({ accuses }) => accuses)),
    certain: matchingSize(votes.filter(({ accuses, isCertain }) => accuses && isCertain === true)),
    supporting: matchingSize(votes.filter(({ accuses }) => !accuses)),
  };
}

/** Accusing share of the voices, 1e-4, rounded down; 0 below the quorum. */
export function accusingShareE4({ accusing, certain, supporting }: Tally, quorum: Quorum): number {
  const voices = accusing + supporting;
  const isQuorate = accusing >= quorum.voters || certain >= (quorum.certainVoters ?? Number.POSITIVE_INFINITY);
  if (voices === 0 || !isQuorate) return 0;
  return Math.floor((accusing * ONE_E4) / voices);
}

/** Size of a maximum matching between owners and cells (Kuhn); a hotspot has tens of counterparts, seldom hundreds. */
function matchingSize(votes: readonly Vote[]): number {
  const cellsOf = new Map<number, Set<number>>();
  for (const { owner, cell } of votes) {
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

/** The name that somebody probably meant: the nearest of `names` by edits, or undefined where none is near. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const most = Math.max(1, Math.ceil(name.length / 3));
  const ranked = names
    .map((candidate) => ({ candidate, edits: edits(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter((one) => one.edits <= most)
    .sort((a, b) => a.edits - b.edits);
  return ranked[0]?.candidate;
}

/** Inserted, deleted and replaced characters between two texts. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

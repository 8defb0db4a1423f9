/** Runs of a property: `base` in CI, EARSHOT_SOAK times as many in a soak. */
export function runs(base: number): number {
  const factor = Number(process.env.EARSHOT_SOAK ?? "1");
  return Math.round(base * Math.max(1, factor));
}

/**
 * CPU time of this process, in passes.
 *
 * process.cpuUsage() counts all threads, so compiling and collecting are on the bill of whoever causes them. It is exact to a
 * microsecond on Linux; process.threadCpuUsage() moves in scheduler ticks of 1 to 4 ms and is of no use here.
 */

/** CPU nanoseconds since the process started. */
export function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

/** Runs `pass` `warm` times unmeasured, then `iterations` times; CPU ns per item of each measured pass. */
export function cpuNsPerItem(warm: number, iterations: number, items: number, pass: () => void): number[] {
  for (let i = 0; i < warm; i++) pass();
  return Array.from({ length: iterations }, () => {
    const from = cpuNs();
    pass();
    return (cpuNs() - from) / items;
  });
}

/** The middle value, or the mean of the two middle ones. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** docs/reference/performance.md: what was measured, how, and with which command. Written by `bun run bench core --write` only. */
import { type CoreReport, reportText } from "./report-text.ts";

/** The whole page. */
export function performancePage(report: CoreReport): string {
  return `# Performance of the core

Written by \`bun run bench core --write\`; every number on this page comes from that one run. Ratios of one run can be compared,
nanoseconds of different runs or machines cannot. Without Rust or gcc the same command runs and says which peers it left out.

## What is measured

One synthetic epoch (poc/bench/synthetic-epoch.ts): 50,000 hotspots in 830 clusters at real cities, about ten witness rows a
beacon, about 7 % of rows invalid over every reason the kernel has, no row on a knife edge. Every variant judges every row and
writes reason, measured value and limit; the hash over all three columns must be equal, or the command fails.

- **earshot-ts**: this engine on Bun, one thread.
- **naive-h3js**: TypeScript objects, cells as strings, h3-js for every row.
- **rust-lean**: tight Rust; h3o turns both cells of a row into coordinates and takes the great circle between them, as the
  distance check of Helium's verifier did; logarithm for the path loss; under \`helium\` h3o's grid distance.
- **rust-cached**: the same with the coordinates of every hotspot computed once.
- **c-exit, c-mask**: the engine's own algorithm and data layout in C, gcc -O3 -march=native, leaving at the first check that
  fails or joining all without branches; the faster one counts.
- **rust-decimal**: HIP-104 density with hash maps, a disk per occupied cell and a decimal quotient per ancestor.

Peers get their rows grouped and their positions ready outside the clock. Their groups stand in the engine's order. \`validate\` zeroes
the three columns of the pass before, in TypeScript as in C; \`validate, new pages\` and the whole epoch write new ones. Between rust
and earshot-ts most of the ratio is the algorithm (no H3 call, no trigonometry, no logarithm a row), not the language; c-exit and
c-mask show the language; docs/adr/0011 says what is left between them and what was tried. "Whole epoch" is lookup, group, validate, reciprocity, sample, cell sums and shares with every
allocation they need, from decoded columns; "prepare" (positions of hotspots, verdicts of beacons) is apart.

CPU time of a whole process (\`process.cpuUsage\`, for peers the thread's), ${report.rounds} rounds over all variants, each in a process of
its own; the figure is the median over rounds of each process's median pass, the spread that of those medians.

## Result

${reportText(report)}`;
}

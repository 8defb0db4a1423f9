/** docs/reference/oracle-performance.md from the figures of one run. */
import { cpus, totalmem } from "node:os";
import type { IngestFigures } from "./ingest.ts";
import type { PipelineOptions, StageFigures } from "./pipeline.ts";

export interface OracleRun {
  readonly ingest: readonly IngestFigures[];
  readonly stages: readonly StageFigures[];
  readonly options: PipelineOptions;
  /** Of the machine in the minute before it began. */
  readonly load: number;
  readonly minutes: number;
}

export function oraclePage({ ingest, stages, options, load, minutes }: OracleRun): string {
  const gib = Math.round(totalmem() / 2 ** 30);
  return `# The oracle in numbers

Written by \`bun run bench oracle --write\`; every number on this page comes from that one run of ${minutes.toFixed(0)} minutes, at commit ${commit()}.

Machine: ${cpus().length} cores of ${cpus()[0]?.model ?? "an unknown processor"}, ${gib} GiB, Bun ${Bun.version}; load before the run ${load.toFixed(1)}. CPU time is that of all threads
of a process. Wall times say something only where the load before the run was next to nothing.

## Ingest

CPU time of the server an upload: the oracle's own API, which looks the sender up, checks one signature, follows the chain, writes the upload
down (a commit every 8 ms) and signs a receipt, beside a bare fastify route that only decodes and checks the same signatures. Both take the same
uploads of 1,024 devices over 256 connections, in turns; the figure is the median of seven rounds after five in which the compiler does its work, the last column
that of the rounds' ratios. The generator is another process.

${table(
  ["reports an upload", "bare route", "ingest", "uploads/s of a core", "ingest of bare", "target"],
  ingest.map(({ reports, bareUs, ingestUs, ratio, isReached }) => [
    String(reports),
    `${bareUs.toFixed(1)} µs`,
    `${ingestUs.toFixed(1)} µs`,
    whole(1e6 / ingestUs),
    `${(100 * ratio).toFixed(1)} %`,
    `≥ 75 % ${reached(isReached)}`,
  ]),
)}

## The pipeline

A synthetic epoch with real signatures (\`oracle/bench/pipeline-log.ts\`): hotspots in clusters of 15 that all answer their four challenges and hear
each other, which makes 14 witness rows a beacon; ${whole(options.rows)} witness rows in the large one, ${options.reportsPerUpload} reports an upload. Each stage is a process of its own.
*verify* is done while an epoch lasts, and so is drawing challenges; *close* is what is left when it is over: judging everything once more over the
whole log, detectors, density, shares, tree, archive. The audit starts from the raw uploads. Catching up is measured with an upload for each
report, a network of 100,000 hotspots under light load, and told for one core.

${table(
  ["stage", "wall", "CPU", "memory", "more", "target"],
  stages.map(({ stage, figures, target, isReached }) => {
    const { wallS, cpuS, maxRssMiB, ...more } = figures;
    return [
      stage,
      wallS === undefined ? "" : `${wallS.toFixed(1)} s`,
      cpuS === undefined ? "" : `${cpuS.toFixed(1)} s`,
      maxRssMiB === undefined ? "" : `${whole(maxRssMiB)} MiB`,
      Object.entries(more)
        .flatMap(([name, value]) => (NAMES[name] === undefined ? [] : [NAMES[name](value)]))
        .join(", "),
      target === "" ? "" : `${target} ${reached(isReached)}`,
    ];
  }),
)}

The audit does *verify*, the draw and *close* again, on two threads, of which one scores what is stored while the other reads the first of the log. Signatures
are checked by the thousand in one equation that accepts what the check one by one accepts (ADR 0029).

Verdicts are those of ${options.liveMinutes === 1 ? "a minute" : `${options.liveMinutes} minutes`} of that network as they come, one worker with its ingest log on disk; times are from the close of a challenge's window
until the verdict can be asked for. Wall time and memory of that stage are of making and playing it.

That one, two and four workers close with one manifest is checked in the run. On JetStream, with workers that are killed, and on PostgreSQL the
same is held by \`oracle/test/pipeline\` and \`oracle/test/ports\`.
`;
}

/** How further figures of a stage are told; others are not. */
const NAMES: Readonly<Record<string, (value: number) => string>> = {
  uploads: (value) => `${whole(value)} uploads`,
  reports: (value) => `${whole(value)} reports`,
  checks: (value) => `${whole(value)} checks`,
  usACheck: (value) => `${value.toFixed(1)} µs one by one`,
  usAmongMany: (value) => `${value.toFixed(1)} µs among 16,384 of as many new keys`,
  usOfKnownKeys: (value) => `${value.toFixed(1)} µs once the keys are known`,
  usAmongBad: (value) => `${value.toFixed(1)} µs where every hundredth is bad and keys are new`,
  usAmongBadOfKnownKeys: (value) => `${value.toFixed(1)} µs where every hundredth is bad and keys are known`,
  usAnUpload: (value) => `${value.toFixed(0)} µs an upload`,
  timesRealTime: (value) => `${whole(value)} × real time`,
  verdicts: (value) => `${whole(value)} verdicts`,
  p50Ms: (value) => `median ${whole(value)} ms`,
  p99Ms: (value) => `p99 ${whole(value)} ms`,
  maxMs: (value) => `most ${whole(value)} ms`,
};

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function reached(isReached: boolean): string {
  return isReached ? "reached" : "**missed**";
}

function commit(): string {
  const { stdout, exitCode } = Bun.spawnSync(["git", "rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname });
  return exitCode === 0 ? stdout.toString().trim() : "unknown";
}

/**
 * `bun run bench oracle ingest`: CPU time of a server for each upload, ingest against a bare fastify route that only decodes and checks the
 * same signatures; at 1 and 100 reports an upload, in turns. Ingest is durable: a commit every 8 ms, receipts signed.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import { benchDevice, chainOf } from "./ingest/device-uploads.ts";
import { requestsOf, sendAll } from "./ingest/generator.ts";
import type { ServerAnswer } from "./ingest/server.ts";

const CONNECTIONS = 256;
const DEVICES = 1024;
const ROUNDS = 7;
/** Rounds before them, until the compiler is done: it takes 40 µs an upload in the second, 10 in the fourth, 3 from the sixth on. */
const WARM_ROUNDS = 5;
/** Uploads of a device in a round: with the devices, some 8,000 requests. */
const UPLOADS = 8;
/** Ingest must do at least so much of what the bare route does with the same CPU time. */
const TARGET = 0.75;

interface Server {
  readonly url: string;
  cpuUs(): Promise<number>;
  /** Resolves when its files are gone too. */
  stop(): Promise<unknown>;
}

export interface IngestFigures {
  /** Reports an upload. */
  readonly reports: number;
  /** CPU time of the server an upload, µs; median of rounds. */
  readonly bareUs: number;
  readonly ingestUs: number;
  /** What ingest does of what the bare route does with the same CPU time. */
  readonly ratio: number;
  readonly isReached: boolean;
}

/** Prints the table; 1 if the target was missed. */
export async function runIngestBench(): Promise<number> {
  process.stdout.write(`Bun ${Bun.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}\n`);
  process.stdout.write("CPU time of the server process, µs an upload; median of rounds in turns\n\n");
  process.stdout.write("reports  bare route  ingest  ingest / bare  uploads/s at one core  target\n");
  const figures = await ingestFigures(({ reports, bareUs, ingestUs, ratio, isReached }) => {
    process.stdout.write(
      `${String(reports).padStart(7)}  ${bareUs.toFixed(1).padStart(10)}  ${ingestUs.toFixed(1).padStart(6)}  ` +
        `${`${(100 * ratio).toFixed(1)} %`.padStart(13)}  ${Math.round(1e6 / ingestUs)
          .toString()
          .padStart(21)}  ` +
        `≥ ${100 * TARGET} % ${isReached ? "reached" : "MISSED"}\n`,
    );
  });
  return figures.every(({ isReached }) => isReached) ? 0 : 1;
}

/** Measures at 1 and at 100 reports an upload; `tell` each as soon as it is there. */
export async function ingestFigures(tell: (figures: IngestFigures) => void): Promise<readonly IngestFigures[]> {
  const all: IngestFigures[] = [];
  for (const reports of [1, 100]) {
    const measured = await measure(reports);
    const figures = { reports, ...measured, isReached: measured.ratio >= TARGET };
    all.push(figures);
    tell(figures);
  }
  return all;
}

async function measure(reports: number): Promise<{ bareUs: number; ingestUs: number; ratio: number }> {
  const chains = Array.from({ length: DEVICES }, (_, i) =>
    chainOf(benchDevice(i), UPLOADS * (WARM_ROUNDS + ROUNDS), reports),
  );
  const [bare, ingest] = await Promise.all([start("bare"), start("ingest")]);
  const rounds: { bareUs: number; ingestUs: number }[] = [];
  try {
    for (let round = 0; round < WARM_ROUNDS + ROUNDS; round++) {
      const lists = requestLists(chains, round);
      const bareUs = await cpuOf(bare, lists);
      const ingestUs = await cpuOf(ingest, lists);
      if (round >= WARM_ROUNDS) rounds.push({ bareUs, ingestUs });
    }
  } finally {
    await Promise.all([bare.stop(), ingest.stop()]);
  }
  return {
    bareUs: median(rounds.map(({ bareUs }) => bareUs)),
    ingestUs: median(rounds.map(({ ingestUs }) => ingestUs)),
    ratio: median(rounds.map(({ bareUs, ingestUs }) => bareUs / ingestUs)),
  };
}

/** The uploads of a round by connection; a device keeps to one. */
function requestLists(chains: readonly (readonly Uint8Array[])[], round: number): Uint8Array[][] {
  return Array.from({ length: CONNECTIONS }, (_, connection) => {
    const own = chains.filter((_, device) => device % CONNECTIONS === connection);
    const ordered: Uint8Array[] = [];
    for (let upload = round * UPLOADS; upload < (round + 1) * UPLOADS; upload++) {
      for (const chain of own) ordered.push(chain[upload]!);
    }
    return requestsOf(ordered);
  });
}

async function cpuOf(server: Server, lists: readonly (readonly Uint8Array[])[]): Promise<number> {
  const before = await server.cpuUs();
  await sendAll(server.url, lists);
  return ((await server.cpuUs()) - before) / (DEVICES * UPLOADS);
}

function start(kind: "bare" | "ingest"): Promise<Server> {
  return new Promise((resolve, reject) => {
    let answerCpu: (us: number) => void = () => {};
    const child = Bun.spawn([process.execPath, join(import.meta.dirname, "ingest/server.ts"), kind, String(DEVICES)], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc(answer: ServerAnswer) {
        if ("cpuUs" in answer) return answerCpu(answer.cpuUs);
        resolve({
          url: answer.url,
          cpuUs: () =>
            new Promise((told) => {
              answerCpu = told;
              child.send("cpu");
            }),
          stop: () => {
            child.kill("SIGTERM");
            return child.exited;
          },
        });
      },
      onExit: (_child, code) => reject(new Error(`the ${kind} server ended with ${code}`)),
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

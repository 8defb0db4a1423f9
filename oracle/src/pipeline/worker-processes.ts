/**
 * The workers of this machine as processes of their own: started, heard, and started again when they die.
 *
 * A worker that closes an epoch keeps its thread busy and may run out of memory; neither may take the ingest with it. Each ends when its
 * standard input does, so that none outlives the service, however that ended. What it did comes as a line of JSON on standard output.
 */
import { type Clock, sleep } from "../service/clock.ts";
import type { Log } from "../service/log.ts";
import type { WorkerRole } from "./run-worker.ts";

/** A line of a worker: a WorkerEvent, its error as text. */
export interface WorkerLine {
  readonly kind: string;
  readonly epoch?: number;
  readonly why?: string;
  readonly work?: string;
  readonly error?: string;
}

export interface WorkerProcessesOptions {
  /** Command of a worker; its role is appended. */
  readonly command: readonly string[];
  /** Workers of each role. */
  readonly count: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onLine: (line: WorkerLine) => void;
}

const ROLES: readonly WorkerRole[] = ["live", "batch"];
const RESTART_MS = { first: 500, cap: 30_000 } as const;
/** A worker that ran for this long did not die of what it was started with, ms. */
const SETTLED_MS = 60_000;
/** A worker that is told to end is given this long, ms. */
const END_MS = 8000;

export class WorkerProcesses {
  readonly #options: WorkerProcessesOptions;
  #running = 0;
  #restarts = 0;

  constructor(options: WorkerProcessesOptions) {
    this.#options = options;
  }

  get expected(): number {
    return this.#options.count * ROLES.length;
  }

  get running(): number {
    return this.#running;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Keeps them running until `stop`; comes back when all have ended. */
  async run(stop: AbortSignal): Promise<void> {
    const workers = Array.from({ length: this.#options.count }, () => ROLES.map((role) => this.#keep(role, stop)));
    await Promise.all(workers.flat());
  }

  async #keep(role: WorkerRole, stop: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let waitMs: number = RESTART_MS.first;
    while (!stop.aborted) {
      const startedMs = clock.steadyMs();
      const code = await this.#once(role, stop);
      if (stop.aborted) return;
      this.#restarts++;
      if (clock.steadyMs() - startedMs > SETTLED_MS) waitMs = RESTART_MS.first;
      log.error("a worker ended and is started again", { role, code, waitMs });
      await sleep(clock, waitMs, stop);
      waitMs = Math.min(2 * waitMs, RESTART_MS.cap);
    }
  }

  async #once(role: WorkerRole, stop: AbortSignal): Promise<number | string> {
    const { command, clock } = this.#options;
    const child = Bun.spawn([...command, "--role", role], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    this.#running++;
    const ended = new AbortController();
    const end = async () => {
      child.stdin.end();
      await sleep(clock, END_MS, ended.signal);
      if (child.exitCode === null) child.kill("SIGKILL");
    };
    const onStop = () => void end();
    stop.addEventListener("abort", onStop, { once: true });
    if (stop.aborted) onStop();
    try {
      await this.#hear(child.stdout);
      return (await child.exited) ?? child.signalCode ?? "unknown";
    } finally {
      stop.removeEventListener("abort", onStop);
      ended.abort();
      this.#running--;
    }
  }

  async #hear(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#options.onLine(JSON.parse(line) as WorkerLine);
    }
  }
}

/**
 * The agent as its owner runs it: a process of its own with a configuration file and a state folder, which a test may kill at any
 * moment and start again.
 */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentStatus } from "../../src/status.ts";
import { freePort } from "./mosquitto.ts";

const ENTRY = join(import.meta.dirname, "../../src/main.ts");

export interface AgentSetup {
  /** Holds configuration and state; the caller removes it. */
  readonly folder: string;
  /** TOML after the sections [hotspot], [forwarder] and [page], which are written here. */
  readonly toml: string;
  readonly hotspot?: string;
  readonly forwarder?: string;
  /** What runs instead of `bun src/main.ts`: a built binary, or an entry with a clock of its own. */
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export class AgentProcess {
  readonly udpPort: number;
  readonly pagePort: number;
  readonly stateDir: string;
  readonly configFile: string;
  /** What runs before `server -c FILE`. */
  command: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  #child: Bun.Subprocess<"ignore", "pipe", "pipe"> | undefined;
  #log = "";

  private constructor(setup: AgentSetup, udpPort: number, pagePort: number) {
    this.udpPort = udpPort;
    this.pagePort = pagePort;
    this.stateDir = join(setup.folder, "state");
    this.configFile = join(setup.folder, "agent.toml");
    this.command = setup.command ?? [process.execPath, ENTRY];
    this.#environment = setup.environment ?? {};
    mkdirSync(setup.folder, { recursive: true });
    writeFileSync(this.configFile, configText(this, setup));
  }

  /** Writes the configuration; `start` starts it. */
  static async prepare(setup: AgentSetup): Promise<AgentProcess> {
    return new AgentProcess(setup, await freePort(), await freePort());
  }

  /** Adds sections to the configuration, for the next start. */
  append(toml: string): void {
    appendFileSync(this.configFile, `\n${toml}`);
  }

  /** Starts the process and waits until its local page answers. */
  async start(timeoutMs?: number): Promise<void> {
    this.spawn();
    await this.until(async () => (await this.health()) !== undefined, "the local page", timeoutMs);
  }

  /** Starts the process and waits for nothing. */
  spawn(): void {
    const child = Bun.spawn([...this.command, "server", "-c", this.configFile], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...this.#environment },
    });
    this.#child = child;
    void this.#collect(child.stdout);
    void this.#collect(child.stderr);
  }

  get pid(): number {
    return this.#child!.pid;
  }

  /** Everything it wrote, over all its lives. */
  get log(): string {
    return this.#log;
  }

  /** Its exit code, once it has ended. */
  async ended(): Promise<number> {
    return (await this.#child?.exited) ?? 0;
  }

  /** Kills it as a power cut of the process would. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.exited;
  }

  /** Ends it as systemd does; its exit code. */
  async stop(): Promise<number> {
    if (this.#child === undefined) return 0;
    this.#child.kill("SIGTERM");
    return this.#child.exited;
  }

  /** Status code of /healthz, or undefined while nobody answers. */
  async health(): Promise<number | undefined> {
    try {
      return (await this.#get("/healthz")).status;
    } catch {
      return undefined;
    }
  }

  async status(): Promise<AgentStatus> {
    return (await (await this.#get("/status.json")).json()) as AgentStatus;
  }

  /** The value of one metric; labels as they are printed, such as `name{reason="age"}`. 0 when there is none. */
  async metric(series: string): Promise<number> {
    const text = await (await this.#get("/metrics")).text();
    const line = text.split("\n").find((one) => one.startsWith(`${series} `));
    return line === undefined ? 0 : Number(line.slice(series.length + 1));
  }

  /** Resident memory of the process, bytes. */
  async residentBytes(): Promise<number> {
    const text = await Bun.file(`/proc/${this.pid}/status`).text();
    return 1024 * Number(/^VmRSS:\s+([0-9]+) kB/m.exec(text)?.[1]);
  }

  /** Waits until `done` says so; looks every 20 ms and rejects with the log when it takes too long or the process ended. */
  async until(done: () => boolean | Promise<boolean>, what: string, timeoutMs = 90_000): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (!(await done())) {
      const exitCode = this.#child?.exitCode ?? null;
      if (exitCode !== null) throw new Error(`the agent ended with ${exitCode} before ${what}:\n${this.#log}`);
      if (performance.now() > endMs) throw new Error(`no ${what} in ${timeoutMs} ms:\n${this.#log.slice(-4000)}`);
      await Bun.sleep(20);
    }
  }

  #get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.pagePort}${path}`, { signal: AbortSignal.timeout(5000) });
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#log += decoder.decode(chunk, { stream: true });
  }
}

function configText(
  { udpPort, pagePort, stateDir }: AgentProcess,
  { toml, hotspot = "", forwarder = "" }: AgentSetup,
): string {
  return `[hotspot]
state_dir = ${JSON.stringify(stateDir)}
${hotspot}
[forwarder]
listen = "127.0.0.1:${udpPort}"
${forwarder}
[page]
listen = "127.0.0.1:${pagePort}"
${toml}
`;
}

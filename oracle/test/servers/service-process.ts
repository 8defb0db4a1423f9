/** `oracle serve` as an operator runs it: a process of its own, which a test may kill at any moment and start again. */
import { join } from "node:path";

const ENTRY = join(import.meta.dirname, "../../src/main.ts");

export class ServiceProcess {
  readonly folder: string;
  readonly #set: readonly string[];
  #child: Bun.Subprocess<"ignore", "pipe", "pipe"> | undefined;
  #log = "";
  #url = "";
  #key = "";

  /** `set` are further `KEY=VALUE` of the configuration; `url` is where it shall answer, at a free port without it. */
  constructor(folder: string, set: readonly string[], url = "") {
    this.folder = folder;
    this.#set = set;
    this.#url = url;
  }

  /** Address of its API; the same over all its lives. */
  get url(): string {
    return this.#url;
  }

  /** The text form of the key it signs with. */
  get key(): string {
    return this.#key;
  }

  /** NDJSON of all its lives. */
  get log(): string {
    return this.#log;
  }

  /** Starts it and waits until it listens. */
  async start(): Promise<void> {
    const listen = this.#url === "" ? "127.0.0.1:0" : new URL(this.#url).host;
    const flags = [`data.folder=${this.folder}`, `http.listen=${listen}`, "http.explorer=false", ...this.#set].flatMap(
      (one) => ["--set", one],
    );
    const child = Bun.spawn([process.execPath, ENTRY, "serve", "--json", ...flags], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "" },
    });
    this.#child = child;
    void this.#collect(child.stderr);
    const { value } = await child.stdout.getReader().read();
    if (value === undefined) throw new Error(`the oracle ended with ${await child.exited}:\n${this.#log}`);
    const told = JSON.parse(new TextDecoder().decode(value).split("\n", 1)[0]!) as { url: string; key: string };
    this.#url = told.url;
    this.#key = told.key;
  }

  /** Kills it as a power cut of the process would. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.exited;
  }

  /** Resolves with its exit code when it ends by itself. */
  async ended(): Promise<number> {
    return (await this.#child?.exited) ?? 0;
  }

  /** Ends it as systemd does; its exit code. */
  async stop(): Promise<number> {
    this.#child?.kill("SIGTERM");
    return (await this.#child?.exited) ?? 0;
  }

  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the oracle says.
  async get(path: string): Promise<any> {
    return (await fetch(this.#url + path)).json();
  }

  /** The value of one series, labels as they are printed; 0 when there is none. */
  async metric(series: string): Promise<number> {
    const text = await (await fetch(`${this.#url}/metrics`)).text();
    const line = text.split("\n").find((one) => one.startsWith(`${series} `));
    return line === undefined ? 0 : Number(line.slice(series.length + 1));
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#log += decoder.decode(chunk, { stream: true });
  }
}

/** A real server as a child of a test: waits for what it says, ends it by its id, and dies with the test if that dies. */
import { createServer } from "node:net";

export interface ServerProcessOptions {
  readonly command: readonly string[];
  /** Runs as another user; only root can. */
  readonly user?: string | undefined;
  /** In what the server writes: it takes connections. */
  readonly ready: RegExp;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export class ServerProcess {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  #output = "";

  private constructor(child: Bun.Subprocess<"ignore", "pipe", "pipe">) {
    this.#child = child;
  }

  /** Starts and resolves when it is ready. Throws with its output when it ends before that. */
  static async start({ command, user, ready, env, cwd }: ServerProcessOptions): Promise<ServerProcess> {
    const asUser = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
    const child = Bun.spawn(["setpriv", "--pdeathsig", "KILL", ...asUser, "--", ...command], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    const server = new ServerProcess(child);
    const isReady = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr]) void server.#read(stream, ready, isReady.resolve);
    const ended = child.exited.then((code) => {
      throw new Error(`${command[0]} ended with ${code}:\n${server.#output}`);
    });
    await Promise.race([isReady.promise, ended]);
    ended.catch(() => undefined);
    return server;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get output(): string {
    return this.#output;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    await this.#child.exited;
  }

  async #read(stream: ReadableStream<Uint8Array>, ready: RegExp, onReady: () => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#output = (this.#output + decoder.decode(chunk, { stream: true })).slice(-100_000);
      if (ready.test(this.#output)) onReady();
    }
  }
}

/** Ports nobody listens on at the moment, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            if (address === null || typeof address === "string") reject(new Error("no port"));
            else resolve(address.port);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Says why tests of a server are left out; in CI none may be. */
export function skipReason(server: string, path: string | undefined, isOptional = false): string | undefined {
  if (path !== undefined) return undefined;
  const reason = `${server} is not on this machine`;
  if (process.env.CI && !isOptional) throw new Error(`${reason}, and in CI it must be`);
  process.stderr.write(`skipped: ${reason}\n`);
  return reason;
}

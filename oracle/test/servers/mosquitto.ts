/** A real mosquitto for one test: private folder, free port, files as a customer's broker would have them. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface MosquittoFiles {
  /** `password_file`; without it anybody may connect. */
  readonly passwords?: string;
  /** `acl_file`. */
  readonly access?: string;
}

export class Mosquitto {
  readonly url: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(port: number, folder: string, process: ChildProcess) {
    this.url = `mqtt://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#process = process;
  }

  /** Starts it; rejects with what it printed when it does not come up. */
  static async start({ passwords, access }: MosquittoFiles = {}): Promise<Mosquitto> {
    const path = Bun.which("mosquitto") ?? "/usr/sbin/mosquitto";
    const folder = mkdtempSync(join(tmpdir(), "earshot-mosquitto-"));
    const port = await freePort();
    const lines = [`listener ${port} 127.0.0.1`, "persistence false", "user root"];
    lines.push(`allow_anonymous ${passwords === undefined}`);
    for (const [name, directive, text] of [
      ["passwords", "password_file", passwords],
      ["access", "acl_file", access],
    ] as const) {
      if (text === undefined) continue;
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      lines.push(`${directive} ${join(folder, name)}`);
    }
    writeFileSync(join(folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
    const started = spawn(path, ["-c", join(folder, "mosquitto.conf")], { stdio: ["ignore", "ignore", "pipe"] });
    let printed = "";
    started.stderr.on("data", (data) => {
      printed += data;
    });
    while (!(await answers(port))) {
      if (started.exitCode !== null) throw new Error(`mosquitto ended with ${started.exitCode}: ${printed}`);
    }
    return new Mosquitto(port, folder, started);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      await new Promise((resolve) => {
        this.#process.once("exit", resolve);
        this.#process.kill("SIGKILL");
      });
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A TCP port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => setTimeout(() => resolve(false), 10));
  });
}

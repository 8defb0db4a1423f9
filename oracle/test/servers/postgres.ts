/** A PostgreSQL of a test's own: private data folder, free port, as the user postgres when the test is root. */
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SQL } from "bun";
import { freePorts, ServerProcess } from "./server-process.ts";

const ROOTS = "/usr/lib/postgresql";

/** Folder of PostgreSQL's programs, newest version first; undefined where there is none. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(ROOTS)) return undefined;
  const versions = readdirSync(ROOTS).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(ROOTS, version, "bin")).find((folder) => existsSync(join(folder, "initdb")));
}

export class PostgresServer {
  readonly #programs: string;
  readonly #folder: string;
  readonly #port: number;
  #process: ServerProcess | undefined;
  #databases = 0;

  private constructor(programs: string, folder: string, port: number) {
    this.#programs = programs;
    this.#folder = folder;
    this.#port = port;
  }

  static async start(programs: string): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), "earshot-postgres-"));
    const [port] = await freePorts(1);
    const server = new PostgresServer(programs, folder, port!);
    try {
      if (isRoot()) chownSync(folder, ...postgresIds());
      const asUser = isRoot() ? ["runuser", "-u", "postgres", "--"] : [];
      const initdb = [
        join(programs, "initdb"),
        "-D",
        join(folder, "data"),
        "-U",
        "earshot",
        "-A",
        "trust",
        "--no-sync",
      ];
      const made = Bun.spawnSync([...asUser, ...initdb], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
      if (made.exitCode !== 0) throw new Error(`initdb: ${made.stderr.toString()}`);
      await server.run();
      return server;
    } catch (error) {
      await server.remove();
      throw error;
    }
  }

  /** Starts it, again if need be, and resolves when it takes connections. */
  async run(): Promise<void> {
    // A killed server keeps what the system holds for it; syncing is for power cuts, which no test makes.
    const settings = [
      "fsync=off",
      `port=${this.#port}`,
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${this.#folder}`,
    ];
    this.#process = await ServerProcess.start({
      command: [
        join(this.#programs, "postgres"),
        ...["-D", join(this.#folder, "data")],
        ...settings.flatMap((setting) => ["-c", setting]),
      ],
      user: isRoot() ? "postgres" : undefined,
      ready: /ready to accept connections/,
      cwd: this.#folder,
    });
  }

  /** SIGQUIT: ends at once, as after a crash; its children end with it, so that it can start again. */
  async crash(): Promise<void> {
    await this.#process?.end("SIGQUIT");
    this.#process = undefined;
  }

  /** URL of a new, empty database. */
  async database(): Promise<string> {
    const name = `test_${this.#databases++}`;
    const sql = new SQL(this.#url("postgres"));
    await sql.unsafe(`CREATE DATABASE ${name}`);
    await sql.close();
    return this.#url(name);
  }

  async remove(): Promise<void> {
    await this.crash();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #url(database: string): string {
    return `postgres://earshot@127.0.0.1:${this.#port}/${database}`;
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function postgresIds(): [number, number] {
  // The cluster Debian makes belongs to the user it made; ids differ from machine to machine.
  const { uid, gid } = statSync("/var/lib/postgresql");
  return [uid, gid];
}

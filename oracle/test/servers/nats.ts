/** NATS servers of a test's own, one node or a cluster of three, with JetStream and the mappings a log needs. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mappingsOf } from "../../src/log/jetstream/nats-connection.ts";
import { builtServer } from "./built-server.ts";
import { freePorts, ServerProcess } from "./server-process.ts";

/** Debian's, 2.9. */
export const NATS: string | undefined = Bun.which("nats-server") ?? undefined;
/** 2.15, which `.ci/run` builds where the Go module proxy is reached. */
export const NATS_LATEST: string | undefined = builtServer("nats-server-2.15");

export interface NatsSettings {
  readonly nodes: 1 | 3;
  readonly partitions: number;
  /** Lines of configuration more, or instead. */
  readonly maxPayload?: string;
  readonly withoutMappings?: boolean;
}

interface StreamDetail {
  readonly name: string;
  readonly cluster?: { readonly leader?: string };
}

export class NatsServers {
  readonly urls: readonly string[];
  readonly monitors: readonly string[];
  readonly #path: string;
  readonly #folder: string;
  readonly #processes: (ServerProcess | undefined)[] = [];

  private constructor(path: string, folder: string, ports: readonly number[], monitors: readonly number[]) {
    this.#path = path;
    this.#folder = folder;
    this.urls = ports.map((port) => `127.0.0.1:${port}`);
    this.monitors = monitors.map((port) => `http://127.0.0.1:${port}`);
  }

  static async start(
    path: string,
    { nodes, partitions, maxPayload = "8MB", withoutMappings = false }: NatsSettings,
  ): Promise<NatsServers> {
    const folder = mkdtempSync(join(tmpdir(), "earshot-nats-"));
    const ports = await freePorts(3 * nodes);
    const clients = ports.slice(0, nodes);
    const routes = ports.slice(nodes, 2 * nodes);
    const monitors = ports.slice(2 * nodes);
    const mappings = Object.entries(withoutMappings ? {} : mappingsOf(partitions)).map(
      ([from, to]) => `  "${from}": "${to}"`,
    );
    for (let node = 0; node < nodes; node++) {
      const cluster = [
        "cluster {",
        "  name: earshot-test",
        `  listen: 127.0.0.1:${routes[node]}`,
        `  routes: [${routes.map((port) => `nats://127.0.0.1:${port}`).join(", ")}]`,
        "}",
      ];
      const lines = [
        `server_name: n${node}`,
        `listen: 127.0.0.1:${clients[node]}`,
        `http: 127.0.0.1:${monitors[node]}`,
        `max_payload: ${maxPayload}`,
        `jetstream { store_dir: "${join(folder, String(node))}", max_file_store: 4GB }`,
        "mappings = {",
        ...mappings,
        "}",
        ...(nodes === 1 ? [] : cluster),
      ];
      writeFileSync(join(folder, `n${node}.conf`), `${lines.join("\n")}\n`);
    }
    const servers = new NatsServers(path, folder, clients, monitors);
    try {
      await Promise.all(clients.map((_, node) => servers.run(node)));
    } catch (error) {
      await servers.remove();
      throw error;
    }
    return servers;
  }

  /** Starts a node, again if need be. */
  async run(node: number): Promise<void> {
    this.#processes[node] = await ServerProcess.start({
      command: [this.#path, "-c", join(this.#folder, `n${node}.conf`)],
      ready: /Server is ready/,
    });
  }

  async kill(node: number): Promise<void> {
    await this.#processes[node]?.end();
    this.#processes[node] = undefined;
  }

  /** Names of the streams of the cluster. */
  async streams(): Promise<readonly string[]> {
    return (await this.#details(0)).map(({ name }) => name);
  }

  /** The node that leads a stream at the moment; asks again while there is none. */
  async leaderOf(stream: string): Promise<number> {
    for (let at = 0; ; at = (at + 1) % this.monitors.length) {
      const leader = (await this.#details(at)).find(({ name }) => name === stream)?.cluster?.leader;
      if (leader !== undefined && leader !== "") return Number(leader.slice(1));
      await Bun.sleep(50);
    }
  }

  async #details(node: number): Promise<readonly StreamDetail[]> {
    const answer = await fetch(`${this.monitors[node]}/jsz?streams=1`);
    const { account_details = [] } = (await answer.json()) as {
      account_details?: { stream_detail?: StreamDetail[] }[];
    };
    return account_details.flatMap(({ stream_detail = [] }) => stream_detail);
  }

  async remove(): Promise<void> {
    await Promise.all(this.#processes.map((_, node) => this.kill(node)));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

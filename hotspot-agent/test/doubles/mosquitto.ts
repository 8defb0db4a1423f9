/**
 * A real mosquitto for one test: private folder, free port, stopped by the test. Plain, or TLS with a throw-away authority made by openssl.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface BrokerOptions {
  /** TLS with a certificate for localhost; clients must show one of the same authority unless `asksNoCertificate`. */
  readonly tls?: boolean;
  readonly asksNoCertificate?: boolean;
  /** Lines of the access control file; users are those of `passwords`. */
  readonly acl?: string;
  readonly passwords?: Readonly<Record<string, string>>;
}

export interface Broker {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** PEM files; only with TLS. */
  readonly caFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  start(): Promise<void>;
  /** Kills it, as a power cut would. */
  stop(): Promise<void>;
  /** Stops it and removes its folder. */
  dispose(): Promise<void>;
}

function mosquittoPath(): string {
  const found = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].find((path) => existsSync(path));
  const inPath = found ?? Bun.which("mosquitto");
  if (inPath === null) throw new Error("mosquitto is not installed: install the package mosquitto to run this test");
  return inPath;
}

/** A TCP port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** Writes ca.pem, server.pem/key, client.pem/key into a folder. */
export function makeAuthority(folder: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority");
  for (const [name, subject] of [
    ["server", "/CN=localhost"],
    ["client", "/CN=hotspot"],
  ] as const) {
    openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", subject);
    writeFileSync(join(folder, "names.ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    const signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names.ext"];
    openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...signing);
  }
}

/** Starts a broker; rejects with what it printed when it does not come up. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const path = mosquittoPath();
  const folder = mkdtempSync(join(tmpdir(), "earshot-broker-"));
  const port = await freePort();
  const lines = [`listener ${port} 127.0.0.1`, "persistence false", "user root", "set_tcp_nodelay true"];
  if (options.passwords === undefined) lines.push("allow_anonymous true");
  else {
    const passwordFile = join(folder, "passwords");
    writeFileSync(passwordFile, "");
    for (const [user, password] of Object.entries(options.passwords)) {
      execFileSync("mosquitto_passwd", ["-b", passwordFile, user, password], { stdio: "pipe" });
    }
    lines.push("allow_anonymous false", `password_file ${passwordFile}`);
  }
  if (options.acl !== undefined) {
    writeFileSync(join(folder, "acl"), options.acl, { mode: 0o700 });
    lines.push(`acl_file ${join(folder, "acl")}`);
  }
  if (options.tls === true) {
    makeAuthority(folder);
    lines.push(`cafile ${folder}/ca.pem`, `certfile ${folder}/server.pem`, `keyfile ${folder}/server.key`);
    lines.push(`require_certificate ${options.asksNoCertificate !== true}`);
  }
  const config = join(folder, "mosquitto.conf");
  writeFileSync(config, `${lines.join("\n")}\n`);
  let running: ChildProcess | null = null;
  // A test that ends badly leaves no broker behind.
  const killed = () => void running?.kill("SIGKILL");
  process.once("exit", killed);

  const start = async () => {
    const started = spawn(path, ["-c", config], { stdio: ["ignore", "pipe", "pipe"] });
    running = started;
    let printed = "";
    let exit: number | null = null;
    started.stderr.on("data", (data) => {
      printed += data;
    });
    started.on("exit", (code) => {
      exit = code ?? -1;
    });
    while (!(await answers(port))) {
      if (exit !== null) throw new Error(`mosquitto ended with ${exit}: ${printed}`);
    }
  };
  const stop = async () => {
    const stopped = running;
    running = null;
    if (stopped === null || stopped.exitCode !== null) return;
    await new Promise((resolve) => {
      stopped.once("exit", resolve);
      stopped.kill("SIGKILL");
    });
  };
  await start();
  return {
    port,
    url: `${options.tls === true ? "mqtts://localhost" : "mqtt://127.0.0.1"}:${port}`,
    folder,
    caFile: join(folder, "ca.pem"),
    clientCertFile: join(folder, "client.pem"),
    clientKeyFile: join(folder, "client.key"),
    start,
    stop,
    dispose: async () => {
      await stop();
      process.removeListener("exit", killed);
      rmSync(folder, { recursive: true, force: true });
    },
  };
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

/** The updater on this machine: its binary, its network, its way to try a binary out. Only a built binary can replace itself. */
import type { AgentConfig } from "../config/agent-config.ts";
import { Installation } from "./installation.ts";
import { runUpdater, type UpdaterOptions } from "./updater.ts";

export interface SelfUpdateOptions
  extends Pick<UpdaterOptions, "currentVersion" | "health" | "clock" | "log" | "telemetry"> {
  readonly config: AgentConfig["update"];
  /** Folder for what must survive the restart. */
  readonly folder: string;
}

/** A download that takes longer is given up until the next look. */
const DOWNLOAD_PATIENCE_MS = 900_000;
const TRY_OUT_PATIENCE_MS = 30_000;
/** Where Bun mounts the code of a compiled binary. */
const COMPILED_ROOT = "/$bunfs/";

/** Settles with `restart` when another binary stands in this one's place, with `stopped` when it may end. */
export async function selfUpdate(options: SelfUpdateOptions, stopped: Promise<void>): Promise<"restart" | "stopped"> {
  const { config, folder, log } = options;
  if (!config.enabled) return stopped.then(() => "stopped");
  if (!Bun.main.startsWith(COMPILED_ROOT)) {
    log.warn("update.enabled has no effect: this is no built binary.");
    return stopped.then(() => "stopped");
  }
  const installation = new Installation(process.execPath, folder);
  return runUpdater({ ...options, ...config, installation, arch: process.arch, open, versionOf }, stopped);
}

async function open(url: string): Promise<AsyncIterable<Uint8Array>> {
  const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(DOWNLOAD_PATIENCE_MS) });
  if (answer.status !== 200 || answer.body === null) throw new Error(`${url} answers with status ${answer.status}`);
  return answer.body as unknown as AsyncIterable<Uint8Array>;
}

async function versionOf(binary: string): Promise<string> {
  const child = Bun.spawn([binary, "--version"], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    timeout: TRY_OUT_PATIENCE_MS,
  });
  return new Response(child.stdout).text();
}

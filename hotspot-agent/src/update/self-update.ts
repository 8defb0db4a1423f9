/** The updater on this machine: its binary, its network, its way to try a binary out. Only a built binary can replace itself. */
import type { AgentConfig } from "../config/agent-config.ts";
import { Installation } from "./installation.ts";
import { beginTrial, runUpdater, type UpdaterOptions } from "./updater.ts";

export interface SelfUpdateOptions
  extends Pick<UpdaterOptions, "currentVersion" | "health" | "clock" | "log" | "telemetry"> {
  readonly config: AgentConfig["update"];
  /** Null: nothing is updated. */
  readonly installation: Installation | null;
}

/** A download that takes longer is given up until the next look. */
const DOWNLOAD_PATIENCE_MS = 900_000;
const TRY_OUT_PATIENCE_MS = 30_000;
/** Where Bun mounts the code of a compiled binary. */
const COMPILED_ROOT = "/$bunfs/";

/**
 * Counts this start if it is one of a version on trial, before anything else of the agent is opened: `restart` when the previous
 * binary is back in place, null where there are no updates. `folder` is for what must survive the restart. Never throws.
 */
export function beginUpdate(
  config: AgentConfig["update"],
  folder: string,
  options: Pick<UpdaterOptions, "currentVersion" | "log">,
): Installation | null | "restart" {
  if (!config.enabled) return null;
  if (!Bun.main.startsWith(COMPILED_ROOT)) {
    options.log.warn("update.enabled has no effect: this is no built binary.");
    return null;
  }
  try {
    const installation = new Installation(process.execPath, folder);
    return beginTrial({ ...options, installation }) === "restart" ? "restart" : installation;
  } catch (error) {
    options.log.warn("No update can be made.", { problem: (error as Error).message });
    return null;
  }
}

/** Settles with `restart` when another binary stands in this one's place, with `stopped` when it may end. */
export async function selfUpdate(options: SelfUpdateOptions, stopped: Promise<void>): Promise<"restart" | "stopped"> {
  const { config, installation } = options;
  if (installation === null) return stopped.then(() => "stopped");
  return runUpdater({ ...options, ...config, installation, arch: process.arch, open, versionOf, checkConfig }, stopped);
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

/** `server` and `config check` take the same flags, and the environment is the same. */
async function checkConfig(binary: string): Promise<void> {
  const child = Bun.spawn([binary, "config", "check", ...process.argv.slice(process.argv.indexOf("server") + 1)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    timeout: TRY_OUT_PATIENCE_MS,
  });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`the new binary does not take this configuration: ${said.trim()}`);
}

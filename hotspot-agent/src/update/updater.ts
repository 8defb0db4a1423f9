/**
 * Looks for signed releases and installs them, with the way back open until the new version has shown that it works.
 *
 * Resolves with `restart` when the process has to end so that the service manager starts another binary, else with `stopped`.
 * What goes wrong on the way is counted and logged, never fatal: an agent without updates is an agent.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Installation } from "./installation.ts";
import { type Artefact, artefactFor, MAX_MANIFEST_BYTES, type Release, readRelease } from "./release.ts";
import { type Health, judgeTrial, MAX_TRIAL_STARTS, type Trial } from "./trial.ts";

export interface UpdaterOptions {
  readonly installation: Installation;
  readonly currentVersion: string;
  readonly arch: string;
  readonly url: string;
  /** Text form of the key that signs releases. */
  readonly key: string;
  readonly intervalMs: number;
  readonly health: () => Health;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Opens an address; rejects when it does not answer. */
  readonly open: (url: string) => Promise<AsyncIterable<Uint8Array>>;
  /** Runs a binary with --version and gives what it prints; rejects if it does not run. */
  readonly versionOf: (binary: string) => Promise<string>;
  /** Has a binary look at the configuration that this one runs with; rejects with what it says when it would not start. */
  readonly checkConfig: (binary: string) => Promise<void>;
}

/** How often a trial is looked at. */
const TRIAL_LOOK_MS = 5000;

export async function runUpdater(options: UpdaterOptions, stopped: Promise<void>): Promise<"restart" | "stopped"> {
  const { installation, clock, log, intervalMs } = options;
  const trial = installation.trial();
  if (trial !== undefined && (await standTrial(options, trial, stopped)) === "restart") return "restart";
  while (!(await wait(clock, intervalMs, stopped))) {
    try {
      const release = readRelease(await readAll(await options.open(options.url)), options.key);
      if (await install(options, release)) return "restart";
    } catch (error) {
      options.telemetry.counter("agent_update_failures_total", "Looks for a release that failed.").add();
      log.complain("update", "No update could be made.", {
        problem: (error as Error).message,
        rejected: installation.rejected().join(" "),
      });
    }
  }
  return "stopped";
}

/**
 * To be called before anything of the agent is opened, so that a version which crashes on its way is counted: `restart` when it did so
 * too often, or the disk does not let it be counted, and the previous binary is back in place. A trial of another version has ended by
 * other means. Never throws.
 */
export function beginTrial(
  options: Pick<UpdaterOptions, "installation" | "currentVersion" | "log">,
): "restart" | "go on" {
  const { installation, currentVersion, log } = options;
  const trial = installation.trial();
  if (trial === undefined) return "go on";
  const { version } = trial;
  if (version !== currentVersion) {
    attempt(log, () => installation.keep());
    return "go on";
  }
  const counted = attempt(log, () => installation.countStart(trial));
  if (counted === undefined) {
    log.error("The starts of the new version cannot be counted; going back.", { version });
    return attempt(log, () => installation.goBack()) ? "restart" : "go on";
  }
  if (counted.starts <= MAX_TRIAL_STARTS) return "go on";
  log.error("The new version was started again and again and does not stay; going back.", { version });
  return rollBack(options, version) ? "restart" : "go on";
}

async function standTrial(
  options: UpdaterOptions,
  trial: Trial,
  stopped: Promise<void>,
): Promise<"restart" | "stopped" | "kept"> {
  const { installation, clock, log, health } = options;
  const { version } = trial;
  const startedMs = clock.nowMs();
  for (;;) {
    const verdict = judgeTrial(trial, clock.nowMs() - startedMs, health());
    if (verdict === "keep") {
      attempt(log, () => installation.keep());
      log.info("The new version works and stays.", { version });
      return "kept";
    }
    if (verdict === "roll-back") {
      log.error("The new version does not do what the old one did; going back.", { version });
      return rollBack(options, version) ? "restart" : "kept";
    }
    if (await wait(clock, TRIAL_LOOK_MS, stopped)) return "stopped";
  }
}

/** Goes back from a version for good; a disk that does not take its name costs another try of it. True if the old one is in place. */
function rollBack({ installation, log }: Pick<UpdaterOptions, "installation" | "log">, version: string): boolean {
  attempt(log, () => installation.reject(version));
  return attempt(log, () => installation.goBack()) === true;
}

/** Does what a disk may refuse; then it is said, and the answer is undefined: the agent goes on. */
function attempt<T>(log: UpdaterOptions["log"], run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    log.complain("trial", "The disk does not let the trial of a version go on.", { problem: (error as Error).message });
    return undefined;
  }
}

/** True when a newer binary was put in place. */
async function install(options: UpdaterOptions, release: Release): Promise<boolean> {
  const { installation, currentVersion, arch, health, log } = options;
  const artefact: Artefact | undefined = artefactFor(release, currentVersion, arch);
  if (artefact === undefined || installation.rejected().includes(release.version)) return false;
  // One that was not taken may be next time, for another configuration: it is there already.
  if (!(await installation.hasReceived(artefact)))
    await installation.receive(artefact, await options.open(artefact.url));
  const printed = (await options.versionOf(installation.nextPath)).trim();
  if (printed !== release.version)
    throw new Error(`the new binary says it is version ${JSON.stringify(printed.slice(0, 40))}`);
  await options.checkConfig(installation.nextPath);
  installation.swap({ version: release.version, before: health(), starts: 0 });
  log.info("A new version is in place; restarting into it.", { version: release.version });
  return true;
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > MAX_MANIFEST_BYTES) throw new Error(`a manifest of more than ${MAX_MANIFEST_BYTES} bytes`);
    parts.push(chunk);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** True when `stopped` came first. */
function wait(clock: Clock, delayMs: number, stopped: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(delayMs, () => resolve(false));
    void stopped.then(() => {
      cancel();
      resolve(true);
    });
  });
}

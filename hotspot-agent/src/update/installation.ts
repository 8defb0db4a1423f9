/**
 * The binary on disk and its two neighbours: `.next`, downloaded and not yet trusted, and `.previous`, to go back to. Every step
 * is one rename, so a power cut leaves a binary that runs.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { agentError } from "../errors.ts";
import type { Artefact } from "./release.ts";
import type { Trial } from "./trial.ts";

export class Installation {
  readonly #binary: string;
  readonly #folder: string;

  /** `binary` is the running executable, `folder` holds what must survive the restart. */
  constructor(binary: string, folder: string) {
    this.#binary = binary;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Where `receive` puts a new binary. */
  get nextPath(): string {
    return `${this.#binary}.next`;
  }

  /**
   * Writes a download beside the binary, durably, if it is exactly what the release says.
   * @throws AGT_BAD_RELEASE if not, AGT_UPDATE_FAILED if it cannot be written; nothing is left behind.
   */
  async receive(artefact: Artefact, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const fd = this.#attempt("create", () => openSync(this.nextPath, "w", 0o700));
    try {
      const hash = createHash("sha256");
      let length = 0;
      for await (const chunk of chunks) {
        length += chunk.length;
        if (length > artefact.bytes) break;
        hash.update(chunk);
        this.#attempt("write", () => writeSync(fd, chunk));
      }
      if (length !== artefact.bytes || hash.digest("hex") !== artefact.sha256) {
        throw agentError("AGT_BAD_RELEASE", `${artefact.url} is not the binary that was signed`);
      }
      fsyncSync(fd);
    } catch (error) {
      rmSync(this.nextPath, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
    chmodSync(this.nextPath, 0o755);
  }

  /** Puts the received binary in the place of the running one and its trial on disk; the next start is the new version. */
  swap(trial: Trial): void {
    const previous = `${this.#binary}.previous`;
    this.#attempt("swap", () => {
      rmSync(previous, { force: true });
      linkSync(this.#binary, previous);
      this.#writeTrial(trial);
      renameSync(this.nextPath, this.#binary);
      syncFolder(dirname(this.#binary));
    });
  }

  /** The trial that is on, or undefined. What cannot be read is none. */
  trial(): Trial | undefined {
    const value = readJson(this.#trialPath);
    return isTrial(value) ? value : undefined;
  }

  /** Counts one more start of the version on trial. */
  countStart(trial: Trial): Trial {
    const counted = { ...trial, starts: trial.starts + 1 };
    this.#writeTrial(counted);
    return counted;
  }

  /** Ends the trial: the new version stays. */
  keep(): void {
    rmSync(this.#trialPath, { force: true });
    rmSync(`${this.#binary}.previous`, { force: true });
  }

  /** Ends the trial: the previous binary comes back, and the version is not tried again. False if there is none to go back to. */
  rollBack({ version }: Trial): boolean {
    const previous = `${this.#binary}.previous`;
    const hasPrevious = existsSync(previous);
    this.#attempt("roll back", () => {
      writeDurable(this.#rejectedPath, `${JSON.stringify([...this.rejected(), version])}\n`);
      if (hasPrevious) renameSync(previous, this.#binary);
      rmSync(this.#trialPath, { force: true });
      syncFolder(dirname(this.#binary));
    });
    return hasPrevious;
  }

  /** Versions that failed their trial here. */
  rejected(): readonly string[] {
    const value = readJson(this.#rejectedPath);
    return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
  }

  get #trialPath(): string {
    return join(this.#folder, "trial.json");
  }

  get #rejectedPath(): string {
    return join(this.#folder, "rejected.json");
  }

  #writeTrial(trial: Trial): void {
    writeDurable(this.#trialPath, `${JSON.stringify(trial)}\n`);
  }

  #attempt<T>(what: string, run: () => T): T {
    try {
      return run();
    } catch (cause) {
      throw agentError("AGT_UPDATE_FAILED", `${this.#binary}: cannot ${what}: ${(cause as Error).message}`, { cause });
    }
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function isTrial(value: unknown): value is Trial {
  const { version, before, starts } = (value ?? {}) as Partial<Trial>;
  return typeof version === "string" && typeof before === "object" && before !== null && Number.isInteger(starts);
}

function writeDurable(path: string, text: string): void {
  const draft = `${path}.new`;
  const fd = openSync(draft, "w", 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

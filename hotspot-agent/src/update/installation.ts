/**
 * The binary on disk and its two neighbours: `.next`, downloaded and not yet trusted, and `.previous`, to go back to. Every step
 * is one rename, so a power cut leaves a binary that runs. A hundred megabytes are written and read beside the event loop: an SD card
 * may take half a minute for them, and packets do not wait.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
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

  /** Whether what an earlier `receive` left is exactly what the release says. */
  async hasReceived({ bytes, sha256 }: Artefact): Promise<boolean> {
    try {
      if ((await stat(this.nextPath)).size !== bytes) return false;
      const hash = createHash("sha256");
      for await (const chunk of createReadStream(this.nextPath)) hash.update(chunk as Buffer);
      return hash.digest("hex") === sha256;
    } catch {
      return false;
    }
  }

  /**
   * Writes a download beside the binary, durably, if it is exactly what the release says.
   * @throws AGT_BAD_RELEASE if not, AGT_UPDATE_FAILED if it cannot be written; nothing is left behind.
   */
  async receive(artefact: Artefact, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    rmSync(this.nextPath, { force: true });
    const file = await this.#attemptAsync("create", open(this.nextPath, "wx", 0o700));
    try {
      const hash = createHash("sha256");
      let length = 0;
      for await (const chunk of chunks) {
        if (length + chunk.length > artefact.bytes) throw notSigned(artefact);
        hash.update(chunk);
        await this.#attemptAsync("write", writeWhole(file, chunk, length));
        length += chunk.length;
      }
      if (length !== artefact.bytes || hash.digest("hex") !== artefact.sha256) throw notSigned(artefact);
      await this.#attemptAsync("write", file.chmod(0o755));
      await this.#attemptAsync("write", file.sync());
    } catch (error) {
      rmSync(this.nextPath, { force: true });
      throw error;
    } finally {
      await file.close();
    }
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

  /** Counts one more start of the version on trial. @throws AGT_UPDATE_FAILED */
  countStart(trial: Trial): Trial {
    const counted = { ...trial, starts: trial.starts + 1 };
    this.#attempt("count a start", () => this.#writeTrial(counted));
    return counted;
  }

  /** Ends the trial: the new version stays. */
  keep(): void {
    rmSync(this.#trialPath, { force: true });
    rmSync(`${this.#binary}.previous`, { force: true });
  }

  /** A version is not tried again. @throws AGT_UPDATE_FAILED */
  reject(version: string): void {
    const text = `${JSON.stringify([...new Set([...this.rejected(), version])])}\n`;
    this.#attempt("note a rejected version", () => writeDurable(this.#rejectedPath, text));
  }

  /** Ends the trial: the previous binary comes back. Needs no room on the disk. False if there is none. @throws AGT_UPDATE_FAILED */
  goBack(): boolean {
    const previous = `${this.#binary}.previous`;
    const hasPrevious = existsSync(previous);
    this.#attempt("go back", () => {
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
      throw this.#failure(what, cause);
    }
  }

  async #attemptAsync<T>(what: string, running: Promise<T>): Promise<T> {
    try {
      return await running;
    } catch (cause) {
      throw this.#failure(what, cause);
    }
  }

  #failure(what: string, cause: unknown): Error {
    const detail = `${this.#binary}: cannot ${what}: ${(cause as Error).message}`;
    return agentError("AGT_UPDATE_FAILED", detail, { cause });
  }
}

/** A full disk takes a part and says how much. */
async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error("the disk took no bytes");
    done += bytesWritten;
  }
}

function notSigned({ url }: Artefact): Error {
  return agentError("AGT_BAD_RELEASE", `${url} is not the binary that was signed`);
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
    writeFileSync(fd, text);
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

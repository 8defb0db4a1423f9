/**
 * The few small files that proof of coverage keeps, behind a port, so that tests can fail a write or lose power.
 *
 * Names are plain file names. A file that `replace` wrote is there whole or not at all after any crash; what `append` wrote
 * survives kill -9 once it returned and a power cut once `sync` did. Nothing here blocks the event loop.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";

export interface StateFile {
  readonly name: string;
  readonly bytes: number;
}

export interface StateFiles {
  /** The file's bytes, or null if there is none. */
  read(name: string): Promise<Uint8Array | null>;
  /** Durable when it resolves; the old content stays if it rejects. */
  replace(name: string, content: Uint8Array): Promise<void>;
  /** Adds to the end, making the file if need be. A rejection may leave a part of `content` behind. */
  append(name: string, content: Uint8Array): Promise<void>;
  /** Makes earlier appends to the file durable. */
  sync(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** All files, ascending by name. */
  list(): Promise<readonly StateFile[]>;
  /** Lets go of open files. */
  close(): Promise<void>;
}

/** Files in a folder of their own, which is made on first use, mode 0700. */
export class DiskFiles implements StateFiles {
  readonly #folder: string;
  readonly #appending = new Map<string, Promise<FileHandle>>();
  #isMade = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(name: string): Promise<Uint8Array | null> {
    try {
      return new Uint8Array(await readFile(join(this.#folder, name)));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async replace(name: string, content: Uint8Array): Promise<void> {
    await this.#makeFolder();
    const draft = join(this.#folder, `${name}.new`);
    const file = await open(draft, "w", 0o600);
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(draft, join(this.#folder, name));
    await this.#syncFolder();
  }

  async append(name: string, content: Uint8Array): Promise<void> {
    const file = await this.#appender(name);
    await file.appendFile(content);
  }

  async sync(name: string): Promise<void> {
    const file = await this.#appending.get(name);
    await file?.datasync();
  }

  async remove(name: string): Promise<void> {
    const file = this.#appending.get(name);
    this.#appending.delete(name);
    await (await file)?.close();
    try {
      await unlink(join(this.#folder, name));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async list(): Promise<readonly StateFile[]> {
    let names: string[];
    try {
      names = await readdir(this.#folder);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
    const files = names.filter((name) => !name.endsWith(".new")).sort();
    const sizes = await Promise.all(files.map((name) => sizeOf(join(this.#folder, name))));
    return files.flatMap((name, at) => (sizes[at] === null ? [] : [{ name, bytes: sizes[at] as number }]));
  }

  async close(): Promise<void> {
    const files = [...this.#appending.values()];
    this.#appending.clear();
    for (const file of files) await (await file).close();
  }

  #appender(name: string): Promise<FileHandle> {
    const known = this.#appending.get(name);
    if (known !== undefined) return known;
    const opening = this.#openForAppending(name);
    this.#appending.set(name, opening);
    opening.catch(() => this.#appending.delete(name));
    return opening;
  }

  async #openForAppending(name: string): Promise<FileHandle> {
    await this.#makeFolder();
    const file = await open(join(this.#folder, name), "a", 0o600);
    await this.#syncFolder();
    return file;
  }

  async #makeFolder(): Promise<void> {
    if (this.#isMade) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#isMade = true;
  }

  /** Without this a power cut may forget the name of a file whose bytes it kept. */
  async #syncFolder(): Promise<void> {
    const folder = await open(this.#folder, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

/** Null for a file that is gone meanwhile. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/** State files in memory, for tests: full disks, torn writes, power cuts and restored backups. */
import type { StateFile, StateFiles } from "../../src/proof/state-files.ts";

interface Content {
  bytes: Uint8Array;
  /** Bytes that a power cut leaves. */
  synced: number;
}

export class MemoryFiles implements StateFiles {
  readonly #files = new Map<string, Content>();
  /** While true nothing can be written; an append leaves half of its bytes behind. */
  isFull = false;
  writes = 0;
  /** Comes before each append: a disk that takes its time, or fails once. */
  beforeAppend: () => Promise<void> = () => Promise.resolve();

  async read(name: string): Promise<Uint8Array | null> {
    return this.#files.get(name)?.bytes.slice() ?? null;
  }

  async replace(name: string, content: Uint8Array): Promise<void> {
    this.#fail();
    this.#files.set(name, { bytes: content.slice(), synced: content.length });
  }

  async append(name: string, content: Uint8Array): Promise<void> {
    await this.beforeAppend();
    const file = this.#files.get(name) ?? { bytes: new Uint8Array(0), synced: 0 };
    this.#files.set(name, file);
    const taken = this.isFull ? content.subarray(0, content.length >> 1) : content;
    file.bytes = new Uint8Array(Buffer.concat([file.bytes, taken]));
    this.#fail();
  }

  async sync(name: string): Promise<void> {
    const file = this.#files.get(name);
    if (file !== undefined) file.synced = file.bytes.length;
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name);
  }

  async list(): Promise<readonly StateFile[]> {
    return [...this.#files]
      .map(([name, { bytes }]) => ({ name, bytes: bytes.length }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async close(): Promise<void> {}

  /** The files as a backup has them. */
  copy(): MemoryFiles {
    const copy = new MemoryFiles();
    for (const [name, { bytes, synced }] of this.#files) copy.#files.set(name, { bytes: bytes.slice(), synced });
    return copy;
  }

  /** The files as they are found after a power cut. */
  powerCut(): MemoryFiles {
    const copy = this.copy();
    for (const file of copy.#files.values()) file.bytes = file.bytes.slice(0, file.synced);
    return copy;
  }

  /** Cuts bytes off the end of a file. */
  tear(name: string, bytes: number): void {
    const file = this.#files.get(name)!;
    file.bytes = file.bytes.slice(0, file.bytes.length - bytes);
  }

  names(): string[] {
    return [...this.#files.keys()].sort();
  }

  #fail(): void {
    if (this.isFull) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    this.writes++;
  }
}

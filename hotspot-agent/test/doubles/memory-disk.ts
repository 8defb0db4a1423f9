/**
 * The spool's disk in memory, with what goes wrong on real ones: full, refusing, hanging, half-written, and switched off, which leaves
 * what a process killed at this moment would leave.
 */
import type { Disk, DiskFile, FileFacts } from "../../src/spool/disk.ts";

export class MemoryDisk implements Disk {
  readonly files = new Map<string, Uint8Array>();
  /** Error code that every write answers with; null takes writes. */
  failure: string | null = null;
  /** Bytes that a refused write leaves nevertheless. */
  tornBytes = 0;
  syncs = 0;
  /** Of every file. */
  modifiedMs = Number.MAX_SAFE_INTEGER;
  #hanging: (() => void)[] | null = null;
  #isOff = false;

  /** Writes do not return until `release`. */
  hang(): void {
    this.#hanging ??= [];
  }

  release(): void {
    const hanging = this.#hanging ?? [];
    this.#hanging = null;
    for (const go of hanging) go();
  }

  /** The process is gone: what hangs never happens, and nothing is taken any more. A new disk has what was written. */
  kill(): MemoryDisk {
    this.#isOff = true;
    const survivor = new MemoryDisk();
    for (const [name, bytes] of this.files) survivor.files.set(name, bytes.slice());
    return survivor;
  }

  async list(): Promise<readonly string[]> {
    return [...this.files.keys()];
  }

  async describe(name: string): Promise<FileFacts> {
    return { bytes: this.#bytes(name).length, modifiedMs: this.modifiedMs };
  }

  async readAll(name: string): Promise<Uint8Array> {
    return this.#bytes(name).slice();
  }

  async open(name: string): Promise<DiskFile> {
    if (!this.files.has(name)) {
      await this.#mayWrite();
      this.files.set(name, new Uint8Array(0));
    }
    return {
      sizeAtOpen: this.#bytes(name).length,
      write: (bytes, position) => this.#write(name, bytes.slice(), position),
      read: async (position, length) => this.#bytes(name).slice(position, position + length),
      sync: async () => {
        await this.#mayWrite();
        this.syncs++;
      },
      close: async () => {},
    };
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    await this.#mayWrite();
    this.files.set(name, bytes.slice());
  }

  async remove(name: string): Promise<void> {
    if (!this.#isOff) this.files.delete(name);
  }

  async syncFolder(): Promise<void> {}

  async unlock(): Promise<void> {}

  async #write(name: string, bytes: Uint8Array, position: number): Promise<void> {
    try {
      await this.#mayWrite();
    } catch (error) {
      if (this.tornBytes > 0) this.#place(name, bytes.subarray(0, this.tornBytes), position);
      throw error;
    }
    this.#place(name, bytes, position);
  }

  #place(name: string, bytes: Uint8Array, position: number): void {
    if (this.#isOff) return;
    const before = this.files.get(name) ?? new Uint8Array(0);
    const after = new Uint8Array(Math.max(before.length, position + bytes.length));
    after.set(before);
    after.set(bytes, position);
    this.files.set(name, after);
  }

  async #mayWrite(): Promise<void> {
    if (this.#hanging !== null) await new Promise<void>((go) => this.#hanging?.push(go));
    if (this.#isOff) await new Promise<never>(() => {});
    if (this.failure !== null) throw Object.assign(new Error(`${this.failure}: refused`), { code: this.failure });
  }

  #bytes(name: string): Uint8Array {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw Object.assign(new Error(`ENOENT: ${name}`), { code: "ENOENT" });
    return bytes;
  }
}

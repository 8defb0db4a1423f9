/**
 * Proofs that a device signed two bodies under one number: the second body, kept as a file; the first is in the log.
 *
 *   <sequence>-<upload id>.upload in a folder named by the device key, both in hex
 *
 * A device cannot fill the disk: of one device so many are kept, and of one number one.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, writeDurably } from "../epoch-folder/durable-file.ts";

/** Forks of one device that are kept. One is proof; some more show what the device does. */
export const MAX_FORKS_PER_DEVICE = 16;

export class ForkEvidence {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps the second body of a fork durably; false when there is enough of its device. Throws ORC_WRITE_FAILED. */
  keep(deviceKey: Uint8Array, sequence: number, uploadId: Uint8Array, bytes: Uint8Array): boolean {
    const folder = join(this.#folder, deviceKey.toHex());
    makeFolder(folder);
    const names = readdirSync(folder);
    if (names.length >= MAX_FORKS_PER_DEVICE || names.some((name) => name.startsWith(`${sequence}-`))) return false;
    writeDurably(join(folder, `${sequence}-${uploadId.toHex()}.upload`), [bytes]);
    return true;
  }
}

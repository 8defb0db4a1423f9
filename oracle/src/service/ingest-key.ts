/**
 * The key an ingest signs with: a file with a comment and one line, `ed25519 <seed>`, 64 hex digits; mode 0600, made on first use and
 * never written over. Refused: a file that others may read, and one that holds anything else.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { type DeviceSigner, signerFromEd25519Seed } from "@earshot/poc/protocol";
import type { WrittenConfig } from "../config/schema.ts";
import { makeFolder, writeFailed } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import { readPrivateFile } from "./secret-file.ts";

const INGEST_COMMENT =
  "# The key of an Earshot ingest. Whoever has it signs receipts in its name: keep a copy, show it to nobody.\n";

/** The signer of the file, whose `comment` says what it is for; made when it is not there and `mayMake`. Throws ORC_BAD_KEY, ORC_WRITE_FAILED. */
export function ingestSigner(path: string, mayMake: boolean, comment: string = INGEST_COMMENT): DeviceSigner {
  const text = readPrivateFile(path) ?? (mayMake ? makeKeyFile(path, comment) : undefined);
  if (text === undefined) throw oracleError("ORC_BAD_KEY", `${path}: there is no such file`);
  const seed = /^(?:#[^\n]*\n)*ed25519 ([0-9a-f]{64})\n?$/.exec(text)?.[1];
  if (seed === undefined) {
    throw oracleError("ORC_BAD_KEY", `${path}: expected comments and one line "ed25519 <64 hex digits>"`);
  }
  return signerFromEd25519Seed(Uint8Array.fromHex(seed));
}

/** The signer of an oracle by its configuration; its key is made when `mayMake` and the configuration names no file. Throws as `ingestSigner`. */
export function configuredSigner(
  { ingest, data }: Pick<WrittenConfig, "ingest" | "data">,
  mayMake: boolean,
): DeviceSigner {
  const { key_file } = ingest;
  return ingestSigner(key_file || join(data.folder, "ingest.key"), mayMake && key_file === "");
}

/** Whole or not at all, and never over a file that has come meanwhile: of two that make it at once the second takes what the first made. */
function makeKeyFile(path: string, comment: string): string | undefined {
  const text = `${comment}ed25519 ${randomBytes(32).toString("hex")}\n`;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    makeFolder(dirname(path));
    const file = openSync(temporary, "w", 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(temporary, path);
    return text;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return readPrivateFile(path);
    throw writeFailed(path, cause);
  } finally {
    rmSync(temporary, { force: true });
  }
}

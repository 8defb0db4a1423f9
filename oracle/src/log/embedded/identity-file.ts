/** `log.json`: whose log a folder holds and how it is cut, so that nobody opens it as another. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readWhole, writeDurably } from "../../epoch-folder/durable-file.ts";
import { oracleError } from "../../errors.ts";
import type { LogIdentity } from "../log-identity.ts";

const VERSION = 1;

/** Makes the file of a new log. Throws ORC_WRITE_FAILED. */
export function makeIdentity(folder: string, identity: LogIdentity): void {
  const path = join(folder, "log.json");
  if (!existsSync(path)) writeDurably(path, [new TextEncoder().encode(`${textOf(identity)}\n`)]);
}

/** Compares the file with what the log is opened as. Throws ORC_MISSING_FILE, ORC_BAD_OPTION. */
export function takeIdentity(folder: string, identity: LogIdentity): void {
  const path = join(folder, "log.json");
  const found = new TextDecoder().decode(readWhole(path)).trim();
  const expected = textOf(identity);
  if (found !== expected) throw oracleError("ORC_BAD_OPTION", `${path}: the log is ${found}, opened as ${expected}`);
}

function textOf({ network, ingestKey, partitions, segmentMs }: LogIdentity): string {
  const key = Buffer.from(ingestKey).toString("hex");
  return JSON.stringify({ version: VERSION, network, ingestKey: key, partitions, segmentMs });
}

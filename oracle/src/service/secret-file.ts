/** Secrets of the configuration: it names a file, and the file holds the secret and is nobody else's to read. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { oracleError } from "../errors.ts";

/** The text of a file that only its owner may read; undefined where there is none. Throws ORC_BAD_KEY. */
export function readPrivateFile(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw oracleError("ORC_BAD_KEY", `${path}: ${code}`, { cause });
  }
  try {
    const { mode } = fstatSync(file);
    if ((mode & 0o077) !== 0) throw oracleError("ORC_BAD_KEY", `${path}: others may read it; chmod 600 it`);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** The lines of a file that must be there, without spaces at their ends. Throws ORC_BAD_KEY; `key` is the key that names it. */
export function secretLines(path: string, key: string, count: number): readonly string[] {
  const lines = (readPrivateFile(path) ?? missing(path, key)).trim().split(/\s*\n\s*/);
  if (lines.length !== count || lines.some((line) => line === "")) {
    throw oracleError("ORC_BAD_KEY", `${key}: ${path}: expected ${count === 1 ? "one line" : `${count} lines`}`);
  }
  return lines;
}

function missing(path: string, key: string): never {
  throw oracleError("ORC_BAD_KEY", `${key}: ${path}: there is no such file`);
}

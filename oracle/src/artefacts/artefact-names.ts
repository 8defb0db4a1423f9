/** How blobs and names are spelled in both stores. */
import { sha256Hex } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";

const SHA256 = /^[0-9a-f]{64}$/;
const SEGMENT = "[A-Za-z0-9_-][A-Za-z0-9._-]*";
const NAME = new RegExp(`^${SEGMENT}(/${SEGMENT})*$`);
const PREFIX = new RegExp(`^(${SEGMENT}/)*$`);
const MAX_NAME = 200;
/** Ends the key of a pointer: no name has it, so `a` and `a/b` can both be on a file system. */
export const POINTER_END = "~";

/** Throws ORC_BAD_OPTION. */
export function checkSha256(sha256: string): string {
  if (!SHA256.test(sha256)) throw oracleError("ORC_BAD_OPTION", `expected 64 lower-case hex digits, got "${sha256}"`);
  return sha256;
}

export function isArtefactName(name: string): boolean {
  return name.length <= MAX_NAME && NAME.test(name);
}

/** Throws ORC_BAD_OPTION. */
export function checkName(name: string): string {
  if (!isArtefactName(name)) throw oracleError("ORC_BAD_OPTION", `"${name}" is no name of an artefact`);
  return name;
}

/** The names behind keys below `names/`, in ascending order; whatever else lies there is nobody's. */
export function namesOf(keys: readonly string[]): readonly string[] {
  return keys
    .filter((key) => key.endsWith(POINTER_END))
    .map((key) => key.slice(0, -POINTER_END.length))
    .filter(isArtefactName)
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Throws ORC_BAD_OPTION. */
export function checkPrefix(prefix: string): string {
  if (prefix.length > MAX_NAME || !PREFIX.test(prefix)) {
    throw oracleError("ORC_BAD_OPTION", `"${prefix}": expected whole segments that end in "/"`);
  }
  return prefix;
}

/** The bytes, when they are what their name says. Throws ORC_DAMAGED_FILE. */
export function checkBlob(sha256: string, bytes: Uint8Array, place: string): Uint8Array {
  const found = sha256Hex(bytes);
  if (found !== sha256) throw oracleError("ORC_DAMAGED_FILE", `${place}: its SHA-256 is ${found}`);
  return bytes;
}

/** What a pointer says. Throws ORC_DAMAGED_FILE. */
export function readPointer(bytes: Uint8Array, place: string): string {
  const sha256 = new TextDecoder().decode(bytes).trim();
  if (!SHA256.test(sha256)) throw oracleError("ORC_DAMAGED_FILE", `${place}: expected a SHA-256`);
  return sha256;
}

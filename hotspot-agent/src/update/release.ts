/**
 * A signed release: which version there is, for which machines, and the hash of each binary. Bytes from outside: everything is
 * checked before it is used.
 *
 * The document is `{ release, signer, signature }`; the signature is over "earshot-release" || SHA-256 of the canonical JSON of
 * `release`. Only the one key of the configuration may sign.
 */
import { canonicalJsonBytes, importKey, keyFromText, sha256, verifySignature } from "@earshot/poc/protocol";
import { agentError } from "../errors.ts";
import { asBytes } from "../proof/api-answers.ts";

/** A longer manifest is not read. */
export const MAX_MANIFEST_BYTES = 65_536;
/** Twice what a binary has today. */
export const MAX_BINARY_BYTES = 256 * 1024 ** 2;

const SIGNATURE_BYTES = 64;
const DOMAIN = new TextEncoder().encode("earshot-release");

export type Architecture = "arm64" | "x64";

export interface Artefact {
  readonly arch: Architecture;
  readonly url: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

export interface Release {
  readonly version: string;
  /** Oldest version that may go straight to this one. */
  readonly minVersion: string;
  readonly artefacts: readonly Artefact[];
}

/** What is signed: the domain and the hash of the canonical release. */
export function releaseMessage(release: unknown): Uint8Array {
  return new Uint8Array(Buffer.concat([DOMAIN, sha256(canonicalJsonBytes(release))]));
}

/**
 * Reads a manifest and checks its signature against `signerText`.
 * @throws AGT_BAD_RELEASE
 */
export function readRelease(manifest: Uint8Array, signerText: string): Release {
  const { release, signer, signature } = parse(manifest);
  if (signer !== signerText) throw bad("it is signed by another key than update.key");
  const signatureBytes = asBytes(signature, SIGNATURE_BYTES);
  if (signatureBytes?.length !== SIGNATURE_BYTES) throw bad("its signature is no signature");
  let isSigned: boolean;
  try {
    isSigned = verifySignature(importKey(keyFromText(signerText)), releaseMessage(release), signatureBytes);
  } catch (cause) {
    throw agentError("AGT_BAD_RELEASE", "update.key is no key, or the release is not JSON", { cause });
  }
  if (!isSigned) throw bad("its signature is wrong");
  return checked(release);
}

/** Below 0 if `a` is older than `b`, 0 if they are the same, above 0 if newer. Both are three numbers. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number)) as [number[], number[]];
  for (let i = 0; i < 3; i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return 0;
}

/** True for `1.2.3`; nothing else can be compared. */
export function isVersion(text: unknown): text is string {
  return isText(text) && /^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}$/.test(text);
}

/** The binary of `release` for a machine that runs `current`, or undefined if there is nothing newer for it. */
export function artefactFor(release: Release, current: string, arch: string): Artefact | undefined {
  if (compareVersions(release.version, current) <= 0 || compareVersions(current, release.minVersion) < 0)
    return undefined;
  return release.artefacts.find((one) => one.arch === arch);
}

function parse(manifest: Uint8Array): Readonly<Record<string, unknown>> {
  if (manifest.length > MAX_MANIFEST_BYTES) throw bad(`${manifest.length} bytes`);
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(manifest));
  } catch (cause) {
    throw agentError("AGT_BAD_RELEASE", "it is not JSON", { cause });
  }
  if (!isTable(document)) throw bad("it is not an object");
  return document;
}

function checked(release: unknown): Release {
  if (!isTable(release)) throw bad("release is not an object");
  const { version, minVersion, artefacts } = release;
  if (!isVersion(version) || !isVersion(minVersion)) throw bad("version and minVersion are not like 1.2.3");
  if (!Array.isArray(artefacts) || artefacts.length > 16 || !artefacts.every(isArtefact))
    throw bad("its artefacts are not right");
  return { version, minVersion, artefacts };
}

function isArtefact(value: unknown): value is Artefact {
  if (!isTable(value)) return false;
  const { arch, url, sha256: digest, bytes } = value;
  return (
    (arch === "arm64" || arch === "x64") &&
    isText(url) &&
    /^https:\/\/[^/?#@]+\//.test(url) &&
    isText(digest) &&
    /^[0-9a-f]{64}$/.test(digest) &&
    Number.isSafeInteger(bytes) &&
    (bytes as number) > 0 &&
    (bytes as number) <= MAX_BINARY_BYTES
  );
}

function bad(detail: string): Error {
  return agentError("AGT_BAD_RELEASE", detail);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

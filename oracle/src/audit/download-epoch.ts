/** Downloads a closed epoch from an oracle's API as the folder that audits read: every file of its list, each held against its hash. */
import { join } from "node:path";
import { makeFolder, sha256Hex, writeDurably } from "../epoch-folder/durable-file.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { oracleError } from "../errors.ts";
import { boundedBody } from "../service/bounded-body.ts";

export interface DownloadOptions {
  /** Longest time for one file, ms. */
  readonly timeoutMs?: number;
  /** Files that are wanted; all without it. */
  readonly only?: (name: string) => boolean;
  readonly onProgress?: ((done: number, total: number, name: string) => void) | undefined;
}

const TIMEOUT_MS = 600_000;
/** More files than any epoch has: segments of a day at 64 MiB would be 640 GB. */
const MAX_FILES = 10_000;
/** An entry of the list has some 200 bytes. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;
const NAME = /^[a-z0-9][a-z0-9._-]{0,99}(\/[a-z0-9][a-z0-9._-]{0,99}){0,2}$/;
const HASH = /^[0-9a-f]{64}$/;

/** Writes the epoch into `folder`. Throws ORC_DOWNLOAD_FAILED, ORC_WRITE_FAILED. */
export async function downloadEpoch(
  url: string,
  epoch: number,
  folder: string,
  { timeoutMs = TIMEOUT_MS, only = () => true, onProgress }: DownloadOptions = {},
): Promise<void> {
  const base = filesUrl(url, epoch);
  const files = fileList(await download(base, timeoutMs, MAX_LIST_BYTES), base).filter(({ name }) => only(name));
  for (const [at, { name, sha256 }] of files.entries()) {
    onProgress?.(at, files.length, name);
    const bytes = await download(`${base}/${name}`, timeoutMs);
    const got = sha256Hex(bytes);
    if (got !== sha256)
      throw failed(`${base}/${name}`, `SHA-256 ${got.slice(0, 16)}…, its list says ${sha256.slice(0, 16)}…`);
    const path = join(folder, name);
    makeFolder(join(path, ".."));
    writeDurably(path, [bytes]);
  }
}

/** Names of an epoch's files; none where the oracle does not have it. Throws ORC_DOWNLOAD_FAILED. */
export async function epochFileNames(url: string, epoch: number): Promise<readonly string[]> {
  const base = filesUrl(url, epoch);
  const bytes = await download(base, TIMEOUT_MS, MAX_LIST_BYTES, true);
  return bytes === undefined ? [] : fileList(bytes, base).map(({ name }) => name);
}

function filesUrl(url: string, epoch: number): string {
  return `${url.replace(/\/+$/, "")}/v1/epochs/${epoch}/files`;
}

function fileList(bytes: Uint8Array, url: string): { readonly name: string; readonly sha256: string }[] {
  let files: unknown;
  try {
    ({ files } = JSON.parse(new TextDecoder().decode(bytes)) as { files?: unknown });
  } catch (cause) {
    throw failed(url, "no list of files", cause);
  }
  if (!Array.isArray(files) || files.length > MAX_FILES) throw failed(url, "no list of files");
  for (const file of files as { name?: unknown; sha256?: unknown }[]) {
    const isFile = NAME.test(String(file?.name)) && HASH.test(String(file?.sha256));
    // A list comes from outside: its names become paths.
    if (!isFile) throw failed(url, `a list with "${String(file?.name).slice(0, 120)}", which is no file of an epoch`);
  }
  if (!files.some(({ name }) => name === FILES.manifest)) throw failed(url, `a list without ${FILES.manifest}`);
  return files;
}

/** Without `maxBytes` what is answered may be of any size: nobody knows that of a file. */
async function download(url: string, timeoutMs: number, maxBytes?: number): Promise<Uint8Array>;
async function download(
  url: string,
  timeoutMs: number,
  maxBytes: number,
  mayLack: true,
): Promise<Uint8Array | undefined>;
async function download(
  url: string,
  timeoutMs: number,
  maxBytes?: number,
  mayLack = false,
): Promise<Uint8Array | undefined> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (mayLack && response.status === 404) return undefined;
    if (response.ok && maxBytes !== undefined) return await boundedBody(response, maxBytes);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw failed(url, cause instanceof Error ? cause.message : String(cause), cause);
  }
  throw failed(url, `HTTP ${response.status}`);
}

function failed(url: string, what: string, cause?: unknown) {
  return oracleError("ORC_DOWNLOAD_FAILED", `${url}: ${what}`, { cause, retryable: true });
}

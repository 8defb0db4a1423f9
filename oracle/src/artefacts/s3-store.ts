/** Artefacts in an S3-compatible bucket, through Bun.S3Client: the keys are those of the folder store. */
import { S3Client } from "bun";
import { sha256Hex } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import type { ArtefactStore, OpenBlob } from "../ports/artefact-store.ts";
import { checkBlob, checkName, checkPrefix, checkSha256, namesOf, POINTER_END, readPointer } from "./artefact-names.ts";

export interface S3Options {
  /** `https://…`, without the bucket. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** All keys begin with it; empty or ending in `/`. */
  readonly prefix?: string;
  /** Where anybody may read the bucket, if anybody may. */
  readonly publicUrl?: string;
}

/** What a server says of an object that is not there; HEAD has no body to say it in. */
const NOT_THERE = new Set(["NoSuchKey", "NotFound", "UnknownError404"]);

export class S3Artefacts implements ArtefactStore {
  readonly #client: S3Client;
  readonly #prefix: string;
  readonly #publicUrl: string | undefined;

  /** Nothing is asked of the server before the first call. */
  constructor({
    endpoint,
    bucket,
    region = "us-east-1",
    accessKeyId,
    secretAccessKey,
    prefix = "",
    publicUrl,
  }: S3Options) {
    this.#client = new S3Client({ endpoint, bucket, region, accessKeyId, secretAccessKey });
    this.#prefix = prefix;
    this.#publicUrl = publicUrl;
  }

  async put(bytes: Uint8Array): Promise<string> {
    const sha256 = sha256Hex(bytes);
    const key = this.#blob(sha256);
    await attempt(key, async () => {
      if (!(await this.#client.exists(key))) await this.#client.write(key, bytes, { type: "application/octet-stream" });
    });
    return sha256;
  }

  async get(sha256: string): Promise<Uint8Array | undefined> {
    const key = this.#blob(checkSha256(sha256));
    const bytes = await this.#read(key);
    return bytes === undefined ? undefined : checkBlob(sha256, bytes, key);
  }

  async open(sha256: string): Promise<OpenBlob | undefined> {
    const key = this.#blob(checkSha256(sha256));
    return orUndefined(key, async () => {
      const file = this.#client.file(key);
      const { size } = await file.stat();
      return { bytes: size, stream: file.stream() };
    });
  }

  async has(sha256: string): Promise<boolean> {
    const key = this.#blob(checkSha256(sha256));
    return attempt(key, () => this.#client.exists(key));
  }

  async link(name: string, sha256: string): Promise<void> {
    const key = this.#pointer(checkName(name));
    if (!(await this.has(sha256))) throw oracleError("ORC_BAD_OPTION", `${name}: ${sha256} is not stored`);
    await attempt(key, () => this.#client.write(key, `${sha256}\n`, { type: "text/plain" }));
  }

  async resolve(name: string): Promise<string | undefined> {
    const key = this.#pointer(checkName(name));
    const bytes = await this.#read(key);
    return bytes === undefined ? undefined : readPointer(bytes, key);
  }

  async names(prefix: string): Promise<readonly string[]> {
    const root = `${this.#prefix}names/`;
    const within = root + checkPrefix(prefix);
    const keys: string[] = [];
    let continuationToken: string | undefined;
    do {
      const page = await attempt(root, () =>
        this.#client.list({
          prefix: within,
          ...(continuationToken === undefined ? {} : { continuationToken }),
        }),
      );
      for (const { key } of page.contents ?? []) if (key.startsWith(within)) keys.push(key.slice(root.length));
      const next = page.isTruncated === true ? page.nextContinuationToken : undefined;
      if (page.isTruncated === true && (next === undefined || next === continuationToken)) {
        const detail = `${within}: the list does not end and does not say where it goes on`;
        throw oracleError("ORC_STORE_UNAVAILABLE", detail, { retryable: true });
      }
      continuationToken = next;
    } while (continuationToken !== undefined);
    return namesOf(keys);
  }

  publicUrl(sha256: string): string | undefined {
    const key = this.#blob(checkSha256(sha256));
    return this.#publicUrl === undefined ? undefined : `${this.#publicUrl}/${key}`;
  }

  #read(key: string): Promise<Uint8Array | undefined> {
    return orUndefined(key, () => this.#client.file(key).bytes());
  }

  #blob(sha256: string): string {
    return `${this.#prefix}blobs/${sha256.slice(0, 2)}/${sha256}`;
  }

  #pointer(name: string): string {
    return `${this.#prefix}names/${name}${POINTER_END}`;
  }
}

/** What is asked of an object, or undefined where there is none. */
function orUndefined<T>(key: string, ask: () => Promise<T>): Promise<T | undefined> {
  return attempt(key, async () => {
    try {
      return await ask();
    } catch (error) {
      if (NOT_THERE.has(codeOf(error))) return undefined;
      throw error;
    }
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

async function attempt<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const isForGood = /^(NoSuchBucket|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch)$/.test(codeOf(cause));
    throw oracleError("ORC_STORE_UNAVAILABLE", `${key}: ${codeOf(cause)} ${reason}`, { cause, retryable: !isForGood });
  }
}

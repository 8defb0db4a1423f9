/**
 * Immutable files by content: manifests, Arrow tables and log segments of closed epochs. Two adapters: `artefacts/folder.ts` and
 * `artefacts/s3.ts`; one contract suite, `test/ports/artefact-store.contract.ts`.
 *
 * A blob's name is the SHA-256 of its bytes, so writing it twice changes nothing and reading it proves it. Names that people and
 * programs look for (`epoch/20000/manifest.json`) are pointers to blobs; a pointer is replaced in one step.
 */

/** Bytes that come piece by piece, for who passes them on: nobody has checked them against their hash. */
export interface OpenBlob {
  readonly bytes: number;
  readonly stream: ReadableStream<Uint8Array>;
}

export interface ArtefactStore {
  /**
   * Stores bytes and returns their SHA-256 as hex. Resolves when they are durable. Stored already: nothing is written.
   * @throws ORC_STORE_UNAVAILABLE (retryable).
   */
  put(bytes: Uint8Array): Promise<string>;

  /**
   * The bytes with this SHA-256, or undefined.
   * @throws ORC_DAMAGED_FILE if what is stored is not what its name says, ORC_BAD_OPTION if `sha256` is no hash, ORC_STORE_UNAVAILABLE.
   */
  get(sha256: string): Promise<Uint8Array | undefined>;

  /**
   * The bytes with this SHA-256 as they are read, however many they are, or undefined. The stream fails where they cannot be read to their end.
   * @throws ORC_BAD_OPTION if `sha256` is no hash, ORC_STORE_UNAVAILABLE.
   */
  open(sha256: string): Promise<OpenBlob | undefined>;

  /** Whether there is a blob of this name; its bytes are not read. Throws as `get`. */
  has(sha256: string): Promise<boolean>;

  /**
   * Points a name at a blob that is stored. Names: segments of [A-Za-z0-9._-] that do not begin with a dot, separated by `/`, at most 200.
   * @throws ORC_BAD_OPTION for a name, or a blob that is not stored; ORC_STORE_UNAVAILABLE.
   */
  link(name: string, sha256: string): Promise<void>;

  /** The SHA-256 a name points at, or undefined. Throws ORC_BAD_OPTION, ORC_STORE_UNAVAILABLE. */
  resolve(name: string): Promise<string | undefined>;

  /** Names that begin with `prefix` (whole segments: `epoch/20000/`, or empty), in ascending order. Throws as `resolve`. */
  names(prefix: string): Promise<readonly string[]>;

  /** Where anybody may download a blob, if the store is public and told its address. */
  publicUrl(sha256: string): string | undefined;
}

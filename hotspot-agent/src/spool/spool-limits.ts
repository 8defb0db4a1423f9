/** What the owner may set of the spool, as the configuration names it in docs/reference/config.md. */
export interface SpoolLimits {
  /** Most it may take on disk, and the age at which packets are dropped. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Longest time between two flushes to the disk. */
  readonly syncIntervalMs: number;
  /** An append slower than this is acknowledged from memory. */
  readonly stallLimitMs: number;
  /** Kept in memory while the disk takes nothing. */
  readonly memoryBytes: number;
  /** Between two packets of one device in a replay. */
  readonly deviceSpacingMs: number;
  readonly replayPerSecond: number;
  /** Join requests older than this are dropped. */
  readonly joinMaxAgeMs: number;
}

/** Names of the spool's files: `0000000012.seg` holds records, `0000000012.cur` what became of them. */

const digits = 10;

export function segmentName(segment: number): string {
  return `${String(segment).padStart(digits, "0")}.seg`;
}

export function cursorName(segment: number): string {
  return `${String(segment).padStart(digits, "0")}.cur`;
}

export interface SpoolFileName {
  readonly segment: number;
  readonly kind: "seg" | "cur";
}

/** Reads a file name; null for a file that is not the spool's. */
export function parseSpoolFileName(name: string): SpoolFileName | null {
  const match = /^(\d{10})\.(seg|cur)$/.exec(name);
  return match === null ? null : { segment: Number(match[1]), kind: match[2] as "seg" | "cur" };
}

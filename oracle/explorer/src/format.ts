/** Numbers, amounts, times and names as people read them. */
import animalHash from "angry-purple-tiger";

const ATOMS_PER_TOKEN = 100_000_000n;
const whole = new Intl.NumberFormat("en-US");
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

export const count = (value: number | bigint): string => whole.format(value);
export const shortCount = (value: number): string => compact.format(value);

/** Base units as tokens; `digits` after the point, cut and never rounded up. */
export function tokens(atoms: string | bigint, digits = 4): string {
  const amount = BigInt(atoms);
  const fraction = (amount % ATOMS_PER_TOKEN).toString().padStart(8, "0").slice(0, digits);
  return digits === 0
    ? whole.format(amount / ATOMS_PER_TOKEN)
    : `${whole.format(amount / ATOMS_PER_TOKEN)}.${fraction}`;
}

/** Tokens as a number, for charts only. */
export const tokensNumber = (atoms: string): number => Number(BigInt(atoms)) / Number(ATOMS_PER_TOKEN);

/** An integer in 1e-4 as a factor: 0.2500. */
export const factor = (valueE4: number): string => (valueE4 / 10_000).toFixed(4);
export const percent = (part: number, total: number): string =>
  total === 0 ? "–" : `${((100 * part) / total).toFixed(1)} %`;
export const tenths = (value: number, unit: string): string => `${(value / 10).toFixed(1)} ${unit}`;
/** Shares in 1e-12 with three digits. */
export const shares = (sharesE12: string): string => (Number(BigInt(sharesE12)) / 1e12).toFixed(3);

/** Three words that name a hotspot: "Fantastic White Copperhead". */
export const animalName = (keyText: string): string => animalHash(keyText);
export const shortKey = (text: string): string => (text.length <= 14 ? text : `${text.slice(0, 6)}…${text.slice(-4)}`);

/** ISO 8601 as a time in UTC to the minute. */
export function clock(iso: string | number | null): string {
  if (iso === null || iso === 0) return "never";
  return `${new Date(iso).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** How long ago, in the largest unit that tells something. */
export function ago(thenMs: number, nowMs: number): string {
  if (thenMs === 0) return "never";
  const seconds = Math.max(0, Math.round((nowMs - thenMs) / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** The reason of a verdict in words. */
export const reasonText = (reason: string): string => reason.replaceAll("_", " ");

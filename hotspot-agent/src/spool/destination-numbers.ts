/**
 * Destinations by number, as cursor files name them: one small file, rewritten when a destination is met for the first time.
 *
 * At most 255 at once. The number of a retired destination is given again only when no segment is left from its time, or a new
 * destination would inherit its deliveries.
 */
import { agentError } from "../errors.ts";
import type { Disk } from "./disk.ts";

export const DESTINATIONS_FILE = "destinations.json";

const maxNumber = 254;

interface NumberedDestination {
  readonly name: string;
  readonly number: number;
  /** First segment that is not meant for it; null while it is in use. */
  retiredAt: number | null;
}

export class DestinationNumbers {
  readonly #disk: Disk;
  #destinations: NumberedDestination[];
  #saved: Promise<void> = Promise.resolve();

  private constructor(disk: Disk, destinations: NumberedDestination[]) {
    this.#disk = disk;
    this.#destinations = destinations;
  }

  /** Reads the file; a missing or damaged one is as if empty, and the packets of the time before are then nobody's. */
  static async open(disk: Disk): Promise<DestinationNumbers> {
    try {
      const value: unknown = JSON.parse(Buffer.from(await disk.readAll(DESTINATIONS_FILE)).toString("utf8"));
      return new DestinationNumbers(disk, Array.isArray(value) ? value.filter(isNumbered) : []);
    } catch {
      return new DestinationNumbers(disk, []);
    }
  }

  /** Names in use. */
  get names(): readonly string[] {
    return this.#inUse().map(({ name }) => name);
  }

  /** Numbers in use. */
  get numbers(): readonly number[] {
    return this.#inUse().map(({ number }) => number);
  }

  nameOf(number: number): string | null {
    return this.#inUse().find((one) => one.number === number)?.name ?? null;
  }

  /** Those of some names, in their order, that have a number or get one. */
  fitting(names: readonly string[], oldestSegment: number): readonly string[] {
    const known = new Set(this.names);
    let free = maxNumber + 1 - this.#taken(oldestSegment).length;
    return names.filter((name) => known.has(name) || free-- > 0);
  }

  /** The number of a name, a new one if need be. Throws AGT_BAD_DESTINATION when all are taken. */
  numberFor(name: string, oldestSegment: number): number {
    const known = this.#inUse().find((one) => one.name === name);
    if (known !== undefined) return known.number;
    this.#destinations = this.#taken(oldestSegment);
    const taken = new Set(this.#destinations.map(({ number }) => number));
    let number = 0;
    while (taken.has(number)) number++;
    if (number > maxNumber) throw agentError("AGT_BAD_DESTINATION", `${name}: more than ${maxNumber + 1} destinations`);
    this.#destinations.push({ name, number, retiredAt: null });
    this.#save();
    return number;
  }

  /** A name is not used any more from segment `fromSegment` on. */
  retire(name: string, fromSegment: number): void {
    const known = this.#inUse().find((one) => one.name === name);
    if (known === undefined) return;
    known.retiredAt = fromSegment;
    this.#save();
  }

  /** Settles when the file is written; rejects when the disk refused. */
  saved(): Promise<void> {
    return this.#saved;
  }

  /** In use, or of a time that segments are left of. */
  #taken(oldestSegment: number): NumberedDestination[] {
    return this.#destinations.filter(({ retiredAt }) => retiredAt === null || retiredAt > oldestSegment);
  }

  #inUse(): NumberedDestination[] {
    return this.#destinations.filter(({ retiredAt }) => retiredAt === null);
  }

  #save(): void {
    const bytes = Buffer.from(`${JSON.stringify(this.#destinations)}\n`);
    this.#saved = this.#saved.catch(() => {}).then(() => this.#disk.replace(DESTINATIONS_FILE, bytes));
    this.#saved.catch(() => {});
  }
}

function isNumbered(value: unknown): value is NumberedDestination {
  const one = value as NumberedDestination | null;
  const isNumber = Number.isInteger(one?.number) && one!.number >= 0 && one!.number <= maxNumber;
  return isNumber && typeof one?.name === "string" && (one.retiredAt === null || Number.isInteger(one.retiredAt));
}

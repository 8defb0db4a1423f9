/**
 * The air time of every concentrator of the agent, kept in one file so that it survives a restart.
 *
 * The file is a list of 36-byte rows, each booked or taken back: gatewayEui 16 (hex text) · kind u8 (1 booked, 0 taken back) · 3 zero
 * bytes · frequencyHz u32 · airTimeUs u32 · atMs f64, little-endian. A row is appended before its transmission is handed over; a
 * torn last row is ignored. It is rewritten with what still counts at start, when most of its rows no longer do, so that an agent
 * that runs for years has a small one, and after a row that the disk took in part, behind which none could be read. A disk that
 * refuses costs only the memory across a restart: the ledger in memory goes on and the failure is counted.
 */
import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { RegionRules } from "@earshot/poc/radio";
import type { Clock } from "../clock.ts";
import type { GatewayEui } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import { type AirTimeEntry, AirTimeLedger, type AirTimeVerdict, type SubBandUse, type Transmission } from "./ledger.ts";

const rowBytes = 36;
const booked = 1;
const takenBack = 0;
/** At least so many rows are appended before the file is rewritten: a third of a megabyte. */
const rowsBeforeRewrite = 8192;

export interface AirTimeBookOptions {
  /** Null keeps the book in memory only. */
  readonly path: string | null;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The rules each concentrator transmits under; null where none are known. */
  readonly rulesOf: (gatewayEui: GatewayEui) => RegionRules | null;
}

function encodeRow(gatewayEui: GatewayEui, kind: number, entry: Transmission): Uint8Array {
  const row = new Uint8Array(rowBytes);
  row.set(Buffer.from(gatewayEui, "latin1").subarray(0, 16));
  row[16] = kind;
  const view = new DataView(row.buffer);
  view.setUint32(20, entry.frequencyHz, true);
  view.setUint32(24, entry.airTimeUs, true);
  view.setFloat64(28, entry.atMs, true);
  return row;
}

interface Row extends Transmission {
  readonly gatewayEui: GatewayEui;
  readonly isBooked: boolean;
}

function decodeRow(bytes: Uint8Array, at: number): Row | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, rowBytes);
  const gatewayEui = Buffer.from(bytes.buffer, bytes.byteOffset + at, 16).toString("latin1");
  const kind = bytes[at + 16];
  const atMs = view.getFloat64(28, true);
  if (!/^[0-9a-f]{16}$/.test(gatewayEui) || kind > booked || !Number.isFinite(atMs)) return null;
  const isBooked = kind === booked;
  return { gatewayEui, isBooked, frequencyHz: view.getUint32(20, true), airTimeUs: view.getUint32(24, true), atMs };
}

/** A booking that can be taken back. */
export interface AirTimeBooking {
  readonly gatewayEui: GatewayEui;
  readonly entry: AirTimeEntry;
}

/** Ledgers by concentrator. Open it with `openAirTimeBook`. */
export class AirTimeBook {
  readonly #options: AirTimeBookOptions;
  readonly #ledgers = new Map<GatewayEui, AirTimeLedger>();
  /** Rows go to the file one after the other. */
  #written: Promise<void> = Promise.resolve();
  /** Rows since the file was rewritten, and how many there may be. */
  #appended = 0;
  #mostAppended = rowsBeforeRewrite;
  #isTorn = false;

  constructor(options: AirTimeBookOptions) {
    this.#options = options;
  }

  /** Whether a concentrator may transmit this now. */
  check(gatewayEui: GatewayEui, next: Transmission, limitsDwell: boolean): AirTimeVerdict {
    return this.#ledger(gatewayEui).check(next, limitsDwell);
  }

  /** Books a transmission about to be handed over. */
  charge(gatewayEui: GatewayEui, next: Transmission): AirTimeBooking {
    const entry = this.#ledger(gatewayEui).charge(next);
    this.#append(encodeRow(gatewayEui, booked, next));
    return { gatewayEui, entry };
  }

  /** Takes back what the concentrator refused to transmit. */
  release({ gatewayEui, entry }: AirTimeBooking): void {
    this.#ledger(gatewayEui).release(entry.id);
    this.#append(encodeRow(gatewayEui, takenBack, entry));
  }

  /** Use of each sub-band in the last hour. */
  use(gatewayEui: GatewayEui): readonly SubBandUse[] {
    return this.#ledger(gatewayEui).use(this.#options.clock.nowMs());
  }

  /** Settles when every row so far was written or given up. */
  flushed(): Promise<void> {
    return this.#written;
  }

  /** Reads the file, forgets what no longer counts and writes the rest back. */
  async load(): Promise<void> {
    const { path } = this.#options;
    if (path === null) return;
    let bytes: Uint8Array;
    try {
      await mkdir(dirname(path), { recursive: true });
      bytes = await readFile(path);
    } catch {
      return;
    }
    for (let at = 0; at + rowBytes <= bytes.length; at += rowBytes) {
      const row = decodeRow(bytes, at);
      if (row === null) continue;
      const ledger = this.#ledger(row.gatewayEui);
      if (row.isBooked) ledger.charge(row);
      else {
        const alike = ledger
          .entries(row.atMs)
          .filter(({ frequencyHz, airTimeUs }) => frequencyHz === row.frequencyHz && airTimeUs === row.airTimeUs);
        // Its time may have been moved: then it is the latest.
        const same = alike.findLast(({ atMs }) => atMs === row.atMs) ?? alike.at(-1);
        if (same !== undefined) ledger.release(same.id);
      }
    }
    await this.#rewrite(path, this.#liveRows());
  }

  #ledger(gatewayEui: GatewayEui): AirTimeLedger {
    let ledger = this.#ledgers.get(gatewayEui);
    if (ledger === undefined) {
      ledger = new AirTimeLedger(this.#options.rulesOf(gatewayEui));
      this.#ledgers.set(gatewayEui, ledger);
    }
    return ledger;
  }

  /** Puts a row behind the others, or what still counts, with it, in the place of all. */
  #append(row: Uint8Array): void {
    const { path } = this.#options;
    if (path === null) return;
    this.#appended++;
    if (this.#isTorn || this.#appended > this.#mostAppended) {
      const live = this.#liveRows();
      this.#mostAppended = Math.max(rowsBeforeRewrite, 2 * live.length);
      this.#appended = 0;
      this.#isTorn = false;
      this.#written = this.#written.then(() => this.#rewrite(path, live));
      return;
    }
    this.#written = this.#written
      .then(() => appendFile(path, row))
      .catch(() => {
        this.#isTorn = true;
        this.#countFailure();
      });
  }

  #liveRows(): Uint8Array[] {
    const nowMs = this.#options.clock.nowMs();
    return [...this.#ledgers].flatMap(([eui, ledger]) =>
      ledger.entries(nowMs).map((entry) => encodeRow(eui, booked, entry)),
    );
  }

  async #rewrite(path: string, rows: readonly Uint8Array[]): Promise<void> {
    try {
      await writeFile(`${path}.new`, Buffer.concat(rows));
      await rename(`${path}.new`, path);
    } catch {
      this.#isTorn = true;
      this.#countFailure();
    }
  }

  #countFailure(): void {
    this.#options.telemetry
      .counter("agent_air_time_write_failures_total", "Rows of the air-time book that the disk refused.")
      .add();
  }
}

/** The book with what earlier runs transmitted in the last hour. */
export async function openAirTimeBook(options: AirTimeBookOptions): Promise<AirTimeBook> {
  const book = new AirTimeBook(options);
  await book.load();
  return book;
}

/**
 * The list of hotspots a simulation plays, from a CSV like fixtures/real/hotspots/us-2020.csv.
 *
 * Columns are found by name: `lat` and `lng` (degrees) must be there; `location` (H3 cell of resolution 12), `address`,
 * `owner_idx` and `short_country` are used when they are, others are ignored. A row with neither latitude, longitude nor location
 * is a hotspot that has not asserted one. The first bad row is refused as ORC_BAD_HOTSPOTS with file and line.
 */
import { type CsvRow, parseCsv } from "@earshot/fixtures";
import { type Cell, CodedError, cellFromString, cellResolution, latLngToCell, parentCell } from "@earshot/geo";
import { oracleError } from "../errors.ts";

export interface ListedHotspot {
  /** Line of the file, for errors. */
  readonly line: number;
  /** `address`, or the line where the list has none: what keys and ranks are derived from. */
  readonly id: string;
  /** Owner's ordinal, or the id where the list has none. */
  readonly ownerId: string;
  /** Resolution 12; undefined when no location is asserted. */
  readonly cell: Cell | undefined;
  /** ISO 3166-1 alpha-2; undefined where the list does not say. */
  readonly country: string | undefined;
}

const USED_COLUMNS = ["lat", "lng", "location", "address", "owner_idx", "short_country"];
/** H3 resolution of an asserted location. */
const ASSERTED_RESOLUTION = 12;
/** A location and its coordinates must lie in one cell of this resolution, about 170 m across. */
const AGREEING_RESOLUTION = 9;

/** Parses the list. `path` only names the file in errors. Throws ORC_BAD_HOTSPOTS. */
export function parseHotspotsCsv(path: string, text: string): ListedHotspot[] {
  const [header, ...rows] = readRows(path, text);
  if (header === undefined) throw badList(path, 1, "the file is empty");
  const column = new Map(header.fields.map((name, index) => [name, index]));
  const twice = USED_COLUMNS.find((name) => header.fields.indexOf(name) !== header.fields.lastIndexOf(name));
  if (twice !== undefined) throw badList(path, header.line, `column ${twice} is there twice`);
  for (const name of ["lat", "lng"]) {
    if (!column.has(name)) throw badList(path, header.line, `no column ${name}`);
  }
  const seen = new Map<string, number>();
  return rows.map((row) => {
    if (row.fields.length !== header.fields.length) {
      throw badList(path, row.line, `${header.fields.length} fields expected, ${row.fields.length} given`);
    }
    const field = (name: string): string => row.fields[column.get(name) ?? -1] ?? "";
    const id = field("address") || `line ${row.line}`;
    const first = seen.get(id);
    if (first !== undefined) throw badList(path, row.line, `address ${id} is already on line ${first}`);
    seen.set(id, row.line);
    const country = field("short_country");
    if (country !== "" && !/^[A-Z]{2}$/.test(country)) {
      throw badList(path, row.line, `short_country must be two capitals, is ${JSON.stringify(country)}`);
    }
    return {
      line: row.line,
      id,
      ownerId: field("owner_idx") || id,
      cell: parsePlace(path, row.line, field("lat"), field("lng"), field("location")),
      country: country || undefined,
    };
  });
}

function readRows(path: string, text: string): CsvRow[] {
  try {
    return parseCsv(path, text);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw oracleError("ORC_BAD_HOTSPOTS", cause.message.slice(cause.code.length + 2), { cause });
  }
}

function parsePlace(path: string, line: number, lat: string, lng: string, location: string): Cell | undefined {
  if (lat === "" && lng === "" && location === "") return undefined;
  const latDeg = parseDegrees(path, line, "lat", lat, 90);
  const lngDeg = parseDegrees(path, line, "lng", lng, 180);
  const derived = latLngToCell(latDeg, lngDeg, ASSERTED_RESOLUTION);
  if (location === "") return derived;
  const asserted = parseCell(path, line, location);
  const near = parentCell(derived.hi, derived.lo, AGREEING_RESOLUTION);
  const own = parentCell(asserted.hi, asserted.lo, AGREEING_RESOLUTION);
  if (near.hi !== own.hi || near.lo !== own.lo) {
    throw badList(path, line, `location ${location} is not where lat and lng are`);
  }
  return asserted;
}

function parseDegrees(path: string, line: number, name: string, text: string, limit: number): number {
  const value = /^-?\d+(\.\d+)?(e-?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(Math.abs(value) <= limit)) {
    throw badList(path, line, `${name} must be degrees within ±${limit}, is ${JSON.stringify(text)}`);
  }
  return value;
}

function parseCell(path: string, line: number, text: string): Cell {
  try {
    const cell = cellFromString(text);
    if (cellResolution(cell.hi) === ASSERTED_RESOLUTION) return cell;
  } catch (cause) {
    throw badList(path, line, `location ${JSON.stringify(text)} is not an H3 cell`, cause);
  }
  throw badList(path, line, `location ${text} is not of resolution ${ASSERTED_RESOLUTION}`);
}

function badList(path: string, line: number, detail: string, cause?: unknown): CodedError {
  return oracleError("ORC_BAD_HOTSPOTS", `${path}:${line}: ${detail}`, { cause });
}

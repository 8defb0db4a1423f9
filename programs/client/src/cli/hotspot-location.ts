/**
 * `hotspot assert`: saying where a hotspot is.
 *
 * The chain gets the resolution-8 cell and a commitment. An open hotspot shows its resolution-12 cell too, and says so before it does; a
 * private one keeps salt and cell in a file, without which nobody can ever open it.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Cell, cellFromString, cellToString, latLngToCell } from "@earshot/geo";
import { regionByName } from "@earshot/poc/radio";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import { assertLocation } from "../sdk/hotspots.ts";
import { FINE_RESOLUTION, hiddenLocation } from "../sdk/location.ts";
import type { CliContext } from "./context.ts";
import { findHotspot, hotspotPositional } from "./hotspot-key.ts";
import { textParser } from "./parse.ts";
import { type SpendFlags, spend, spendFlags, withSession } from "./session.ts";

interface AssertFlags extends SpendFlags {
  readonly lat?: number;
  readonly lng?: number;
  readonly cell?: string;
  readonly region: string;
  readonly private: boolean;
  readonly opening?: string;
}

const degrees = (most: number) => (text: string) => {
  const value = /^-?[0-9]{1,3}(\.[0-9]{1,15})?$/.test(text) ? Number(text) : Number.NaN;
  if (Math.abs(value) <= most) return value;
  throw new RangeError(`expected degrees from -${most} to ${most}, got ${JSON.stringify(text)}`);
};

export const hotspotAssertCommand = buildCommand<AssertFlags, [string], CliContext>({
  docs: {
    brief: "Say where a hotspot is, from the next epoch on",
    fullDescription:
      "Everybody sees the H3 cell of resolution 8, about 0.7 km². Without --private the cell of resolution 12, about 300 m², is public too. With " +
      "--private it stays in the opening file; such a hotspot is judged from its public cell and earns less. Asserting the same file " +
      "again without --private opens the place, at no fee. A new place costs the network's fee in data credits.",
  },
  parameters: {
    flags: {
      ...spendFlags,
      lat: { kind: "parsed", parse: degrees(90), brief: "Latitude, degrees north", optional: true },
      lng: { kind: "parsed", parse: degrees(180), brief: "Longitude, degrees east", optional: true },
      cell: { kind: "parsed", parse: textParser, brief: "H3 cell of resolution 12 in their place", optional: true },
      region: { kind: "parsed", parse: textParser, brief: "Radio region, such as EU868" },
      private: { kind: "boolean", brief: "Show nothing finer than resolution 8", default: false },
      opening: {
        kind: "parsed",
        parse: textParser,
        brief: "File of salt and cell; made for a private place, read where it is there",
        optional: true,
      },
    },
    positional: { kind: "tuple", parameters: [hotspotPositional] },
  },
  async func(flags, text) {
    await withSession(this, flags, async (session) => {
      const { address, stored } = await findHotspot(session, text);
      const region = regionNumber(flags.region);
      const { cell, salt, isNew } = placeOf(flags);
      if (flags.private && flags.opening === undefined)
        throw new ClientError(
          "PRG_BAD_OPTION",
          "--private needs --opening FILE: without salt and cell nobody can open it",
        );
      const { cellPublic, commitment, opening } = hiddenLocation(cell, salt);
      const owner = session.payer().publicKey;
      const instruction = await assertLocation(session.programs, session.network, {
        hotspot: address,
        owner,
        payer: owner,
        cellPublic,
        commitment,
        opening: flags.private ? null : opening,
        region,
        nonce: stored.assertNonce + 1,
      });
      // Before it is sent: what is on the chain must never be lost here.
      if (flags.commit && isNew && flags.opening !== undefined) writeOpening(flags.opening, cell, salt);
      const shown = flags.private
        ? `cell ${cellPublic.toString(16)} of resolution 8`
        : `cell ${cellToString(cell.hi, cell.lo)}`;
      return spend(session, flags, [[instruction]], `the hotspot is in ${shown} from the next epoch on`);
    });
  },
});

interface Place {
  readonly cell: Cell;
  readonly salt: Uint8Array;
  /** Not of a file. */
  readonly isNew: boolean;
}

function placeOf({ lat, lng, cell, opening }: AssertFlags): Place {
  const named = cell !== undefined || lat !== undefined || lng !== undefined;
  const saved = opening !== undefined && existsSync(opening) ? readOpening(opening) : null;
  if (!named && saved !== null) return { ...saved, isNew: false };
  const chosen = chosenCell(lat, lng, cell);
  if (saved !== null) {
    if (saved.cell.hi === chosen.hi && saved.cell.lo === chosen.lo) return { ...saved, isNew: false };
    throw new ClientError("PRG_BAD_OPTION", `${opening} is of another place: name a new file`);
  }
  return { cell: chosen, salt: randomBytes(32), isNew: true };
}

function chosenCell(lat: number | undefined, lng: number | undefined, text: string | undefined): Cell {
  if (text !== undefined && lat === undefined && lng === undefined) {
    try {
      return cellFromString(text);
    } catch (cause) {
      throw new ClientError("PRG_BAD_OPTION", `--cell is no H3 cell: ${text}`, { cause });
    }
  }
  if (text !== undefined || lat === undefined || lng === undefined)
    throw new ClientError("PRG_BAD_OPTION", "where is it? give --lat and --lng, or --cell, or an --opening file");
  return latLngToCell(lat, lng, FINE_RESOLUTION);
}

function regionNumber(name: string): number {
  try {
    return regionByName(name.toUpperCase().replace("-", "_"), "corrected").number;
  } catch (cause) {
    throw new ClientError("PRG_BAD_OPTION", `--region is no region with a plan: ${name}`, { cause });
  }
}

function readOpening(path: string): { readonly cell: Cell; readonly salt: Uint8Array } {
  try {
    const { cell, salt } = JSON.parse(readFileSync(path, "utf8")) as { readonly cell: string; readonly salt: string };
    if (!/^[0-9a-f]{64}$/.test(salt)) throw new RangeError("salt has 64 hex digits");
    return { cell: cellFromString(cell), salt: new Uint8Array(Buffer.from(salt, "hex")) };
  } catch (cause) {
    throw new ClientError("PRG_BAD_OPTION", `${path} is no opening: expected { "cell", "salt" } in hex`, { cause });
  }
}

function writeOpening(path: string, cell: Cell, salt: Uint8Array): void {
  const text = JSON.stringify({ cell: cellToString(cell.hi, cell.lo), salt: Buffer.from(salt).toString("hex") });
  writeFileSync(path, `${text}\n`, { mode: 0o600, flag: "wx" });
}

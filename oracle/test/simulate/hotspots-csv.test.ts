import { readFileSync } from "node:fs";
import { realFilePath } from "@earshot/fixtures";
import { cellToString } from "@earshot/geo";
import { describe, expect, test } from "vitest";
import { parseHotspotsCsv } from "../../src/simulate/hotspots-csv.ts";

const path = "hotspots.csv";
const header = "address,lat,lng,location,short_country,owner_idx";
const good = "a,26.034639922064027,-80.35043362750105,8c44a1a8a6b61ff,US,7";

describe("list of hotspots", () => {
  test("reads the US list: 3,640 hotspots, 3,558 of them placed", () => {
    const listed = parseHotspotsCsv("us", readFileSync(realFilePath("hotspots/us-2020.csv"), "utf8"));
    expect(listed).toHaveLength(3640);
    expect(listed.filter(({ cell }) => cell !== undefined)).toHaveLength(3558);
    expect(new Set(listed.map(({ id }) => id)).size).toBe(3640);
  });

  test("takes columns by name in any order and ignores others", () => {
    const [hotspot] = parseHotspotsCsv(path, "name,lng,x,lat\nx,-80.35043362750105,y,26.034639922064027\n");
    expect(cellToString(hotspot.cell!.hi, hotspot.cell!.lo)).toBe("8c44a1a8a6b61ff");
    expect(hotspot).toMatchObject({ id: "line 2", ownerId: "line 2", line: 2, country: undefined });
  });

  test("takes a list that a spreadsheet has saved, with a byte order mark and CRLF", () => {
    expect(parseHotspotsCsv(path, `\ufeff${header}\r\n${good}\r\n`)).toEqual(
      parseHotspotsCsv(path, `${header}\n${good}\n`),
    );
  });

  test("keeps a hotspot that has asserted nothing", () => {
    expect(parseHotspotsCsv(path, `${header}\na,,,,,7\n`)[0]).toMatchObject({ id: "a", ownerId: "7", cell: undefined });
  });

  test("takes a list without rows", () => {
    expect(parseHotspotsCsv(path, header)).toEqual([]);
  });

  test.each([
    ["an empty file", "", 1, "the file is empty"],
    ["no latitude column", "address,lng\na,1\n", 1, "no column lat"],
    ["a column twice", "lat,lng,lat\n1,2,3\n", 1, "column lat is there twice"],
    ["too few fields", `${header}\n${good}\na,1,2\n`, 3, "6 fields expected, 3 given"],
    ["a word for a latitude", `${header}\na,north,1,,US,1\n`, 2, "lat must be degrees"],
    ["NaN", `${header}\na,NaN,1,,US,1\n`, 2, "lat must be degrees"],
    ["a latitude beyond the pole", `${header}\na,90.1,1,,US,1\n`, 2, "lat must be degrees"],
    ["a longitude beyond the antimeridian", `${header}\na,1,-180.5,,US,1\n`, 2, "lng must be degrees"],
    ["a location without coordinates", `${header}\na,,,8c44a1a8a6b61ff,US,1\n`, 2, "lat must be degrees"],
    ["a location that is no cell", `${header}\na,26,-80,zz,US,1\n`, 2, "is not an H3 cell"],
    ["a location of another resolution", `${header}\na,26,-80,8844a1a8a7fffff,US,1\n`, 2, "is not of resolution 12"],
    ["a location elsewhere", `${header}\na,40.1,-80.3,8c44a1a8a6b61ff,US,1\n`, 2, "is not where lat and lng are"],
    ["a country that is no code", `${header}\na,26,-80,,USA,1\n`, 2, "short_country must be"],
    ["one address twice", `${header}\n${good}\n${good}\n`, 3, "address a is already on line 2"],
    ["an open quote", `${header}\n"a,26,-80,,US,1\n`, 2, "not closed"],
  ])("refuses %s with file and line", (_, text, line, detail) => {
    let error: unknown;
    try {
      parseHotspotsCsv(path, text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "ORC_BAD_HOTSPOTS" });
    expect(String(error)).toContain(`${path}:${line}: `);
    expect(String(error)).toContain(detail);
  });
});

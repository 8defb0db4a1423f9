import { expect, test } from "vitest";
import { preferredCoding } from "../../src/service/content-coding.ts";

test.each([
  [undefined, undefined],
  ["", undefined],
  ["gzip", "gzip"],
  ["gzip, deflate, br, zstd", "br"],
  ["GZIP", "gzip"],
  ["x-gzip", "gzip"],
  ["gzip;q=0", undefined],
  ["gzip ; q = 0.000", undefined],
  ["br;q=0, gzip", "gzip"],
  ["gzip;q=0.5, br;q=0.1", "gzip"],
  ["gzip;q=0.5, br;q=0.5", "br"],
  ["identity, gzip;q=0.5", undefined],
  ["identity;q=0.5, gzip", "gzip"],
  ["identity;q=0, gzip;q=0.001", "gzip"],
  ["*", "br"],
  ["*;q=0", undefined],
  ["*, br;q=0", "gzip"],
  ["deflate, not-gzip, gzipped", undefined],
  ["gzip;q=2", undefined],
  ["gzip;q=, br;level=1, ;q=1, ,", undefined],
])("Accept-Encoding %j is answered in %j", (accepted, coding) => {
  expect(preferredCoding(accepted, ["br", "gzip"])).toBe(coding);
});

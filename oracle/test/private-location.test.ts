/** Hotspots whose register shows a resolution-8 cell alone, from the folder to the owner's page: judged, recomputed, explained, never shown. */
import { cellToBigInt, childrenRange } from "@earshot/geo";
import { earshot, REASON, reasonByNumber } from "@earshot/poc";
import { base58Text, keyToText, signerFromEd25519Seed, signRequest } from "@earshot/poc/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { apiPart } from "../src/api/api-part.ts";
import { EpochFolders } from "../src/api/epoch-source.ts";
import { auditFolder } from "../src/audit/audit-folder.ts";
import { explanationText } from "../src/cli/explanation-text.ts";
import { readEpochInput, readEpochOutput } from "../src/epoch-folder/folder.ts";
import { explainHotspot } from "../src/explain/explain-hotspot.ts";
import { scoreFolder } from "../src/score/score-folder.ts";
import { createHttpApp, type HttpApp } from "../src/service/http.ts";
import { SILENT_LOG } from "../src/service/log.ts";
import { EPOCH, smallEpoch } from "./small-epoch.ts";
import { TemporaryFolders, writeFolder } from "./temporary-folder.ts";

const NOW_MS = 1_800_000_000_000;
const HOTSPOTS = 9;
const HIDDEN = 2;
/** Base cell and digits of an index. */
const DIGITS = (1n << 52n) - 1n;
const folders = new TemporaryFolders("private");
const root = folders.next();
const folder = `${root}/epoch-${EPOCH}`;
const openFolder = `${folders.next()}/epoch-${EPOCH}`;
const owner = signerFromEd25519Seed(new Uint8Array(32).fill(3));
const wallet = owner.publicKey.slice(1);
let app: HttpApp;
let keys: string[];

beforeAll(async () => {
  for (const [path, hidden] of [
    [folder, HIDDEN],
    [openFolder, 0],
  ] as const) {
    const { input, records } = smallEpoch({ hotspots: HOTSPOTS, hidden });
    if (hidden > 0) input.hotspots.owner.set(wallet, 0);
    await writeFolder(path, input, records);
    await scoreFolder(path);
  }
  const { key } = readEpochInput(folder).hotspots;
  keys = Array.from({ length: HOTSPOTS }, (_, row) => keyToText(key.slice(33 * row, 33 * row + 33)));
  app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  await apiPart({ source: new EpochFolders(root), nowMs: () => NOW_MS }).routes?.(app);
  await app.ready();
});

function outputOf(path: string) {
  return readEpochOutput(path, readEpochInput(path)).tables;
}

async function body(url: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await app.inject({ method: "GET", url, headers });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.body;
}

/** Shares of all hotspots by key. */
function sharesByKey(path: string): Map<string, bigint> {
  const { hotspots } = readEpochInput(path);
  const { shares } = outputOf(path);
  return new Map(
    Array.from(shares.hotspot, (_, row) => [
      keyToText(hotspots.key.slice(33 * row, 33 * row + 33)),
      shares.beacon_shares[row] + shares.witness_shares[row],
    ]),
  );
}

describe("a private hotspot", () => {
  test("is challenged, judged and paid, and not more than in the open", () => {
    const { hotspots, challenges } = readEpochInput(folder);
    const { verdicts } = outputOf(folder);
    const [closed, open] = [sharesByKey(folder), sharesByKey(openFolder)];
    for (let row = 0; row < HIDDEN; row++) {
      expect(hotspots.cell[row]).toBe(0n);
      expect(challenges.hotspot.filter((hotspot) => hotspot === row)).toHaveLength(4);
      const own = closed.get(keys[row]!)!;
      expect(own).toBeGreaterThan(0n);
      expect(own).toBeLessThan(open.get(keys[row]!)!);
    }
    const reasons = new Set(Array.from(verdicts.reason, (reason) => reasonByNumber(reason)?.name));
    // Neighbours 1.1 km away may stand less than 300 m from a place in the cell.
    expect([...reasons].sort()).toEqual(["below_min_distance", "valid"]);
    expect(earshot.privateLocations).toBe(true);
  });

  test("is recomputed by an auditor who has the folder and no opening", async () => {
    const { findings } = await auditFolder(folder);
    expect(findings).toEqual([]);
  });

  test("is told that it is judged from its cell and why, with the bound behind each verdict", () => {
    const input = readEpochInput(folder);
    const explanation = explainHotspot(input, outputOf(folder), 0);
    const text = explanationText(explanation, 1000);
    expect(text).toContain("(resolution 8), private: judged from it");
    expect(text).toContain("because its owner keeps the place private");
    expect(text).toMatch(
      /The two are closer together.* \d+ m; at least 300 m counts\. Judged from the resolution-8 cell/,
    );
    expect(text).toContain("resolutions 10 to 8 at the place in its cell that leaves it least");
    const valid = explanation.receptions.filter(({ verdict }) => verdict.reason === "valid");
    expect(valid.length).toBeGreaterThan(0);
    for (const { isFromCell, freeSpace } of explanation.receptions) {
      expect(isFromCell).toBe(true);
      if (freeSpace !== null) expect(freeSpace.excessLossDdb).toBeGreaterThan(-100);
    }
    const other = explainHotspot(input, outputOf(folder), HOTSPOTS - 1);
    expect(other.hotspot.isPrivate).toBe(false);
    expect(other.receptions.some(({ isFromCell }) => isFromCell)).toBe(true);
    expect(other.receptions.some(({ isFromCell }) => !isFromCell)).toBe(true);
    expect(explanationText(other)).not.toContain("keeps the place private");
  });
});

describe("the API", () => {
  test("says nothing of a private place but its resolution-8 cell, not even to its owner", async () => {
    const { hotspots } = readEpochInput(folder);
    const path = `/v1/hotspots/${keys[0]}`;
    const signature = `${base58Text(wallet)} ${signRequest("owner", "GET", path, NOW_MS - 1000, owner)}`;
    const told = JSON.parse(await body(path, { "earshot-owner": signature }));
    expect(told.hotspot).toMatchObject({ cell: hotspots.cell_public[0].toString(16), isLocationOpen: false });
    expect(told.exactCell).toBeNull();
  });

  test("has no cell in any answer that lies inside a private one", async () => {
    const { hotspots } = readEpochInput(folder);
    const ranges = [...hotspots.cell_public.subarray(0, HIDDEN)].map((cell) => {
      const { firstHi, firstLo, lastHi, lastLo } = childrenRange(Number(cell >> 32n), Number(cell & 0xffff_ffffn), 15);
      return [cellToBigInt(firstHi, firstLo) & DIGITS, cellToBigInt(lastHi, lastLo) & DIGITS] as const;
    });
    const paths = [
      ...["", "/beacons", "/witnesses", "/receptions", "/explanation"].map((part) => `/v1/hotspots/${keys[0]}${part}`),
      ...[4, 5, 6, 7, 8].map((resolution) => `/v1/cells?resolution=${resolution}`),
      "/v1/hotspots",
    ];
    for (const path of paths) {
      for (const text of (await body(path)).match(/\b8[9a-f][0-9a-f]{13}\b/g) ?? []) {
        const digits = BigInt(`0x${text}`) & DIGITS;
        for (const [first, last] of ranges) expect(digits >= first && digits <= last, `${path}: ${text}`).toBe(false);
      }
    }
  });
});

test("no verdict of the epoch says that a hotspot has no place", () => {
  const { verdicts } = outputOf(folder);
  expect(verdicts.reason.filter((reason) => reason === REASON.not_asserted)).toHaveLength(0);
});

/** Reports whose sender is in no registry, as epochs of other networks hold them: told with the others, and naming nobody. */
import { join } from "node:path";
import { NO_ROW } from "@earshot/poc";
import { keyToText } from "@earshot/poc/protocol";
import { beforeAll, expect, test } from "vitest";
import { apiPart } from "../../src/api/api-part.ts";
import { EpochFolders } from "../../src/api/epoch-source.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { EPOCH, EPOCH_START_MS, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders, writeFolder } from "../temporary-folder.ts";

const folders = new TemporaryFolders("unregistered");
let app: HttpApp;
/** Text forms of the keys whose beacon a stranger heard, and whose beacon a stranger says it sent. */
let heard: string;
let taken: string;

beforeAll(async () => {
  const { input, records } = smallEpoch();
  const { beacons, hotspots, witnesses } = input;
  const keyOf = (row: number) => keyToText(hotspots.key.slice(row * 33, (row + 1) * 33));
  heard = keyOf(beacons.hotspot[0]);
  // Witness rows of the first beacon come right after it.
  witnesses.hotspot[0] = NO_ROW;
  const other = beacons.hotspot.findIndex((hotspot) => keyOf(hotspot) !== heard);
  taken = keyOf(beacons.hotspot[other]);
  beacons.hotspot[other] = NO_ROW;
  const root = folders.next();
  const folder = join(root, `epoch-${EPOCH}`);
  await writeFolder(folder, input, records);
  await scoreFolder(folder);
  app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  await apiPart({ source: new EpochFolders(root), nowMs: () => EPOCH_START_MS }).routes?.(app);
  await app.ready();
});

async function json(url: string) {
  const answer = await app.inject({ method: "GET", url });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

interface Reception {
  readonly witness: unknown;
  readonly beaconer: unknown;
  readonly verdict: { readonly reason: string; readonly isSelected: boolean };
}

test("what a stranger says it heard is told without a witness, with its reason, and is not paid", async () => {
  const { witnesses }: { witnesses: Reception[] } = await json(`/v1/hotspots/${heard}/witnesses`);
  const strangers = witnesses.filter(({ witness }) => witness === null);
  expect(strangers).toHaveLength(1);
  expect(strangers[0]).toMatchObject({
    beaconer: { key: heard },
    verdict: { reason: "gateway_not_found", isSelected: false },
  });
  expect(witnesses.filter(({ witness }) => witness !== null)).toHaveLength(15);
});

test("a beacon that a stranger sent is nobody's, and what others heard of it is told all the same", async () => {
  const { beacons } = await json(`/v1/hotspots/${taken}/beacons`);
  expect(beacons).toHaveLength(3);
  const { witnesses }: { witnesses: Reception[] } = await json(`/v1/hotspots/${taken}/witnesses`);
  for (const { beaconer, verdict } of witnesses) {
    expect(beaconer).toMatchObject({ key: taken });
    expect(verdict.reason).toBeTypeOf("string");
  }
  const { beacons: all } = await json(`/v1/hotspots/${heard}/beacons`);
  expect(all.map(({ witnesses: { reports } }: { witnesses: { reports: number } }) => reports)).toContain(4);
});

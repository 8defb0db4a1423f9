/**
 * The answers that the explorer asks for, over HTTP on loopback, from an epoch of 50,000 hotspots and a million receptions.
 *
 * Timed from request to last byte by one client that asks one thing at a time. What is made once for an epoch is made before.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildManifest,
  type EpochInput,
  type EpochManifest,
  hotspotsTable,
  manifestBytes,
  manifestHash,
  rewardsTable,
} from "@earshot/poc";
import { base58Text, keyFromText } from "@earshot/poc/protocol";
import { Dump } from "../../poc/bench/dump.ts";
import { readEpochInput } from "../../poc/bench/engine-input.ts";
import { epochDump } from "../../poc/bench/epoch-dump.ts";
import { animalName } from "../src/api/animal-names.ts";
import { apiPart } from "../src/api/api-part.ts";
import type { EpochSource } from "../src/api/epoch-source.ts";
import type { LoadedEpoch } from "../src/api/epoch-view.ts";
import { FILES } from "../src/epoch-folder/layout.ts";
import { hotspotText } from "../src/explain/find-hotspot.ts";
import { scoreInput } from "../src/score/score-input.ts";
import { createHttpApp } from "../src/service/http.ts";
import { SILENT_LOG } from "../src/service/log.ts";
import { type Figure, p99, type StageResult } from "./figure-table.ts";

const HOTSPOTS = 50_000;
const RECEPTIONS = 1_000_000;
const WALLET_BYTES = 32;
const REQUESTS = 300;
const LIMIT_MS = 50;

export async function runExplorerApi(): Promise<StageResult> {
  const input = syntheticInput();
  const output = await scoreInput(input);
  const manifest = buildManifest(input, output);
  // The engine's input, and how many packets it has, is all that is read of a folder's.
  const intake = { receipts: input.packets.hotspot.length };
  const loaded = {
    input: { ...input, intake },
    output,
    manifest,
    manifestHash: manifestHash(manifest),
  } as unknown as LoadedEpoch;
  const app = createHttpApp({ maxConnections: 100, log: SILENT_LOG });
  await apiPart({ source: inMemory(loaded, manifest), nowMs: () => Date.now() }).routes?.(app);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  try {
    const figures: Figure[] = [];
    for (const [name, path] of Object.entries(asked(input, output.ledgerOut.beneficiary))) {
      await timeMs(url + path(0));
      const times: number[] = [];
      for (let request = 1; request <= REQUESTS; request++) times.push(await timeMs(url + path(request)));
      figures.push({ name, value: p99(times), unit: "ms", limit: LIMIT_MS });
    }
    const where = `99 of 100 answers, by ${REQUESTS} of each, an epoch of ${HOTSPOTS.toLocaleString("en-US")} hotspots, ${RECEPTIONS.toLocaleString("en-US")} receptions.`;
    return { where, figures };
  } finally {
    await app.close();
  }
}

/** What the pages ask for; requests of hotspots and cells go through them, so that nothing is answered from the last time. `paid`: wallets that have a leaf. */
function asked(input: EpochInput, paid: Uint8Array): Readonly<Record<string, (request: number) => string>> {
  const known = hotspotsWithKeys(input);
  const row = (request: number) => known[(request * 31) % known.length]!;
  const key = (request: number) => hotspotText(input.hotspots, row(request));
  const wallet = (request: number) =>
    base58Text(input.hotspots.beneficiary.subarray(row(request) * WALLET_BYTES, (row(request) + 1) * WALLET_BYTES));
  const paidWallet = (request: number) => {
    const at = ((request * 31) % (paid.length / WALLET_BYTES)) * WALLET_BYTES;
    return base58Text(paid.subarray(at, at + WALLET_BYTES));
  };
  const cell = (request: number) => input.hotspots.cell_public[row(request)]!.toString(16);
  return {
    map: () => "/v1/map",
    history: () => "/v1/history",
    leaderboard: () => "/v1/leaderboard?limit=100",
    gaps: () => "/v1/gaps?limit=100",
    "search by name": (request) => `/v1/search?q=${encodeURIComponent(animalName(key(request)))}`,
    "a hotspot": (request) => `/v1/hotspots/${key(request)}`,
    "its beacons": (request) => `/v1/hotspots/${key(request)}/beacons`,
    "who heard it": (request) => `/v1/hotspots/${key(request)}/witnesses`,
    "whom it heard": (request) => `/v1/hotspots/${key(request)}/receptions`,
    "why it earned": (request) => `/v1/hotspots/${key(request)}/explanation`,
    "its rewards": (request) => `/v1/hotspots/${key(request)}/rewards`,
    "its uptime": (request) => `/v1/hotspots/${key(request)}/uptime`,
    "a wallet's proof": (request) => `/v1/wallets/${paidWallet(request)}/proof`,
    "a wallet's hotspots": (request) => `/v1/wallets/${wallet(request)}/hotspots?limit=500`,
    "a cell": (request) => `/v1/cells/${cell(request)}`,
    "hotspots of a cell": (request) => `/v1/hotspots?cell=${cell(request)}`,
    "coverage at a point": (request) => `/v1/coverage?lat=${30 + (request % 20)}&lng=${-120 + (request % 40)}`,
  };
}

/** Rows with a place whose made-up key is a key: the API knows no others. */
function hotspotsWithKeys({ hotspots }: EpochInput): number[] {
  const rows: number[] = [];
  for (let row = 0; row < HOTSPOTS && rows.length <= REQUESTS; row += 31) {
    if (hotspots.cell_public[row] === 0n) continue;
    try {
      keyFromText(hotspotText(hotspots, row));
      rows.push(row);
    } catch {
      // A point that is not on the curve.
    }
  }
  return rows;
}

async function timeMs(url: string): Promise<number> {
  const from = performance.now();
  const answer = await fetch(url, { headers: { "accept-encoding": "gzip" } });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return performance.now() - from;
}

function syntheticInput(): EpochInput {
  const folder = mkdtempSync(join(tmpdir(), "earshot-bench-"));
  try {
    const path = join(folder, "epoch.dump");
    epochDump(path, RECEPTIONS, HOTSPOTS);
    const { parameters, ...input } = readEpochInput(new Dump(path), "earshot", "cell");
    // Without detectors: their state over epochs is not what is timed.
    const { anomaly: _, ...rules } = parameters;
    return { ...input, parameters: rules };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inMemory(loaded: LoadedEpoch, manifest: EpochManifest): EpochSource {
  const tables = new Map<string, unknown>([
    [hotspotsTable.name, loaded.input.hotspots],
    [rewardsTable.name, loaded.output.rewards],
    ["split-rewards", loaded.output.splitRewards],
  ]);
  return {
    epochs: async () => [manifest.epoch],
    load: async () => loaded,
    table: async (_, table) => tables.get(table.name) as never,
    files: async () => new Map(),
    file: async (_, name) => (name === FILES.manifest ? manifestBytes(manifest) : undefined),
    open: async () => undefined,
  };
}

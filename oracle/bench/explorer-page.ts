/**
 * The pages in headless Chromium with software rendering: size of the bundle, time to the first hexagons, and time of a frame with
 * 50,000 cells in view, in turn with frames of the same map without any. Needs a Chromium (Debian's `chromium`).
 */
import { cpus } from "node:os";
import { cellToString, gridDiskSlow, latLngToCell } from "@earshot/geo";
import type { Browser, Page } from "playwright-core";
import { median } from "../../poc/bench/timing.ts";
import { buildExplorer } from "../src/explorer/bundle.ts";
import { explorerPart } from "../src/explorer/explorer-part.ts";
import { createHttpApp, type HttpApp } from "../src/service/http.ts";
import { SILENT_LOG } from "../src/service/log.ts";
import { hasChromium, launchBrowser } from "../test/explorer/browser.ts";
import type { Figure, StageResult } from "./figure-table.ts";

const CELLS = 50_000;
/** Rings around a cell that hold as many: 3·k·(k + 1) + 1. */
const RINGS = 129;
const LOADS = 5;
const ROUNDS = 4;
const FRAMES = 10;
/** Every cell is drawn at its own resolution from here on, and all of them are in view. */
const ZOOM = 8.55;
const LIMITS = { bundleKb: 700, firstHexagonsMs: 3000, frameMs: 200 } as const;

/** Throws where the hexagons are not in the picture. */
export async function runExplorerPage(): Promise<StageResult> {
  const sizes = await bundleSizes();
  const figures: Figure[] = [
    { name: "bundle, brotli", value: sizes.brotli / 1000, unit: "kB", limit: LIMITS.bundleKb },
    { name: "bundle, gzip", value: sizes.gzip / 1000, unit: "kB" },
  ];
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, Bun ${Bun.version}`;
  if (!hasChromium) return { where: `${machine}; no Chromium, so the page itself is not measured.`, figures };
  const { where, times } = await drawingTimes();
  return { where: `${machine}, ${where}.`, figures: [...figures, ...times] };
}

async function bundleSizes(): Promise<{ readonly brotli: number; readonly gzip: number }> {
  const { page, files, whenSmall } = await buildExplorer();
  await whenSmall;
  const all = [page, ...files.values()];
  const sum = (size: (file: (typeof all)[number]) => number) => all.reduce((total, file) => total + size(file), 0);
  return { brotli: sum(({ brotli }) => brotli?.length ?? 0), gzip: sum(({ gzip }) => gzip.length) };
}

async function drawingTimes(): Promise<{ readonly where: string; readonly times: readonly Figure[] }> {
  const [full, bare] = [await serveMap(CELLS), await serveMap(1)];
  const browser = await launchBrowser();
  try {
    const loads: number[] = [];
    // Each in a context of its own: nothing is kept from the one before.
    for (let load = 0; load < LOADS; load++) {
      const { page, drawnMs } = await openMap(browser, full.url);
      loads.push(drawnMs);
      await page.context().close();
    }
    const [{ page: cells }, { page: none }] = [await openMap(browser, full.url), await openMap(browser, bare.url)];
    const frames = { cells: [] as number[], none: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      frames.none.push(...(await frameTimes(none)));
      frames.cells.push(...(await frameTimes(cells)));
    }
    await assertDrawn(cells);
    const where = `Chromium ${browser.version()}, ${String(await cells.evaluate(RENDERER))}`;
    const first = `first hexagons of ${count(CELLS)} cells, from the request of the page on loopback`;
    const times: readonly Figure[] = [
      {
        name: `${first}, the slowest of ${LOADS}`,
        value: Math.max(...loads),
        unit: "ms",
        limit: LIMITS.firstHexagonsMs,
      },
      { name: `${first}, median of ${LOADS}`, value: median(loads), unit: "ms", limit: LIMITS.firstHexagonsMs },
      { name: "frame of the map alone, 1280×720, moving, median", value: median(frames.none), unit: "ms" },
      {
        name: `frame with ${count(CELLS)} cells in view, 1280×720, moving, median`,
        value: median(frames.cells),
        unit: "ms",
        limit: LIMITS.frameMs,
      },
    ];
    return { where, times };
  } finally {
    await browser.close();
    for (const { app } of [full, bare]) await app.close();
  }
}

async function serveMap(cells: number): Promise<{ readonly app: HttpApp; readonly url: string }> {
  const app = createHttpApp({ trustProxy: false, maxConnections: 100, log: SILENT_LOG });
  const map = JSON.stringify(mapOfCells(cells));
  app.get("/v1/map", (_request, reply) => reply.type("application/json").send(map));
  app.get("/v1/epochs", () => ({ epochs: [1] }));
  await explorerPart().routes?.(app);
  return { app, url: await app.listen({ host: "127.0.0.1", port: 0 }) };
}

async function openMap(browser: Browser, url: string): Promise<{ readonly page: Page; readonly drawnMs: number }> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
  await page.goto(url);
  const place = page.locator(".map[data-drawn]");
  await place.waitFor();
  return { page, drawnMs: Number(await place.getAttribute("data-drawn")) };
}

/** The map moved a few pixels a frame; ms from frame to frame. The first two, which may still load, are left out. */
async function frameTimes(page: Page): Promise<number[]> {
  return (await page.evaluate(`new Promise((resolve) => {
  const map = document.querySelector(".map").coverageMap.library;
  map.jumpTo({ center: [-122.42, 37.77], zoom: ${ZOOM} });
  const times = [];
  let before = performance.now();
  const step = () => {
    const now = performance.now();
    times.push(now - before);
    before = now;
    if (times.length === ${FRAMES + 2}) return resolve(times.slice(2));
    map.jumpTo({ center: [-122.42 + 0.002 * times.length, 37.77] });
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`)) as number[];
}

const RENDERER = `(() => { const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl.getExtension("WEBGL_debug_renderer_info"); return gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER); })()`;

/** Sea and land are grey, hexagons are not: half of the picture must be coloured. */
async function assertDrawn(page: Page): Promise<void> {
  const coloured = (await page.evaluate(`new Promise((resolve) => {
  const map = document.querySelector(".map").coverageMap.library;
  map.once("render", () => {
    const gl = map.getCanvas().getContext("webgl2");
    const pixels = new Uint8Array(4 * gl.drawingBufferWidth * gl.drawingBufferHeight);
    gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    let coloured = 0;
    for (let at = 0; at < pixels.length; at += 4) {
      const [red, green, blue] = [pixels[at], pixels[at + 1], pixels[at + 2]];
      if (Math.max(red, green, blue) - Math.min(red, green, blue) > 40) coloured++;
    }
    resolve((4 * coloured) / pixels.length);
  });
  map.triggerRepaint();
})`)) as number;
  if (coloured < 0.5) throw new Error(`only ${(100 * coloured).toFixed(0)} % of the picture are hexagons`);
}

/** An answer of /v1/map with cells side by side around a place, every figure another. */
export function mapOfCells(cells: number) {
  const { hi, lo } = latLngToCell(37.77, -122.42, 8);
  const cell = gridDiskSlow(hi, lo, RINGS)
    .slice(0, cells)
    .map((one) => cellToString(one.hi, one.lo));
  const column = (most: number) => cell.map((_, at) => (at * 7919) % most);
  return {
    epoch: 1,
    endMs: 1_800_000_000_000,
    resolution: 8,
    cell,
    hotspots: column(9),
    activeHotspots: column(5),
    beaconsValid: column(30),
    witnessReports: column(200),
    witnessesValid: column(150),
    medianExcessLossDdb: column(400),
    servedCredits: column(10_000),
    weightE4: column(10_000),
    scaleE4: column(10_000),
    shares: column(10),
    lastBeaconMs: column(100).map((hours) => 1_800_000_000_000 - hours * 3_600_000),
  };
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

/**
 * The pages in headless Chromium with software rendering: size of the bundle, time to the first hexagons, and time of a frame with
 * 50,000 cells, in turn with frames of the same map without any: in a window of 1280×720, where the panel and what is off the map's edges
 * take their part, and on a map that is itself as large and has every cell in view. Needs a Chromium (Debian's `chromium`).
 */
import { cpus } from "node:os";
import { cellFromString, cellToLatLng } from "@earshot/geo";
import type { Browser, Page } from "playwright-core";
import { median } from "../../poc/bench/timing.ts";
import { buildExplorer } from "../src/explorer/bundle.ts";
import { explorerPart } from "../src/explorer/explorer-part.ts";
import { createHttpApp, type HttpApp } from "../src/service/http.ts";
import { SILENT_LOG } from "../src/service/log.ts";
import { hasChromium, launchBrowser } from "../test/explorer/browser.ts";
import { cellsAround, mapOfCells, type Scene, WHOLE_VIEW, WINDOW } from "./explorer-scene.ts";
import type { Figure, StageResult } from "./figure-table.ts";

const CELLS = 50_000;
const LOADS = 5;
const ROUNDS = 4;
const FRAMES = 10;
const MAP_SIZE = "1280×720";
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
  const browser = await launchBrowser();
  try {
    const loads = await loadTimes(browser);
    const window = await sceneTimes(browser, WINDOW);
    const whole = await sceneTimes(browser, WHOLE_VIEW);
    if (whole.inView !== CELLS || whole.size !== MAP_SIZE) {
      throw new Error(
        `${count(whole.inView)} cells on ${whole.size} are in the view that is to have all on ${MAP_SIZE}`,
      );
    }
    const where = `Chromium ${browser.version()}, ${window.renderer}`;
    const first = `first hexagons of ${count(CELLS)} cells, from the request of the page on loopback`;
    const limit = LIMITS.frameMs;
    const times: readonly Figure[] = [
      {
        name: `${first}, the slowest of ${LOADS}`,
        value: Math.max(...loads),
        unit: "ms",
        limit: LIMITS.firstHexagonsMs,
      },
      { name: `${first}, median of ${LOADS}`, value: median(loads), unit: "ms", limit: LIMITS.firstHexagonsMs },
      {
        name: `frame of the map alone, window of 1280×720 (the map ${window.size}), moving, median`,
        value: window.bareMs,
        unit: "ms",
      },
      {
        name: `frame with ${count(CELLS)} cells, ${count(window.inView)} of them in view, window of 1280×720 (the map ${window.size}), moving, median`,
        ...{ value: window.cellsMs, unit: "ms", limit },
      },
      { name: `frame of the map alone, map of ${whole.size}, moving, median`, value: whole.bareMs, unit: "ms" },
      {
        name: `frame with ${count(CELLS)} cells, all of them in view, map of ${whole.size}, moving, median`,
        ...{ value: whole.cellsMs, unit: "ms", limit },
      },
    ];
    return { where, times };
  } finally {
    await browser.close();
  }
}

/** From the request of the page to its first hexagons. */
async function loadTimes(browser: Browser): Promise<readonly number[]> {
  const { app, url } = await serveMap(WINDOW, CELLS);
  const loads: number[] = [];
  // Each in a context of its own: nothing is kept from the one before.
  for (let load = 0; load < LOADS; load++) {
    const { page, drawnMs } = await openMap(browser, url, WINDOW);
    loads.push(drawnMs);
    await page.context().close();
  }
  await app.close();
  return loads;
}

/** Frames with all cells in turn with frames of the same map that has one. */
async function sceneTimes(browser: Browser, scene: Scene) {
  const served = [await serveMap(scene, CELLS), await serveMap(scene, 1)] as const;
  const [{ page: cells }, { page: bare }] = [
    await openMap(browser, served[0].url, scene),
    await openMap(browser, served[1].url, scene),
  ];
  const frames = { cells: [] as number[], bare: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    frames.bare.push(...(await frameTimes(bare, scene)));
    frames.cells.push(...(await frameTimes(cells, scene)));
  }
  await assertDrawn(cells);
  const view = (await cells.evaluate(VIEW)) as Bounds & { readonly size: string };
  const { size } = view;
  const inView = cellsAround(scene, CELLS).filter((cell) => isWithin(view, cell)).length;
  const renderer = String(await cells.evaluate(RENDERER));
  for (const { page } of [{ page: cells }, { page: bare }]) await page.context().close();
  for (const { app } of served) await app.close();
  return { cellsMs: median(frames.cells), bareMs: median(frames.bare), inView, size, renderer };
}

async function serveMap(scene: Scene, cells: number): Promise<{ readonly app: HttpApp; readonly url: string }> {
  const app = createHttpApp({ maxConnections: 100, log: SILENT_LOG });
  const map = JSON.stringify(mapOfCells(cellsAround(scene, cells)));
  app.get("/v1/map", (_request, reply) => reply.type("application/json").send(map));
  app.get("/v1/epochs", () => ({ epochs: [1] }));
  await explorerPart().routes?.(app);
  return { app, url: await app.listen({ host: "127.0.0.1", port: 0 }) };
}

async function openMap(
  browser: Browser,
  url: string,
  { window }: Scene,
): Promise<{ readonly page: Page; readonly drawnMs: number }> {
  const page = await (await browser.newContext({ viewport: window })).newPage();
  await page.goto(url);
  const place = page.locator(".map[data-drawn]");
  await place.waitFor();
  return { page, drawnMs: Number(await place.getAttribute("data-drawn")) };
}

/** The map moved a few pixels a frame; ms from frame to frame. The first two, which may still load, are left out. */
async function frameTimes(page: Page, { latDeg, lngDeg, zoom }: Scene): Promise<number[]> {
  return (await page.evaluate(`new Promise((resolve) => {
  const map = document.querySelector(".map").coverageMap.library;
  map.jumpTo({ center: [${lngDeg}, ${latDeg}], zoom: ${zoom} });
  const times = [];
  let before = performance.now();
  const step = () => {
    const now = performance.now();
    times.push(now - before);
    before = now;
    if (times.length === ${FRAMES + 2}) return resolve(times.slice(2));
    map.jumpTo({ center: [${lngDeg} + 0.002 * times.length, ${latDeg}] });
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`)) as number[];
}

/** Where the last frame looked, and the pixels it was drawn in. */
const VIEW = `(() => { const map = document.querySelector(".map").coverageMap.library;
  const [bounds, canvas] = [map.getBounds(), map.getCanvas()];
  return { south: bounds.getSouth(), west: bounds.getWest(), north: bounds.getNorth(), east: bounds.getEast(),
    size: canvas.width + "×" + canvas.height }; })()`;

interface Bounds {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

function isWithin({ south, west, north, east }: Bounds, cell: string): boolean {
  const { hi, lo } = cellFromString(cell);
  const { latDeg, lngDeg } = cellToLatLng(hi, lo);
  return latDeg > south && latDeg < north && lngDeg > west && lngDeg < east;
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

function count(value: number): string {
  return value.toLocaleString("en-US");
}

/**
 * The pages in headless Chromium with software rendering: size of the bundle, time to the first hexagons, and time of a frame with
 * 50,000 cells in view. Needs a Chromium (Debian's `chromium`).
 */
import { cellToString, gridDiskSlow, latLngToCell } from "@earshot/geo";
import { median } from "../../poc/bench/timing.ts";
import { buildExplorer } from "../src/explorer/bundle.ts";
import { explorerPart } from "../src/explorer/explorer-part.ts";
import { createHttpApp } from "../src/service/http.ts";
import { SILENT_LOG } from "../src/service/log.ts";
import { hasChromium, launchBrowser } from "../test/explorer/browser.ts";

const CELLS = 50_000;
/** Rings around a cell that hold as many: 3·k·(k + 1) + 1. */
const RINGS = 129;
const LOADS = 3;
const FRAMES = 40;
const TARGETS = { bundleKb: 700, firstHexagonsMs: 3000, frameMs: 200 } as const;

export async function runExplorerPage(): Promise<number> {
  const sizes = await bundleSizes();
  const figures: Figure[] = [
    { name: "bundle as brotli, kB", value: sizes.brotli / 1000, target: TARGETS.bundleKb },
    { name: "bundle as gzip, kB", value: sizes.gzip / 1000, target: undefined },
  ];
  if (hasChromium) figures.push(...(await drawingTimes()));
  else process.stdout.write("no Chromium: the page itself is not measured\n");
  return report(figures);
}

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly target: number | undefined;
}

/** Prints a table; 1 if a target is missed. */
export function report(figures: readonly Figure[]): number {
  const isMissed = ({ value, target }: Figure) => target !== undefined && value > target;
  for (const figure of figures) {
    const { name, value, target } = figure;
    const limit = target === undefined ? "" : `  at most ${target}${isMissed(figure) ? "  MISSED" : ""}`;
    process.stdout.write(`${name.padEnd(58)}${value.toFixed(1).padStart(10)}${limit}\n`);
  }
  return figures.some(isMissed) ? 1 : 0;
}

async function bundleSizes(): Promise<{ readonly brotli: number; readonly gzip: number }> {
  const { page, files, whenSmall } = await buildExplorer();
  await whenSmall;
  const all = [page, ...files.values()];
  const sum = (size: (file: (typeof all)[number]) => number) => all.reduce((total, file) => total + size(file), 0);
  return { brotli: sum(({ brotli }) => brotli?.length ?? 0), gzip: sum(({ gzip }) => gzip.length) };
}

async function drawingTimes(): Promise<Figure[]> {
  const app = createHttpApp({ trustProxy: false, maxConnections: 100, log: SILENT_LOG });
  const map = JSON.stringify(mapOfCells());
  app.get("/v1/map", (_request, reply) => reply.type("application/json").send(map));
  app.get("/v1/epochs", () => ({ epochs: [1] }));
  await explorerPart().routes?.(app);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const browser = await launchBrowser();
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
    const drawn: number[] = [];
    for (let load = 0; load < LOADS; load++) {
      await page.goto("about:blank");
      await page.goto(url);
      const place = page.locator(".map[data-drawn]");
      await place.waitFor();
      drawn.push(Number(await place.getAttribute("data-drawn")));
    }
    const renderer = String(await page.evaluate(RENDERER));
    process.stdout.write(`renderer: ${renderer}\n`);
    const frames = (await page.evaluate(FRAME_TIMES(FRAMES))) as number[];
    return [
      { name: `first hexagons of ${CELLS} cells, first load, ms`, value: drawn[0]!, target: TARGETS.firstHexagonsMs },
      {
        name: `first hexagons of ${CELLS} cells, median of ${LOADS} loads, ms`,
        value: median(drawn),
        target: TARGETS.firstHexagonsMs,
      },
      {
        name: `frame with ${CELLS} cells moving, 1280×720, median, ms`,
        value: median(frames),
        target: TARGETS.frameMs,
      },
    ];
  } finally {
    await browser.close();
    await app.close();
  }
}

const RENDERER = `(() => { const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl.getExtension("WEBGL_debug_renderer_info"); return gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER); })()`;

/** All cells at their own resolution in view, moved a few pixels a frame; ms from frame to frame. */
const FRAME_TIMES = (frames: number) => `new Promise((resolve) => {
  const map = document.querySelector(".map").coverageMap.library;
  map.jumpTo({ center: [-122.42, 37.77], zoom: 8.55 });
  const times = [];
  let before = performance.now();
  const step = () => {
    const now = performance.now();
    times.push(now - before);
    before = now;
    if (times.length > ${frames}) return resolve(times.slice(2));
    map.jumpTo({ center: [-122.42 + 0.002 * times.length, 37.77] });
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;

/** An answer of /v1/map with cells side by side around a place, every figure another. */
function mapOfCells() {
  const { hi, lo } = latLngToCell(37.77, -122.42, 8);
  const cell = gridDiskSlow(hi, lo, RINGS)
    .slice(0, CELLS)
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

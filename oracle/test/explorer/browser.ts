/** Headless Chromium for pages of the explorer: no network but loopback, and everything that goes wrong in a page is kept. */
import { existsSync, readFileSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const BINARY = process.env.EARSHOT_CHROMIUM ?? "/usr/bin/chromium";

/** How long anything on a page is waited for, ms: drawn in software beside all else, a map has taken 20 s. */
const WAIT_MS = 90_000;

/** Whether there is a Chromium; CI installs it (.ci/run). */
export const hasChromium = existsSync(BINARY);

/** WebGL in software, and no talk of the browser's own. */
const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-sync",
  "--no-first-run",
  "--no-pings",
  "--metrics-recording-only",
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: BINARY, headless: true, args: FLAGS });
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors of the console and of scripts, in their order. */
  readonly errors: string[];
  /** Requests that went anywhere but to loopback. */
  readonly strangers: string[];
  close(): Promise<void>;
}

/** A page of its own context, so that nothing is remembered between tests. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 720 },
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const errors: string[] = [];
  const strangers: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^https?:$/.test(protocol) && hostname !== "127.0.0.1") strangers.push(request.url());
  });
  return { page, errors, strangers, close: () => context.close() };
}

/** Resolves when nothing on the page is awaited any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator(".live.on, .live.off").waitFor();
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
}

/** Resolves when the map has drawn the cells it was told. */
export async function mapDrawn(page: Page): Promise<void> {
  await page.locator(".map[data-drawn]").first().waitFor();
}

/** Resolves when the coast is drawn as finely as it is going to be; at once where there is no map. */
export async function mapAtRest(page: Page): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const map = document.querySelector(".map")?.coverageMap?.library;
    if (map === undefined) return resolve();
    const isFine = () => map.getZoom() < 4.5 || map.getLayer("land").maxzoom < 24;
    const look = () => (map.loaded() && isFine() ? resolve() : map.once("idle", look));
    look();
  })`);
}

/** By how much the page is wider than its window, px. It is asked until it is 0: what is drawn last is laid out when nothing is awaited any more. */
export async function overflowPx(page: Page): Promise<number> {
  return (await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")) as number;
}

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly html: readonly string[];
}

const axeSource = readFileSync(Bun.resolveSync("axe-core/axe.min.js", import.meta.dirname), "utf8");

/** What axe finds that is serious or critical, one line each. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const found: readonly Finding[] = await page.evaluate(
    `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations.map(({ id, impact, nodes }) =>
      ({ id, impact, html: nodes.slice(0, 3).map((node) => node.html) })))`,
  );
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, html }) => `${id}: ${html.join(" | ")}`);
}

/** Every page in each of its states: awaited, refused, shown, and out of date; all of it reached by keys, and none wider than a phone. */
import { signerFromEd25519Seed } from "@earshot/poc/protocol";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { EPOCH } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { hasChromium, mapAtRest, mapDrawn, overflowPx, seriousFindings, settled } from "./browser.ts";
import { type SmallWorld, startSmallWorld } from "./small-world.ts";
import { TestBrowser } from "./test-browser.ts";

const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };
const seed = new Uint8Array(32).fill(78);
const owner = signerFromEd25519Seed(seed);
const keypair = JSON.stringify([...seed, ...owner.publicKey.slice(1)]);
/** A page, what it is made of, and what it calls that. HOTSPOT and CELL stand for those of the world. */
const PAGES: readonly (readonly [path: string, asks: RegExp, what: string])[] = [
  ["/", /\/v1\/map$/, "the map"],
  ["/cell/CELL", /\/v1\/cells\//, "the figures of the cell"],
  ["/hotspots", /\/v1\/leaderboard/, "the leaderboard"],
  ["/hotspot/HOTSPOT", /\/v1\/hotspots\/\w+$/, "the hotspot"],
  ["/hotspot/HOTSPOT?tab=rewards", /\/rewards$/, "the rewards"],
  ["/gaps", /\/v1\/gaps/, "the gaps"],
  ["/network", /\/v1\/history/, "the network"],
  ["/proposals", /\/v1\/proposals$/, "the proposals"],
  ["/console", /\/v1\/deliveries/, "the deliveries"],
  ["/owner", /\/v1\/wallets\/\w+\/hotspots/, "the hotspots"],
];

const folders = new TemporaryFolders("states");
let world: SmallWorld;
const browser = new TestBrowser();

beforeAll(async () => {
  if (!hasChromium) return;
  world = await startSmallWorld(folders.next(), owner.publicKey.slice(1));
  await world.close();
  await browser.launch();
}, 120_000);

afterEach(async () => {
  await browser.closePages();
});

afterAll(async () => {
  await browser.close();
  await world?.stop();
});

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  return (await browser.open(options)).page;
}

const addressOf = (path: string) => `${world.url}${path.replace("HOTSPOT", world.hotspot).replace("CELL", world.cell)}`;

/** Signs in by typing, where the page asks for it. */
async function signIn(page: Page): Promise<void> {
  await page.getByLabel("or its text").fill(keypair);
  await page.getByRole("button", { name: "Sign in" }).press("Enter");
  await page.getByText("Signed in as").waitFor();
}

describe.skipIf(!hasChromium)("a page", () => {
  test.each(PAGES)(
    "%s is awaited, refused and tried again, and marked when it is out of date",
    async (path, asks, what) => {
      const page = await open();
      const held = Promise.withResolvers<void>();
      await page.route(asks, async (route) => {
        await held.promise;
        await route.fulfill({ status: 503, json: { code: "log_unavailable", expected: "an answer", got: "a fault" } });
      });
      await page.goto(addressOf(path));
      if (path === "/owner") await signIn(page);
      const main = page.locator("main");
      await main.getByText(`Loading ${what}`).waitFor({ state: "attached" });
      held.resolve();
      const refused = main.getByRole("alert").filter({ hasText: `Could not show ${what}.` });
      await refused.waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.unroute(asks);
      await refused.getByRole("button", { name: "Try again" }).press("Enter");
      await refused.waitFor({ state: "detached" });
      await settled(page);

      // An epoch more, and then no answer: what was there stays, with its age. The page asks by itself too, so that the answer is gone first.
      await page.route(asks, (route) => route.abort());
      await page.route("**/v1/epochs", (route) => route.fulfill({ json: { epochs: [EPOCH, EPOCH + 1] } }));
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
      const old = main.getByRole("status").filter({ hasText: `This is ${what} as of` });
      await old.waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.unroute(asks);
      await old.getByRole("button", { name: "Try again" }).press("Enter");
      await old.waitFor({ state: "detached" });
    },
  );

  test.each(PAGES)("%s is reached by Tab alone, every control of it with its focus shown", async (path) => {
    const page = await open();
    await page.goto(addressOf(path));
    if (path === "/owner") await signIn(page);
    await settled(page);
    if (path === "/") {
      // Controls come and go while the map finds its first view.
      await mapDrawn(page);
      await mapAtRest(page);
    }
    const missed = await untabbed(page);
    expect(missed).toEqual([]);
  });

  test.each(PAGES)("%s is not wider than a phone", async (path) => {
    const page = await open(PHONE);
    await page.goto(addressOf(path));
    if (path === "/owner") {
      await signIn(page);
      await settled(page);
      await page.getByRole("button", { name: /^Open/ }).first().press("Enter");
      await page.getByRole("region", { name: "Manage the hotspot" }).waitFor();
      // One after the other: what comes meanwhile moves the places of the others.
      const closed = page.locator("main details:not([open]) > summary");
      await expect
        .poll(async () => {
          if ((await closed.count()) > 0) await closed.first().press("Enter");
          return closed.count();
        })
        .toBe(0);
    }
    await settled(page);
    await expect.poll(() => overflowPx(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
  });

  test("of an owner says of a private place who knows it, and not that there is none", async () => {
    const page = await open();
    await page.route(`**/v1/hotspots/${world.hotspot}`, async (route) => {
      const answer = await route.fetch();
      const { hotspot, ...whole } = await answer.json();
      const json = { ...whole, hotspot: { ...hotspot, isLocationOpen: false }, exactCell: null };
      await route.fulfill({ response: answer, json });
    });
    await page.goto(addressOf("/owner"));
    await signIn(page);
    await page.getByRole("button", { name: /^Open/ }).first().press("Enter");
    const manage = page.getByRole("region", { name: "Manage the hotspot" });
    await manage.getByText(`Asserted privately in ${world.cell}`).waitFor();
    expect(await manage.getByText("no place yet").count()).toBe(0);
  });

  test("of a cell draws the links of the epoch whose figures it shows", async () => {
    const page = await open();
    await page.goto(addressOf("/cell/CELL"));
    await page.getByRole("caption").filter({ hasText: "Links both ways" }).waitFor();
    const before = await fetch(`${world.url}/v1/hotspots?cell=${world.cell}`);
    const json = { ...((await before.json()) as object), epoch: EPOCH + 1 };
    await page.route(/\/v1\/hotspots\?cell=/, (route) => route.fulfill({ json }));
    const asked = page.waitForRequest(/\/witnesses\?/);
    await page.route("**/v1/epochs", (route) => route.fulfill({ json: { epochs: [EPOCH, EPOCH + 1] } }));
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await asked;
  });

  test("goes nowhere when Enter is pressed before the answer to what was typed is there", async () => {
    const page = await open();
    await page.goto(addressOf("/gaps"));
    const field = page.getByRole("combobox", { name: "Find a hotspot or a cell" });
    await field.fill(world.hotspot.slice(0, 12));
    await page.getByRole("option").first().waitFor();
    const held = Promise.withResolvers<void>();
    await page.route(/\/v1\/search/, async (route) => {
      await held.promise;
      await route.continue();
    });
    await field.fill("another");
    await field.press("Enter");
    held.resolve();
    await page.getByText("Nothing of that name in the latest epoch.").waitFor();
    expect(new URL(page.url()).pathname).toBe("/gaps");
  });

  test("of a customer says why an invoice cannot be had as CSV", async () => {
    const page = await open();
    const invoice = { epoch: EPOCH, billHash: "00".repeat(32), dataCredits: "1", burnt: "1", owed: "0", isPaid: true };
    await page.route("**/explorer/parts.json", (route) => route.fulfill({ json: { invoices: true } }));
    await page.route(/\/invoices$/, (route) => route.fulfill({ json: { invoices: [invoice] } }));
    await page.route(/\/invoices\/\d+\.csv$/, (route) =>
      route.fulfill({ status: 503, json: { code: "log_unavailable", expected: "an answer", got: "a fault" } }),
    );
    await page.goto(addressOf("/console"));
    await signIn(page);
    await page.getByRole("button", { name: `CSV of epoch ${EPOCH}` }).press("Enter");
    await page
      .getByRole("alert")
      .filter({ hasText: `The invoice of epoch ${EPOCH} cannot be had` })
      .waitFor();
  });

  test("that an owner is typing on keeps what was typed when an epoch is closed", async () => {
    const page = await open();
    await page.goto(addressOf("/owner"));
    await signIn(page);
    await page.getByRole("button", { name: /^Open/ }).first().press("Enter");
    await page.getByText("Transfer the hotspot").click();
    await page.getByLabel("New owner's wallet").fill("half a wal");
    const asked = page.waitForResponse((answer) => answer.url().endsWith(`/v1/hotspots/${world.hotspot}`));
    await page.route("**/v1/epochs", (route) => route.fulfill({ json: { epochs: [EPOCH, EPOCH + 1] } }));
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await (await asked).finished();
    await settled(page);
    expect(await page.getByLabel("New owner's wallet").inputValue()).toBe("half a wal");
  });
});

/** Controls of the page that pressing Tab through it did not come to, or whose focus cannot be seen, as text. */
async function untabbed(page: Page): Promise<readonly string[]> {
  const controls = "a[href], button:not([disabled]), input, select, textarea, summary";
  // A group of radio buttons is one stop: its arrows go on from there.
  const count = (await page.evaluate(`(() => {
    const isStop = (one) => one.checkVisibility({ visibilityProperty: true }) && one.tabIndex >= 0 && !(one.type === "radio" && !one.checked);
    window.stops = new Set([...document.querySelectorAll(${JSON.stringify(controls)})].filter(isStop));
    window.unseen = [];
    return window.stops.size;
  })()`)) as number;
  // The header alone has more.
  expect(count).toBeGreaterThan(7);
  for (let press = 0; press < count + 10; press++) {
    await page.keyboard.press("Tab");
    await page.evaluate(`(() => {
      const at = document.activeElement;
      if (!window.stops.delete(at)) return;
      const { outlineStyle, boxShadow } = getComputedStyle(at);
      if (outlineStyle === "none" && boxShadow === "none") window.unseen.push(at.outerHTML.slice(0, 120));
    })()`);
  }
  return (await page.evaluate(
    "[...[...window.stops].map((one) => 'not reached: ' + one.outerHTML.slice(0, 120)), ...window.unseen]",
  )) as string[];
}

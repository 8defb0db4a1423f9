import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { base58Bytes } from "@earshot/poc/protocol";
import { claimFromJson } from "@earshot/programs-client";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TemporaryFolders } from "../temporary-folder.ts";
import { hasChromium, mapAtRest, mapDrawn, overflowPx, seriousFindings, settled, type WatchedPage } from "./browser.ts";
import { TestBrowser } from "./test-browser.ts";
import { type ExplorerWorld, explorerWorld } from "./world.ts";

/** Where pictures for the guides are written; none without it. */
const PICTURES = process.env.EARSHOT_PICTURES;
const PICTURE_QUALITY = 80;
/** Those that README and guides show. */
const PICTURED: readonly string[] = [
  ...["cell-light", "hotspot-light", "network-light", "gaps-light", "proposal-effect"],
  ...["owner-signed-in", "customer-signed-in"],
];
const PHONE = { width: 390, height: 844 };
const PAGES = ["/", "/hotspots", "/gaps", "/network", "/proposals", "/owner", "/console"] as const;

const folders = new TemporaryFolders("explorer");
let world: ExplorerWorld;
const browser = new TestBrowser();
let hotspotKey: string;
let cell: string;

beforeAll(async () => {
  if (!hasChromium) return;
  world = await explorerWorld(folders.next());
  await browser.launch();
  const { hotspots } = await answerOf("/v1/leaderboard?limit=1");
  hotspotKey = hotspots[0].key;
  cell = hotspots[0].cell;
}, 120_000);

afterEach(async () => {
  await browser.closePages();
});

afterAll(async () => {
  await browser.close();
  await world?.stop();
});

// biome-ignore lint/suspicious/noExplicitAny: the tests read members of answers, which the API's own tests check.
async function answerOf(path: string): Promise<any> {
  return (await fetch(`${world.url}${path}`)).json();
}

function visit(path: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  return browser.visit(`${world.url}${path}`, options);
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined || !PICTURED.includes(name)) return;
  await mapAtRest(page);
  await page.evaluate("scrollTo(0, 0)");
  mkdirSync(PICTURES, { recursive: true });
  const client = await page.context().newCDPSession(page);
  const { data } = await client.send("Page.captureScreenshot", { format: "webp", quality: PICTURE_QUALITY });
  writeFileSync(join(PICTURES, `${name}.webp`), Buffer.from(data, "base64"));
}

async function signIn(page: Page, keypairFile: string): Promise<void> {
  await page
    .getByLabel("Keypair file")
    .setInputFiles({ name: "id.json", mimeType: "application/json", buffer: Buffer.from(keypairFile) });
  await page.getByText("Signed in as").waitFor();
}

describe.skipIf(!hasChromium)("the explorer in a browser", () => {
  describe.each([
    ["light", { colorScheme: "light" as const }],
    ["dark, 390 px wide", { colorScheme: "dark" as const, viewport: PHONE, hasTouch: true }],
  ])("%s", (_, options) => {
    test.each([...PAGES, "cell", "hotspot", "packets", "rewards"])(
      "%s is drawn without an error, and axe finds nothing serious",
      async (name) => {
        const path =
          {
            cell: `/cell/${cell}`,
            hotspot: `/hotspot/${hotspotKey}`,
            packets: `/hotspot/${hotspotKey}?tab=packets`,
            rewards: `/hotspot/${hotspotKey}?tab=rewards`,
          }[name] ?? name;
        const { page, errors } = await visit(path, options);
        if (name === "/" || name === "cell") await mapDrawn(page);
        expect(await seriousFindings(page)).toEqual([]);
        await expect.poll(() => overflowPx(page)).toBe(0);
        expect(errors).toEqual([]);
        expect(await page.title()).toBe("Earshot");
        await picture(page, `${name.replace(/\W/g, "") || "map"}-${options.colorScheme}`);
      },
    );
  });

  test("a click on a hexagon shows its hotspots, verdicts, links both ways and the scale", async () => {
    const { page, errors } = await visit("/");
    await mapDrawn(page);
    await mapAtRest(page);
    // This browser draws in software, where four samples a pixel would cost four times as much: hexagons are smoothed without.
    const samples =
      "document.querySelector('.maplibregl-canvas').getContext('webgl2').getContextAttributes().antialias";
    expect(await page.evaluate(samples)).toBe(false);
    // The projection of the map says where on the screen the cell is.
    const [x, y] = (await page.evaluate(
      `(() => { const map = document.querySelector(".map"); const box = map.getBoundingClientRect();
        const at = map.coverageMap.screenOf("${cell}"); return [box.x + at.x, box.y + at.y]; })()`,
    )) as [number, number];
    await page.mouse.click(x, y);
    await page.waitForURL(/\/cell\//);
    await settled(page);
    const panel = page.getByRole("complementary");
    await panel.getByRole("table", { name: "Hotspots", exact: true }).waitFor();
    await panel.getByRole("table", { name: /Links both ways/ }).waitFor();
    await panel
      .getByRole("table", { name: /Density scale/ })
      .getByText("product of these")
      .waitFor();
    await panel.getByRole("table", { name: "Hotspots", exact: true }).getByRole("link").first().click();
    await page.waitForURL(/\/hotspot\//);
    expect(errors).toEqual([]);
  });

  test("hexagons can be coloured by weight and by age, and the legend says by what", async () => {
    const { page } = await visit("/");
    await page.getByLabel("Reward weight").check();
    await page.getByText("0.25 where nobody is served").waitFor();
    await page.getByLabel("Age of evidence").check();
    await page.waitForURL(/show=age/);
    await page.getByText("Since the last beacon").waitFor();
  });

  test("everything is reached by keys alone", async () => {
    const { page, errors } = await visit("/");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the page");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    // The search: name, arrow, enter.
    const { hotspots } = await answerOf("/v1/leaderboard?limit=1");
    await page.getByRole("combobox").focus();
    const name = hotspots[0].name.toLowerCase();
    // Who types slowly is shown what begins so before.
    const found = page.waitForResponse((answer) => answer.url().endsWith(`/v1/search?q=${encodeURIComponent(name)}`));
    await page.keyboard.type(name);
    await (await found).finished();
    await page.getByRole("option", { name: hotspots[0].name }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/hotspot/${hotspots[0].key}`);
    await settled(page);
    // The new page has the focus, so that the next key goes on from its top.
    await page.locator("main:focus").waitFor();
    // A cell by the list beside the map.
    await page.goto(world.url);
    await settled(page);
    const link = page.locator(".cells a").first();
    await link.focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/cell\//);
    expect(errors).toEqual([]);
  });

  test("nothing found and nobody there are said in words", async () => {
    const { page } = await visit("/network");
    await page.getByRole("combobox").fill("zzzz no such hotspot");
    await page.getByText("Nothing of that name").waitFor();
    const { page: other } = await visit(`/hotspot/${hotspotKey.slice(0, -2)}11`);
    await other.getByText("There is none").waitFor();
    await other.goto(`${world.url}/cell/8001fffffffffff`);
    await settled(other);
    await other.getByText("There is none").waitFor();
  });

  test("an address that is no page is answered with a page to a person and with an error to a program", async () => {
    const { page } = await visit("/hotspot-list");
    await page.getByRole("heading", { name: "No such page" }).waitFor();
    await page.getByRole("link", { name: "Back to the map" }).click();
    await page.waitForURL(`${world.url}/`);
    const asked = (path: string, accept: string) => fetch(`${world.url}${path}`, { headers: { accept } });
    const shown = await asked("/hotspot-list", "text/html");
    expect([shown.status, shown.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
    for (const [path, accept] of [
      ["/hotspot-list", "*/*"],
      ["/v1/hotspot-list", "text/html"],
    ] as const) {
      const refused = await asked(path, accept);
      expect([refused.status, await refused.json()]).toMatchObject([404, { code: "not_found" }]);
    }
  });

  test("charts tell the latest figures to who points at nothing", async () => {
    const { page } = await visit("/network");
    const { epochs } = await answerOf("/v1/history?limit=2");
    const burn = page.locator(".chart", { has: page.getByRole("heading", { name: /^Burn/ }) });
    await burn
      .locator(".u-legend")
      .getByText(String(epochs.at(-1).epoch), { exact: true })
      .waitFor();
    expect(await burn.locator(".u-legend").textContent()).not.toContain("--");
  });

  test("a hotspot without a location is told that it needs one", async () => {
    const { hotspots } = await answerOf("/v1/hotspots?limit=200");
    const unplaced = hotspots.find(({ cell }: { cell: string | null }) => cell === null);
    const { page } = await visit(`/hotspot/${unplaced.key}`);
    await page.getByText("It has no asserted location, so it is not asked to beacon").waitFor();
  });

  test("what is awaited is told, and a refusal can be tried again", async () => {
    const { page } = await browser.open();
    let held: (() => void) | undefined;
    const holding = new Promise<void>((resolve) => {
      held = resolve;
    });
    let asked = 0;
    await page.route("**/v1/gaps**", async (route) => {
      asked++;
      if (asked === 1) {
        await holding;
        return route.fulfill({ status: 503, json: { code: "log_unavailable", expected: "an answer", got: "a fault" } });
      }
      return route.continue();
    });
    await page.goto(`${world.url}/gaps`);
    await page.getByText("Loading the gaps").waitFor({ state: "attached" });
    held?.();
    await page.getByRole("alert").getByText("Could not show the gaps.").waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("table", { name: /Gaps of epoch/ }).waitFor();
  });

  test("an oracle that stops answering leaves what was there, marked as old, until it answers again", async () => {
    const { page } = await visit("/network");
    await page.context().setOffline(true);
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.getByText("The oracle has not answered since").waitFor();
    await page.getByText("no answer", { exact: true }).waitFor();
    await page.getByRole("heading", { name: "Epochs and roots" }).waitFor();
    await page.context().setOffline(false);
    await page.getByRole("alert").getByRole("button", { name: "Try again" }).click();
    await page.getByText("The oracle has not answered since").waitFor({ state: "detached" });
  });

  test("without WebGL the page says so and lists the cells", async () => {
    const { page } = await browser.open();
    await page.addInitScript("HTMLCanvasElement.prototype.getContext = () => null");
    await page.goto(world.url);
    await page.getByText("gives no WebGL").waitFor();
    await settled(page);
    await page.getByRole("group", { name: "Colour hexagons by" }).waitFor();
  });

  test("an owner signs in, sees the exact place, and gets every command down to the claim", async () => {
    const { hotspots } = await answerOf("/v1/hotspots?limit=200");
    // Of the map's first cell: an owner begins with what everybody sees.
    const own = hotspots.find(
      (one: { cell: string | null; pay: { atoms: string } }) => one.cell !== null && one.pay.atoms !== "0",
    );
    const wallet = base58Bytes(own.owner)!;
    const { page, errors } = await visit("/");
    await page.getByRole("link", { name: "Owner" }).click();
    await page.getByLabel("or its text").fill("[1,2,3]");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("That is no keypair file").waitFor();
    await signIn(page, world.ownerKeypairFile(wallet));
    await settled(page);
    const row = page.getByRole("row").filter({ has: page.locator(`a[href="/hotspot/${own.key}"]`) });
    await row.getByRole("button", { name: /Open/ }).click();
    const manage = page.getByRole("region", { name: "Manage the hotspot" });
    const exact = (await manage.locator("p .code").first().textContent()) ?? "";
    expect(exact).toMatch(/^8c[0-9a-f]{13}$/);
    // Nobody else is told.
    expect((await answerOf(`/v1/hotspots/${own.key}`)).exactCell).toBeUndefined();

    await manage.getByText("Assert a location").click();
    // The map is made when it is seen, and a click counts from then on.
    const chosen = manage.getByText(/^Chosen: /);
    const asserted = await chosen.textContent();
    await expect
      .poll(
        async () => {
          await manage.locator(".map.small").click({ position: { x: 40, y: 40 } });
          return chosen.textContent();
        },
        { timeout: 30_000 },
      )
      .not.toBe(asserted);
    const clicked = await chosen.textContent();
    await expectCommand(
      page,
      new RegExp(`^earshot hotspot assert ${own.key} --cell (?!${exact})8c[0-9a-f]{13} --region US915`),
    );
    await manage.getByLabel("Latitude, longitude").fill("91, -122.42");
    await manage.getByRole("button", { name: "Take it" }).click();
    await manage.getByRole("alert").getByText("Write latitude and longitude in degrees").waitFor();
    await manage.getByLabel("Latitude, longitude").fill("37.77, -122.42");
    await manage.getByRole("button", { name: "Take it" }).click();
    await expect.poll(() => chosen.textContent()).not.toBe(clicked);
    await manage.getByLabel(/^Private/).check();
    await expectCommand(
      page,
      new RegExp(`^earshot hotspot assert ${own.key} --cell 8c[0-9a-f]{13} --region US915 --private --opening `),
    );

    await manage.getByText("Set who is paid").click();
    await manage.getByLabel("Wallet 1").fill(own.owner);
    await manage.getByRole("button", { name: "Add a wallet" }).click();
    await manage.getByLabel("Wallet 2").fill("not a wallet");
    await manage.getByText("Wallet 2 is no wallet yet").waitFor();
    await manage.getByLabel("Wallet 2").fill("11111111111111111111111111111111");
    await manage.getByLabel("Percent").first().fill("70");
    await manage.getByLabel("Percent").last().fill("20");
    await manage.getByText("sum to").waitFor();
    await manage.getByLabel("Percent").last().fill("30");
    await expectCommand(
      page,
      `earshot hotspot beneficiary ${own.key} ${own.owner}:7000 11111111111111111111111111111111:3000`,
    );

    await manage.getByText("Transfer the hotspot").click();
    await manage.getByLabel("New owner's wallet").fill("11111111111111111111111111111111");
    await expectCommand(page, `earshot hotspot transfer ${own.key} 11111111111111111111111111111111`);
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, "owner-signed-in");

    const claim = page.locator("pre", { hasText: "earshot rewards claim" });
    const [, proofUrl = ""] = / --proof '?([^\s']+)/.exec((await claim.textContent()) ?? "") ?? [];
    const read = claimFromJson(await (await fetch(proofUrl)).text(), proofUrl);
    expect(read.beneficiary.toBase58()).toBe(own.owner);
    expect(read.cumulative).toBeGreaterThan(0n);
    expect(errors).toEqual([]);
  });

  test("a customer asks for coverage, and with the paying wallet for usage", async () => {
    const { page, errors } = await visit("/console");
    await page.getByLabel("Latitude, longitude").fill("somewhere");
    await page.getByRole("button", { name: "Look" }).click();
    await page.getByText("Write latitude and longitude").waitFor();
    await page.getByLabel("Latitude, longitude").fill("37.775, -122.42");
    await page.getByRole("button", { name: "Look" }).click();
    await page.getByText("Yes.").waitFor();
    await signIn(page, world.keypairFile("payer", "water"));
    await page.getByRole("table", { name: /By device/ }).waitFor();
    await page.getByRole("table", { name: /By cell/ }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, "customer-signed-in");
    expect(errors).toEqual([]);
  });

  test("a proposal shows what it changes, and what the latest epoch would have paid under both rule sets", async () => {
    const { page, errors } = await visit("/proposals");
    await page.getByText("selection.maximumWitnesses").waitFor();
    await page.locator("del", { hasText: "14" }).waitFor();
    await page.locator("ins", { hasText: "4" }).waitFor();
    await page.getByRole("button", { name: /both rule sets/ }).click();
    await page.getByRole("table", { name: /under both rule sets/ }).waitFor();
    await page.getByRole("table", { name: /gains and loses/ }).waitFor();
    await picture(page, "proposal-effect");
    expect(errors).toEqual([]);
  });

  test("a closed epoch appears without loading the page anew", async () => {
    const { page, errors } = await visit("/network");
    const before = Number(((await page.locator(".live").textContent()) ?? "").replace(/\D/g, ""));
    await world.closeNext();
    await page.getByText(`epoch ${before + 1}`, { exact: true }).waitFor();
    await page.getByRole("heading", { name: `Epoch ${before + 1}`, exact: true }).waitFor();
    expect(errors).toEqual([]);
  });
});

async function expectCommand(page: Page, text: string | RegExp): Promise<void> {
  await page.locator("pre").filter({ hasText: text }).first().waitFor();
}

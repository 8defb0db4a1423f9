/** What has not happened yet is no error: pages before the first epoch, a wallet that earned nothing, a cell where nobody stands. */
import { cellToString, latLngToCell } from "@earshot/geo";
import { keyToText, signerFromEd25519Seed } from "@earshot/poc/protocol";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { EPOCH } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { hasChromium, seriousFindings, settled } from "./browser.ts";
import { type SmallWorld, startSmallWorld } from "./small-world.ts";
import { TestBrowser } from "./test-browser.ts";

const NOT_YET = "No epoch is closed yet.";
/** Mid-ocean, far from every hotspot. */
const NOWHERE = { lat: 30, lng: -40 };
const nowhere = latLngToCell(NOWHERE.lat, NOWHERE.lng, 8);
const emptyCell = cellToString(nowhere.hi, nowhere.lo);
const seed = new Uint8Array(32).fill(77);
const stranger = signerFromEd25519Seed(seed);
const folders = new TemporaryFolders("nothing-yet");
let world: SmallWorld;
const browser = new TestBrowser();

beforeAll(async () => {
  if (!hasChromium) return;
  world = await startSmallWorld(folders.next(), new Uint8Array(32).fill(5));
  await browser.launch();
}, 120_000);

afterEach(async () => {
  // Also what the browser itself writes of an answer that is no answer.
  for (const { errors } of await browser.closePages()) expect(errors).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await world?.stop();
});

async function visit(path: string): Promise<Page> {
  return (await browser.visit(`${world.url}${path}`)).page;
}

/** Signs in as a wallet that owns nothing and earned nothing. */
async function signIn(page: Page): Promise<void> {
  const buffer = Buffer.from(JSON.stringify([...seed, ...stranger.publicKey.slice(1)]));
  await page.getByLabel("Keypair file").setInputFiles({ name: "id.json", mimeType: "application/json", buffer });
  await page.getByText("Signed in as").waitFor();
  await settled(page);
}

async function lookFor(page: Page, point: string): Promise<void> {
  await page.getByLabel("Latitude, longitude").fill(point);
  await page.getByRole("button", { name: "Look" }).click();
}

describe.skipIf(!hasChromium)("before the first epoch is closed", () => {
  const hotspot = keyToText(stranger.publicKey);
  test.each(["/", `/cell/${emptyCell}`, "/hotspots", `/hotspot/${hotspot}`, "/gaps", "/network"])(
    "%s says so",
    async (path) => {
      const page = await visit(path);
      await page.locator("main").getByText(NOT_YET).waitFor();
      expect(await page.locator("main").getByRole("alert").count()).toBe(0);
      expect(await seriousFindings(page)).toEqual([]);
    },
  );

  test("an owner and a customer can sign in, look for coverage and search, and are told the same", async () => {
    const page = await visit("/owner");
    await signIn(page);
    await page.locator("main").getByText(NOT_YET).first().waitFor();
    await page.getByRole("combobox").fill("fluffy");
    await page.getByText("Nothing of that name").waitFor();
    await page.getByRole("link", { name: "Customer" }).click();
    await lookFor(page, `${NOWHERE.lat}, ${NOWHERE.lng}`);
    await page.locator("main").getByText(NOT_YET).first().waitFor();
    expect(await page.locator("main").getByRole("alert").count()).toBe(0);
  });

  test("the first one that is fills the page without loading it anew", async () => {
    const page = await visit("/hotspots");
    await page.locator("main").getByText(NOT_YET).waitFor();
    await world.close();
    await page.getByRole("table", { name: `Epoch ${EPOCH}` }).waitFor();
  });
});

describe.skipIf(!hasChromium)("once an epoch is closed", () => {
  test("a wallet that never earned is owed nothing, and told where rewards go", async () => {
    const page = await visit("/owner");
    await signIn(page);
    await page.getByText("No closed epoch owes this wallet anything.").waitFor();
    await page.getByText("has no hotspot of this wallet").waitFor();
    expect(await page.locator("main").getByRole("alert").count()).toBe(0);
  });

  test("a place without coverage leads to its cell, which says that nobody stands there", async () => {
    const page = await visit("/gaps");
    await lookFor(page, `${NOWHERE.lat}, ${NOWHERE.lng}`);
    await page.getByText("No evidence of it.").waitFor();
    await page.getByRole("link", { name: emptyCell }).click();
    await page.getByText("No hotspot has asserted a location in this cell.").waitFor();
    await settled(page);
    expect(await page.locator("main").getByRole("alert").count()).toBe(0);
  });
});

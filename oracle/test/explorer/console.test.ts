/** The customer's page in a browser, against the real API of organisations: founded, changed and shown by people with keys. */
import { mkdirSync } from "node:fs";
import type { DeviceSigner } from "@earshot/poc/protocol";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { apiPart } from "../../src/api/api-part.ts";
import { EpochFolders } from "../../src/api/epoch-source.ts";
import { explorerPart } from "../../src/explorer/explorer-part.ts";
import { SYSTEM_CLOCK } from "../../src/service/clock.ts";
import { OrganisationWorld } from "../organisations/organisation-world.ts";
import { member, wallet, walletOf, walletText } from "../organisations/people.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { hasChromium, overflowPx, seriousFindings, settled, type WatchedPage } from "./browser.ts";
import { TestBrowser } from "./test-browser.ts";

const folders = new TemporaryFolders("console");
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme: "dark" };

const browser = new TestBrowser();
let world: OrganisationWorld;
let url: string;

beforeAll(async () => {
  if (hasChromium) await browser.launch();
});

beforeEach(async () => {
  if (!hasChromium) return;
  const folder = folders.next();
  mkdirSync(folder);
  world = await OrganisationWorld.start({
    folder,
    clock: SYSTEM_CLOCK,
    parts: [apiPart({ source: new EpochFolders(folder), nowMs: Date.now }), explorerPart()],
  });
  url = await world.app.listen({ host: "127.0.0.1", port: 0 });
});

afterEach(async () => {
  await browser.closePages();
  await world?.stop();
});
afterAll(() => browser.close());

const keypairFile = (fill: number, { publicKey }: DeviceSigner) =>
  JSON.stringify([...new Uint8Array(32).fill(fill), ...publicKey.subarray(1)]);

/** The page, signed in as the wallet that pays. */
async function signedIn(options: BrowserContextOptions = {}, file = keypairFile(41, wallet)): Promise<WatchedPage> {
  const one = await browser.visit(`${url}/console`, options);
  await one.page
    .getByLabel("Keypair file")
    .setInputFiles({ name: "id.json", mimeType: "application/json", buffer: Buffer.from(file) });
  await one.page.getByText("Signed in as").waitFor();
  await settled(one.page);
  return one;
}

async function found(page: Page, name = "Air quality"): Promise<void> {
  await page.getByLabel("Name of the organisation").fill(name);
  await page.getByRole("button", { name: "Found it" }).click();
  await page.getByText("You own it.").waitFor();
}

async function fillRoute(page: Page, devAddrs: string): Promise<void> {
  const routes = page.getByRole("region", { name: "Routes of the organisation" });
  await routes.getByText("Make a route").click();
  await routes.getByLabel("Name", { exact: true }).fill("air");
  await routes.getByLabel("Broker", { exact: true }).fill("broker.example.com");
  await routes.getByLabel(/DevAddrs/).fill(devAddrs);
  await page.getByRole("button", { name: "Make the route" }).click();
}

/** What the oracle holds. */
const organisation = async () => (await world.read(`/v1/organisations/${walletText}`, wallet)).json;

describe.skipIf(!hasChromium)("a customer's organisation in a browser", () => {
  test("is founded, and a route is made, changed and withdrawn, with a secret that is shown once", async () => {
    const { page, errors } = await signedIn();
    await found(page);
    await fillRoute(page, "26011000/20");
    const secret = await page.locator("[data-secret]").textContent();
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(world.routes.book.routes[0]!.route).toMatchObject({
      name: "air",
      credentialSecret: secret,
      devAddrs: ["26011000/20"],
      server: { host: "broker.example.com", port: 8883, certificateAuthority: null },
    });
    await page.getByRole("button", { name: "I have kept it" }).click();
    const summary = page.locator("summary", { hasText: / air/ });
    await summary.click();
    const open = page.locator("details[open]");
    await open.getByLabel(/Copies of a packet/).fill("3");
    await open.getByLabel("Told to hotspots").uncheck();
    await page.getByRole("button", { name: "Change the route" }).click();
    await summary.getByText("off").waitFor();
    expect(world.routes.book.routes[0]!.route).toMatchObject({
      maxCopies: 3,
      isActive: false,
      credentialSecret: secret,
    });
    await summary.click();
    await page.getByRole("button", { name: /Withdraw route/ }).click();
    await page.getByText(/None yet/).waitFor();
    expect(world.routes.book.routes).toEqual([]);
    expect(errors).toEqual([]);
  });

  test("says what is wrong with a route in the oracle's words, and keeps what was typed", async () => {
    const { page } = await signedIn();
    await found(page);
    await fillRoute(page, "26011001/20");
    await page
      .getByRole("alert")
      .getByText(/\/devAddrs\/0: 26011000\/20/)
      .waitFor();
    expect(await page.getByLabel(/DevAddrs/).inputValue()).toBe("26011001/20");
    expect((await organisation()).routes).toEqual([]);
  });

  test("takes people in, who then see it under its wallet and change what they may", async () => {
    const { page } = await signedIn();
    await found(page);
    await page.getByText("Add a member").click();
    await page.getByRole("region", { name: "Members" }).getByLabel("Name", { exact: true }).fill("Ada");
    await page.getByLabel("Wallet", { exact: true }).fill(walletOf(member));
    await page.getByRole("combobox", { name: /^May/ }).selectOption("editor");
    await page.getByRole("button", { name: "Add the member" }).click();
    await page.getByRole("rowheader", { name: "Ada" }).waitFor();

    const { page: hers } = await signedIn({}, keypairFile(45, member));
    await hers.getByText("This wallet pays for no route yet").waitFor();
    await hers.getByLabel(/Organisation's wallet/).fill(walletText);
    await hers.getByText("You may look and change.").waitFor();
    await hers.getByText("Make an API key").click();
    await hers.getByLabel("What it is for").fill("billing");
    await hers.getByRole("button", { name: "Make the key" }).click();
    const key = await hers.locator("[data-secret]").textContent();
    const reading = await fetch(`${url}/v1/organisations/${walletText}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(reading.status).toBe(200);

    // The owner's page is older by one change: it says so, shows it anew, and the change can be made again.
    await page.getByRole("button", { name: /Remove Ada/ }).click();
    await page
      .getByRole("alert")
      .getByText(/Somebody changed the organisation meanwhile/)
      .waitFor();
    await page.getByRole("button", { name: /Revoke key billing/ }).waitFor();
    await page.getByRole("button", { name: /Remove Ada/ }).click();
    await page.getByText("Nobody but the wallet and its route keys.").waitFor();
    expect((await organisation()).members).toEqual([]);
  });

  test("sets a webhook whose secret stays until it is kept, and refuses an address at home", async () => {
    const { page } = await signedIn();
    await found(page);
    await page.getByText("Set a webhook").click();
    await page.getByLabel("Address", { exact: true }).fill("https://192.168.1.1/");
    await page.getByRole("button", { name: "Set the webhook" }).click();
    await page
      .getByRole("alert")
      .getByText(/an address on the internet/)
      .waitFor();
    await page.getByLabel("Address", { exact: true }).fill("https://hooks.example.com/low");
    await page.getByRole("button", { name: "Set the webhook" }).click();
    await page.getByText("Told to https://hooks.example.com/low").waitFor();
    expect(await page.locator("[data-secret]").textContent()).toMatch(/^[0-9a-f]{64}$/);
    expect((await organisation()).webhook).toMatchObject({
      url: "https://hooks.example.com/low",
      belowDataCredits: "10000",
    });
  });

  test("can be founded, given a key and dissolved by keys alone", async () => {
    const { page, errors } = await signedIn();
    const reach = async (name: RegExp) => {
      for (let at = 0; at < 150; at++) {
        await page.keyboard.press("Tab");
        const text = await page.evaluate(
          `(() => { const one = document.activeElement; return (one?.labels?.[0] ?? one)?.textContent?.trim() ?? ""; })()`,
        );
        if (name.test(String(text))) return;
      }
      throw new Error(`Tab does not reach ${name}`);
    };
    await reach(/^Name of the organisation/);
    await page.keyboard.type("Soil");
    await page.keyboard.press("Enter");
    await page.getByText("You own it.").waitFor();
    await reach(/^Make an API key/);
    await page.keyboard.press("Enter");
    await reach(/^What it is for/);
    await page.keyboard.type("ci");
    await page.keyboard.press("Enter");
    await page.locator("[data-secret]").waitFor();
    // What is shown once has the focus, so that it is read out.
    expect(await page.evaluate(`document.activeElement?.textContent.includes("shown this once")`)).toBe(true);
    await reach(/^Rename or dissolve/);
    await page.keyboard.press("Enter");
    await reach(/^To dissolve it/);
    await page.keyboard.type("Soil");
    // Enter presses the button, once it may be pressed.
    await page.getByRole("button", { name: "Dissolve it", disabled: false }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByLabel("Name of the organisation").waitFor();
    expect((await organisation()).name).toBeNull();
    expect(errors).toEqual([]);
  });

  test.each([
    ["light, 1280 px wide", {}],
    ["dark, 390 px wide", PHONE],
  ])("%s, with everything open, fits the screen, and axe finds nothing serious", async (_, options) => {
    const { page, errors } = await signedIn(options as BrowserContextOptions);
    await found(page);
    await fillRoute(page, "26011000/20");
    await page.locator("[data-secret]").waitFor();
    await page.getByText("Add a member").click();
    await page.getByRole("region", { name: "Members" }).getByLabel("Name", { exact: true }).fill("Ada");
    await page.getByLabel("Wallet", { exact: true }).fill(walletOf(member));
    await page.getByRole("button", { name: "Add the member" }).click();
    await page.getByRole("rowheader", { name: "Ada" }).waitFor();
    await page.evaluate(`document.querySelectorAll("details").forEach((one) => { one.open = true; })`);
    expect(await seriousFindings(page)).toEqual([]);
    const wide = () =>
      page.evaluate(`[...document.querySelectorAll("main *")].filter((one) => !one.closest(".scroll")
      && one.getBoundingClientRect().right > document.documentElement.clientWidth).map((one) => one.outerHTML.slice(0, 120))`);
    await expect.poll(wide).toEqual([]);
    await expect.poll(() => overflowPx(page)).toBe(0);
    expect(errors).toEqual([]);
  });
});

/** The pages over a real chain: votes become a final root, and the command that a page shows pays its owner. */
import { join } from "node:path";
import { lockTokens, proposeInstructions, send } from "@earshot/programs-client";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { EPOCH, EPOCH_MS, parameters } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { hasChromium, seriousFindings, settled, type WatchedPage } from "./browser.ts";
import { type ChainWorld, startChainWorld } from "./chain-world.ts";
import { TestBrowser } from "./test-browser.ts";

const ATOMS = 100_000_000n;
const earshot = join(import.meta.dirname, "../../../programs/client/src/main.ts");
const folders = new TemporaryFolders("explorer-chain");
let world: ChainWorld;
const browser = new TestBrowser();

beforeAll(async () => {
  if (!hasChromium) return;
  world = await startChainWorld(folders.next());
  await browser.launch();
}, 120_000);

afterEach(async () => {
  await browser.closePages();
});

afterAll(async () => {
  await browser.close();
  await world?.stop();
});

function visit(path: string): Promise<WatchedPage> {
  return browser.visit(`${world.url}${path}`);
}

/** What a chain says is kept for some seconds: the page is loaded anew until it says this. */
async function loadedUntil(page: Page, text: string): Promise<void> {
  await expect
    .poll(
      async () => {
        await page.reload();
        await settled(page);
        return page.locator("main").textContent();
      },
      { timeout: 50_000 },
    )
    .toContain(text);
}

describe.skipIf(!hasChromium)("the explorer over a chain", () => {
  test("shows an issued epoch, its votes as they come, and when its root is final", async () => {
    const { page, errors } = await visit("/network");
    const votes = page.getByRole("table", { name: /3 oracles; a root needs 3 of the same votes/ });
    await votes.getByRole("row", { name: new RegExp(`${EPOCH}.+0 of 3.+open`) }).waitFor();
    for (const oracle of [0, 1, 2]) await world.vote(oracle);
    await loadedUntil(page, "3 of 3");
    await votes.getByText("approved").waitFor();
    await world.finalize();
    await loadedUntil(page, "final");
    await votes.getByRole("row", { name: new RegExp(`${EPOCH}.+final`) }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  test("an owner sees what can be claimed, runs the command that stands there, and the page shows it paid", async () => {
    const { page, errors } = await visit("/owner");
    const keypair = JSON.stringify([...world.owner.secretKey]);
    await page
      .getByLabel("Keypair file")
      .setInputFiles({ name: "id.json", mimeType: "application/json", buffer: Buffer.from(keypair) });
    const command = page.locator("pre", { hasText: "earshot rewards claim" });
    await command.waitFor();
    const claimable = await figure(page, "claimable now, tokens");
    expect(await figure(page, "claimed, tokens")).toBe("0.00000000");
    expect(Number(claimable.replaceAll(",", ""))).toBeGreaterThan(0);
    expect(await seriousFindings(page)).toEqual([]);

    const payer = world.write("payer.json", JSON.stringify([...world.chain.wallets[0]!.secretKey]));
    const { code, out, err } = await typed(`${await command.textContent()} --keypair ${payer} --commit`);
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({ committed: true });

    await page.getByText("Everything that is final was claimed.").waitFor();
    expect(await figure(page, "claimed, tokens")).toBe(claimable);
    expect(await figure(page, "claimable now, tokens")).toBe("0.00000000");
    expect(errors).toEqual([]);
  });

  test("a published proposal stands with its votes, its quorum and its delay", async () => {
    const { chain, owner, proposals } = world;
    const { programs } = chain.as();
    // As long as a lock can be: it weighs what it holds.
    const lock = {
      owner: owner.publicKey,
      id: 0n,
      amountAtoms: 200n * ATOMS,
      lock: { constant: { seconds: 4 * 365 * (EPOCH_MS / 1000) } },
    };
    await send(chain.as(owner), [await lockTokens(programs, chain.addresses, lock)]);
    // A position counts from the next epoch on.
    chain.warpTo(epochSpan(EPOCH + 6, parameters.time).startMs);
    const proposal = { id: 0n, owner: owner.publicKey, positionId: 0n, instructions: [], description: "nothing" };
    await send(chain.as(owner), [await proposeInstructions(programs, chain.addresses, proposal)]);
    const unpublished = await visit("/proposals");
    await unpublished.page.getByText("On chain, and not published here: 0 (waits for").waitFor();
    await unpublished.page.close();
    await Bun.write(join(proposals, "0.json"), JSON.stringify({ description: "Change nothing.", instructions: [] }));
    const { page, errors } = await visit("/proposals");
    await loadedUntil(page, "voting");
    expect(await figure(page, "passes at")).toBe("66.7 % yes");
    expect(await figure(page, "timelock ends")).toBe("after it is queued");
    expect(await seriousFindings(page)).toEqual([]);
    expect(errors).toEqual([]);
  });
});

async function figure(page: Page, name: string): Promise<string> {
  const value = page
    .locator(".figures > div")
    .filter({ has: page.locator("dt", { hasText: name }) })
    .locator("dd");
  return (await value.textContent()) ?? "";
}

/** A command as a person types it, against the world's chain. */
async function typed(command: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const network = `--url ${world.chain.url} --token-mint ${world.chain.addresses.tokenMint.toBase58()} --json`;
  const shell = ["sh", "-c", `earshot() { "${process.execPath}" "${earshot}" "$@"; }; ${command} ${network}`];
  const spawned = Bun.spawn(shell, { stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(spawned.stdout).text(), new Response(spawned.stderr).text()]);
  return { code: await spawned.exited, out, err };
}

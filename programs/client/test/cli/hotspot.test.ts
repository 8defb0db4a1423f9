/** The life of a hotspot on the command line: onboarded, placed, hidden and shown, paid for, sold. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Keypair } from "@solana/web3.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { earshot } from "./run-cli.ts";
import { type RunningLocalnet, startLocalnetCommand } from "./running-localnet.ts";

const CELL = "8c28308280001ff";
const DAY = 86_400;
let localnet: RunningLocalnet;
let hotspot: string;

beforeAll(async () => {
  localnet = await startLocalnetCommand();
  await localnet.answer("owner", "dc mint", "2000000", "--commit");
});
afterAll(() => localnet.stop());

const keyOf = (words: string) => /[0-9a-f]{66}/.exec(words)![0];

describe("onboarding", () => {
  test("takes the key file of an agent, Ed25519 or P-256", async () => {
    const { answer, write, address } = localnet;
    const comment = "# The key of an Earshot hotspot.\n";
    const ed25519 = write("hotspot.key", `${comment}ed25519 ${"11".repeat(32)}\n`);
    expect(await answer("owner", "hotspot onboard", "--device", ed25519)).toMatchObject({ committed: false });
    await answer(
      "owner",
      "hotspot onboard",
      "--device",
      ed25519,
      "--gain-ddbi",
      "40",
      "--elevation-m",
      "12",
      "--commit",
    );
    await answer("owner", "hotspot onboard", "--device", write("second.key", `p256 ${"22".repeat(32)}\n`), "--commit");
    const list = await answer("maker", "hotspot list", address("owner"));
    expect(list.map(({ kind, cell }: Record<string, string>) => [kind, cell])).toEqual([
      ["light", "no location asserted"],
      ["light", "no location asserted"],
    ]);
    hotspot = keyOf(list.find(({ key }: { key: string }) => key.startsWith("ed")).key);
    expect(await answer("owner", "hotspot info", hotspot)).toMatchObject({
      deviceKey: hotspot,
      onboardFee: "50000",
      antenna: { next: { gainDdbi: 40, elevationM: 12 } },
    });
  });

  test("lets a device sign elsewhere", async () => {
    const { answer, refusal } = localnet;
    const device = Keypair.fromSeed(new Uint8Array(32).fill(51));
    const key = `ed${Buffer.from(device.publicKey.toBytes()).toString("hex")}`;
    const asked = ["owner", "hotspot onboard", "--device-key", key, "--nonce", "5"] as const;
    const { messageToSign } = await answer(...asked);
    const { signerFromEd25519Seed } = await import("@earshot/poc/protocol");
    const signer = signerFromEd25519Seed(device.secretKey.slice(0, 32));
    const signature = Buffer.from(signer.sign(Buffer.from(messageToSign, "hex"))).toString("hex");
    expect(await refusal(...asked, "--signature", "00".repeat(64))).toMatch(/^PRG_REFUSED: /);
    await answer(...asked, "--signature", signature, "--commit");
    expect(await answer("owner", "hotspot info", key)).toMatchObject({ onboardNonce: "5" });
  });

  test("refuses a device that is no file, or given twice, and a second onboarding", async () => {
    const { refusal, keypair, folder } = localnet;
    expect(await refusal("owner", "hotspot onboard")).toMatch(/^PRG_BAD_OPTION: give the device as/);
    expect(await refusal("owner", "hotspot onboard", "--device", "none.key")).toMatch(
      /^PRG_BAD_OPTION: --device: no file/,
    );
    const full = ["--device", keypair("maker"), "--maker", "Acme"];
    expect(await refusal("owner", "hotspot onboard", ...full)).toMatch(/--maker and --issuer go together/);
    const issuer = ["--issuer", keypair("owner")];
    expect(await refusal("owner", "hotspot onboard", ...full, ...issuer)).toMatch(
      /^PRG_NOT_FOUND: no maker named "Acme" /,
    );
    const again = await refusal("owner", "hotspot onboard", "--device", join(folder, "hotspot.key"), "--commit");
    expect(again).toMatch(/^PRG_REFUSED: /);
  });
});

describe("a location", () => {
  test("of an open hotspot is public down to resolution 12", async () => {
    const { answer } = localnet;
    const where = ["--cell", CELL, "--region", "EU868"];
    expect(await answer("owner", "hotspot assert", hotspot, ...where)).toMatchObject({ committed: false });
    await answer("owner", "hotspot assert", hotspot, ...where, "--commit");
    expect(await answer("owner", "hotspot info", hotspot)).toMatchObject({
      assertNonce: 1,
      location: { next: { cell: BigInt(`0x${CELL}`).toString(), region: 1 } },
    });
    expect(await answer("owner", "dc balance")).toMatchObject({ dataCredits: String(2_000_000 - 4 * 50_000) });
    const { url, network } = localnet;
    const { out } = await earshot(["hotspot", "info", hotspot, "--url", url, "--token-mint", network.tokenMint!]);
    const fromNext = /^location +not asserted; from epoch (\d+) on 8c28308280001ff, EU868$/m.exec(out);
    expect(out).toContain(`takes part from epoch ${fromNext?.[1]} on\n`);
    expect(out).toMatch(/^antenna +4 dBi, 12 m$/m);
  });

  test("of a private one stays in its file, and opens later at no fee", async () => {
    const { answer, refusal, folder } = localnet;
    const file = join(folder, "place.json");
    const where = ["--lat", "37.77", "--lng", "-122.42", "--region", "us915"];
    expect(await refusal("owner", "hotspot assert", hotspot, ...where, "--private")).toMatch(
      /--private needs --opening/,
    );
    const hidden = ["owner", "hotspot assert", hotspot, ...where, "--private", "--opening", file] as const;
    await answer(...hidden);
    expect(existsSync(file)).toBe(false);
    await answer(...hidden, "--commit");
    expect(statSync(file).mode & 0o077).toBe(0);
    const { cell } = JSON.parse(readFileSync(file, "utf8"));
    const before = await answer("owner", "dc balance");
    expect((await answer("owner", "hotspot info", hotspot)).location.next.cell).toBe("0");
    await answer("owner", "hotspot assert", hotspot, "--opening", file, "--region", "US915", "--commit");
    expect((await answer("owner", "hotspot info", hotspot)).location.next.cell).toBe(BigInt(`0x${cell}`).toString());
    expect((await answer("owner", "dc balance")).dataCredits).toBe(before.dataCredits);
    const elsewhere = ["--cell", CELL, "--region", "US915", "--opening", file];
    expect(await refusal("owner", "hotspot assert", hotspot, ...elsewhere)).toMatch(/is of another place/);
  });

  test("is refused where it is none", async () => {
    const { refusal, run } = localnet;
    const asserted = (...args: string[]) => refusal("owner", "hotspot assert", hotspot, ...args);
    expect(await asserted("--region", "EU868")).toMatch(/^PRG_BAD_OPTION: where is it\?/);
    expect(await asserted("--lat", "1", "--region", "EU868")).toMatch(/^PRG_BAD_OPTION: where is it\?/);
    expect(await asserted("--cell", "8828308281fffff", "--region", "EU868")).toMatch(/resolution 12, not 8/);
    expect(await asserted("--cell", "nonsense", "--region", "EU868")).toMatch(/--cell is no H3 cell/);
    expect(await asserted("--cell", CELL, "--region", "MARS1")).toMatch(/--region is no region with a plan/);
    expect((await run("owner", "hotspot assert", hotspot, "--lat", "91", "--lng", "0", "--region", "EU868")).code).toBe(
      2,
    );
    expect(await refusal("maker", "hotspot assert", hotspot, "--cell", CELL, "--region", "EU868")).toMatch(
      /^PRG_REFUSED: /,
    );
  });
});

describe("an owner", () => {
  test("says who is paid, and sees it from the next epoch on", async () => {
    const { answer, refusal, address } = localnet;
    const [maker, customer] = [address("maker"), address("customer")];
    await answer("owner", "hotspot beneficiary", hotspot, `${maker}:2500`, `${customer}:7500`, "--commit");
    const shown = await answer("owner", "hotspot rewards", hotspot);
    expect(shown.beneficiaries).toMatchObject([{ wallet: address("owner"), bps: 10_000, claimedAtoms: "0" }]);
    expect(shown.later).toMatchObject([
      { wallet: maker, bps: 2500 },
      { wallet: customer, bps: 7500 },
    ]);
    const split = (...wallets: string[]) => refusal("owner", "hotspot beneficiary", hotspot, ...wallets);
    expect(await split(`${maker}:2500`, customer)).toMatch(/each needs a share/);
    expect(await split(`${maker}:2500`, `${customer}:7501`)).toMatch(/BadSplit, error \d+/);
    expect(await split(`${maker}:0`)).toMatch(/a share is a whole number/);
  });

  test("changes the antenna within the network's limits", async () => {
    const { answer, refusal } = localnet;
    await answer("owner", "hotspot antenna", hotspot, "--gain-ddbi", "80", "--elevation-m", "30", "--commit");
    expect((await answer("owner", "hotspot info", hotspot)).antenna.next).toEqual({ gainDdbi: 80, elevationM: 30 });
    const loud = ["--gain-ddbi", "200", "--elevation-m", "30"];
    expect(await refusal("owner", "hotspot antenna", hotspot, ...loud)).toMatch(
      /registry: .+ \(GainOutOfRange, error 6025\)/,
    );
  });

  test("sells it: the new owner is paid from the next epoch on, and only the new owner acts", async () => {
    const { answer, refusal, address, warp } = localnet;
    await answer("owner", "hotspot transfer", hotspot, address("maker"), "--commit");
    expect(await answer("maker", "hotspot list")).toMatchObject([{ key: hotspot }]);
    expect(await refusal("owner", "hotspot antenna", hotspot, "--gain-ddbi", "80", "--elevation-m", "0")).toMatch(
      /PRG_REFUSED/,
    );
    await warp(DAY);
    const { beneficiaries, later } = await answer("maker", "hotspot rewards", hotspot);
    expect(beneficiaries).toMatchObject([{ wallet: address("maker"), bps: 10_000 }]);
    expect(later).toBeUndefined();
    expect(await refusal("maker", "hotspot transfer", hotspot, address("maker"))).toMatch(/its owner already/);
    expect(await refusal("maker", "hotspot sync", hotspot)).toMatch(/OwnerUnchanged/);
  });
});

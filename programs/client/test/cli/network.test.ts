/** Founding a network from the command line: a plan printed, edited and carried out, and gone on with after it broke off. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PublicKey } from "@solana/web3.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NetworkAddresses } from "../../src/sdk/create-network.ts";
import { presetHash } from "../../src/sdk/preset-hash.ts";
import { earshot } from "./run-cli.ts";
import { type RunningLocalnet, startLocalnetCommand } from "./running-localnet.ts";

let localnet: RunningLocalnet;
let plan: Record<string, unknown>;
let founding: string[];

beforeAll(async () => {
  localnet = await startLocalnetCommand();
  founding = ["--url", localnet.url, "--keypair", localnet.keypair("maker"), "--json"];
});
afterAll(() => localnet.stop());

const network = (...args: string[]) => earshot(["network", ...args, ...founding]);
const out = () => join(localnet.folder, "mine");

test("prints a plan with every number there is", async () => {
  const oracles = [1, 2, 3, 4, 5].map((number) => localnet.address(`oracle-${number}`)).join(",");
  const { code, out: text } = await network("plan", "--oracles", oracles, "--epoch-seconds", "3600");
  expect(code).toBe(0);
  plan = JSON.parse(text);
  expect(plan).toMatchObject({
    decimals: 8,
    epochSeconds: 3600,
    parameterHash: "preset",
    oracles: { threshold: 4 },
    dataCredits: { burnAuthority: localnet.address("maker"), priceSource: { feed: {} } },
    genesis: [{ wallet: localnet.address("maker"), amountAtoms: "0" }],
  });
});

test("refuses a plan that cannot be, by the path in it", async () => {
  const refused = async (change: Record<string, unknown>) => {
    const { code, err } = await network(
      "create",
      "--plan",
      localnet.write("bad.json", { ...plan, ...change }),
      "--out",
      out(),
    );
    expect(code).toBe(1);
    return err;
  };
  expect(await refused({ vetoSeconds: 5 })).toMatch(
    /^PRG_BAD_VALUE: plan.vetoSeconds: expected no such field; there are decimals/,
  );
  expect(await refused({ mintLimit: 1.5 })).toMatch(/^PRG_BAD_VALUE: plan.mintLimit: expected a whole number/);
  expect(await refused({ guardian: "me" })).toMatch(/^PRG_BAD_VALUE: plan.guardian: expected an address, got "me"/);
  expect(await refused({ distributor: { vetoSeconds: 1 } })).toMatch(
    /^PRG_BAD_VALUE: plan.distributor.guardian: expected a value/,
  );
  expect(await refused({ parameterHash: "00".repeat(32) })).toMatch(
    /^PRG_BAD_VALUE: plan.parameterHash: expected "preset" or the hash of the network's parameters\n$/,
  );
  expect(await refused({ epochSeconds: 7 })).toMatch(/^PRG_BAD_VALUE: plan.epochSeconds: expected .+, got 7\n$/);
  expect(existsSync(out())).toBe(false);
});

test("is created, and goes on where it broke off", async () => {
  plan.genesis = [{ wallet: localnet.address("maker"), amountAtoms: "500000000000" }];
  const good = localnet.write("plan.json", plan);
  const governance = { ...(plan.governance as object), minLockSeconds: 0 };
  const bad = localnet.write("bad.json", { ...plan, governance });

  const dry = JSON.parse((await network("create", "--plan", good, "--out", out())).out);
  expect(dry.committed).toBe(false);
  expect(dry.steps).toEqual(expect.arrayContaining(["create the token", "create the governance"]));
  expect(existsSync(out())).toBe(false);

  const broken = await network("create", "--plan", bad, "--out", out(), "--commit");
  expect(broken.err).toMatch(
    /create the network …\ncreate the governance …\nPRG_REFUSED: governance: .+ \(BadRule, error \d+\)\n$/,
  );
  const { out: text, err } = await network("create", "--plan", good, "--out", out(), "--commit");
  expect(err).not.toContain("create the network");
  expect(err).toContain("create the governance");
  const created = JSON.parse(text);
  expect(created).toMatchObject({ committed: true, lookupTable: expect.any(String) });
  expect(JSON.parse(readFileSync(join(out(), "network.json"), "utf8"))).toMatchObject({
    tokenMint: created.tokenMint,
    lookupTable: created.lookupTable,
  });
  expect(statSync(join(out(), "token-mint.json")).mode & 0o077).toBe(0);

  const again = await network("create", "--plan", good, "--out", out(), "--commit");
  expect([again.code, again.err]).toEqual([0, ""]);
  expect(JSON.parse(again.out).lookupTable).toBe(created.lookupTable);
  const shown = await earshot(["network", "params", ...founding, "--token-mint", created.tokenMint]);
  expect(JSON.parse(shown.out)).toMatchObject({
    addresses: { gov: created.gov },
    network: { epochSeconds: 3600, admin: localnet.address("maker") },
  });
  // The hash of the rules that an oracle takes for this network: they name its own accounts.
  const [distributor, gov] = [created.distributor, created.gov].map((text: string) => new PublicKey(text));
  const hash = presetHash(3600, { distributor, gov } as NetworkAddresses);
  expect(JSON.parse(shown.out).network.parameters.current).toBe(Buffer.from(hash).toString("hex"));
});

test("is told from the environment as Solana's users tell it", async () => {
  const { tokenMint, lookupTable } = JSON.parse(readFileSync(join(out(), "network.json"), "utf8"));
  const given = {
    SOLANA_URL: localnet.url,
    SOLANA_KEYPAIR: localnet.keypair("maker"),
    EARSHOT_TOKEN_MINT: tokenMint,
    EARSHOT_LOOKUP_TABLE: lookupTable,
  };
  Object.assign(process.env, given);
  try {
    const { code, out: text } = await earshot(["dc", "balance", "--json"]);
    expect([code, JSON.parse(text)]).toEqual([
      0,
      { wallet: localnet.address("maker"), tokenAtoms: "500000000000", dataCredits: "0" },
    ]);
  } finally {
    for (const name of Object.keys(given)) delete process.env[name];
  }
});

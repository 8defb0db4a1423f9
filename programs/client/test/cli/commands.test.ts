/** Data credits, routes and what every command has in common, against a local chain with its own network. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { solanaConfig } from "../../src/cli/solana-config.ts";
import { earshot } from "./run-cli.ts";
import { type RunningLocalnet, startLocalnetCommand } from "./running-localnet.ts";

let localnet: RunningLocalnet;
beforeAll(async () => {
  localnet = await startLocalnetCommand();
});
afterAll(() => localnet.stop());

describe("data credits", () => {
  test("are made only with --commit, at the price of the oracles", async () => {
    const { answer } = localnet;
    const mint = ["owner", "dc mint", "1000000"] as const;
    expect(await answer(...mint)).toMatchObject({ committed: false, unitsConsumed: expect.any(Number) });
    expect(await answer("owner", "dc balance")).toMatchObject({ tokenAtoms: "1000000000000", dataCredits: "0" });
    expect(await answer(...mint, "--commit")).toMatchObject({ committed: true });
    expect(await answer("owner", "dc balance")).toMatchObject({ tokenAtoms: "998000000000", dataCredits: "1000000" });
    expect(await answer("owner", "dc price")).toMatchObject({ priceE8: "50000000", quorum: 3 });
  });

  test("cost no more tokens than --most allows", async () => {
    expect(await localnet.refusal("owner", "dc mint", "1000000", "--most", "19.99999999")).toMatch(
      /^PRG_REFUSED: dataCredits: .+ \(SlippageExceeded, error 6024\)\n$/,
    );
    expect(await localnet.refusal("owner", "dc mint", "1", "--most", "0.000000001")).toContain(
      "the token has 8 decimals",
    );
    await localnet.answer("owner", "dc mint", "1000000", "--most", "20");
  });

  test("follow the price that a quorum of its oracles says", async () => {
    const { answer, refusal } = localnet;
    expect(await refusal("owner", "dc say-price", "0.51")).toMatch(/NotAPriceOracle, error 6008/);
    await localnet.warp(120);
    for (const number of [1, 2, 3]) await answer(`oracle-${number}`, "dc say-price", "0.51", "--commit");
    expect(await answer("owner", "dc price")).toMatchObject({ priceE8: "51000000" });
  });

  test("go into a route's account, which says what is left", async () => {
    const { answer, refusal, keypair } = localnet;
    await answer("customer", "dc mint", "200000", "--commit");
    const before = await refusal("customer", "dc fund", "ed".repeat(33), "5");
    expect(before).toMatch(/^PRG_NOT_FOUND: route .+ has no account: open it with dc register\n$/);
    await answer("customer", "dc register", "--route-key", keypair("maker"), "--oui", "7", "--commit");
    const { out } = await earshot([
      "dc",
      "register",
      "--route-key",
      keypair("admin"),
      "--url",
      localnet.url,
      "--token-mint",
      localnet.network.tokenMint!,
      "--keypair",
      keypair("customer"),
      "--commit",
    ]);
    const key = /route ([0-9a-f]{66})\n/.exec(out)![1]!;
    await answer("customer", "dc fund", key, "150000", "--commit");
    expect(await answer("customer", "dc router", key)).toMatchObject({
      dataCredits: "150000",
      funded: "150000",
      burned: "0",
      authority: localnet.address("customer"),
    });
    expect(await answer("customer", "dc balance")).toMatchObject({ dataCredits: "50000" });
  });
});

test("shows the network and what a wallet claimed", async () => {
  const { answer, network } = localnet;
  expect(await answer("owner", "network params")).toMatchObject({
    addresses: { tokenMint: network.tokenMint },
    network: { fees: { lightOnboard: "50000" } },
  });
  expect(await answer("owner", "rewards status")).toMatchObject({ claimedAtoms: "0", finalTotalAtoms: "0" });
});

describe("every command", () => {
  test("refuses in one line with a code, and as JSON where that was asked for", async () => {
    const { refusal, write } = localnet;
    expect(await refusal("owner", "rewards claim", "--proof", "none.json")).toMatch(
      /^PRG_BAD_PROOF: none.json gives no/,
    );
    expect(await refusal("owner", "rewards claim", "--proof", write("bad.json", {}))).toMatch(
      /^PRG_BAD_PROOF: .+ is no proof/,
    );
    const proof = { beneficiary: localnet.address("owner"), cumulative: "5", leftSiblings: 0, siblings: [] };
    const early = await refusal("owner", "rewards claim", "--proof", write("proof.json", proof));
    expect(early).toBe("PRG_REFUSED: no epoch of this network is final yet\n");
    expect(await refusal("owner", "dc balance", "not-an-address")).toMatch(/^PRG_BAD_OPTION: WALLET is no address/);
    expect(await refusal("owner", "hotspot info", "ed".repeat(33))).toMatch(/^PRG_NOT_FOUND: /);
  });

  test("uses the wallet that is named", async () => {
    const { answer, address, keypair } = localnet;
    expect(await answer("maker", "wallet")).toEqual({ wallet: address("maker"), keypairFile: keypair("maker") });
  });

  test("says where a keypair could be when there is none", async () => {
    const { code, err } = await localnet.run(join(localnet.folder, "keys/none.json"), "dc balance");
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^PRG_BAD_OPTION: no keypair file .+: give one with --keypair/),
    ]);
    const { err: broken } = await localnet.run(localnet.write("broken.json", "[1,2]"), "dc balance");
    expect(broken).toMatch(/^PRG_BAD_OPTION: .+ is no keypair file: expected a JSON array of 64 bytes\n$/);
  });

  test("says that a chain is not there, or is something else", async () => {
    const ask = (url: string) => earshot(["dc", "price", "--url", url, "--token-mint", localnet.network.tokenMint!]);
    expect(await ask("http://127.0.0.1:1")).toMatchObject({
      code: 1,
      err: "PRG_NO_CHAIN: no chain answers at http://127.0.0.1:1\n",
    });
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("<html>hello</html>") });
    expect((await ask(server.url.href)).err).toMatch(/^PRG_NO_CHAIN: /);
    await server.stop(true);
    expect(await ask("ftp://example")).toMatchObject({ code: 2, err: expect.stringMatching(/^PRG_BAD_OPTION: --url/) });
  });

  test("says that a token has no network on this chain", async () => {
    const { code, err } = await earshot([
      "dc",
      "price",
      "--url",
      localnet.url,
      "--token-mint",
      localnet.network.dcMint!,
    ]);
    expect([code, err]).toEqual([1, expect.stringMatching(/^PRG_NOT_FOUND: no network of token \w+ on this chain\n$/)]);
  });

  test("offers a priority fee where it is asked to", async () => {
    const { answer, connection } = localnet;
    const { signature } = await answer("owner", "dc mint", "1000", "--commit", "--priority-fee", "1000000");
    const shown = await connection.getTransaction(signature, {
      maxSupportedTransactionVersion: 0,
      commitment: "confirmed",
    });
    expect(shown!.meta!.fee).toBeGreaterThan(5000);
  });
});

test("reads what solana config set wrote", () => {
  const path = join(localnet.folder, "config.yml");
  expect(existsSync(path)).toBe(false);
  expect(solanaConfig(path)).toEqual({ url: undefined, keypairPath: undefined });
  mkdirSync(localnet.folder, { recursive: true });
  writeFileSync(path, '---\njson_rpc_url: "https://rpc.example"\nwebsocket_url: ""\nkeypair_path: /keys/me.json\n');
  expect(solanaConfig(path)).toEqual({ url: "https://rpc.example", keypairPath: "/keys/me.json" });
});

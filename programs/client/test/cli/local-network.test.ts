/** The network that a fresh local chain is founded with. */
import { expect, test } from "vitest";
import { createLocalNetwork } from "../../src/cli/local-network.ts";
import { OFFLINE } from "../../src/cli/submit-locally.ts";
import { deployArtifacts, fundWallets, LocalChain, walletsOf } from "../../src/localnet/index.ts";
import { ARTIFACTS, Programs } from "../../src/sdk/programs.ts";
import { START_MS } from "../localnet/running-chain.ts";

const EPOCH_S = 24;

test("is there from the epoch on that ran when it was begun, though that ends before it is done", async () => {
  const beginsMs = START_MS + EPOCH_S * 1000 - 1;
  const chain = LocalChain.genesis({ seed: new Uint8Array(32).fill(3), unixMs: beginsMs });
  const wallets = walletsOf(chain.seed);
  fundWallets(chain, wallets);
  deployArtifacts(chain, ARTIFACTS);
  const { height } = chain.blocks.open;
  const secretKeys = new Map(wallets.map(({ name, keypair }) => [name, keypair.secretKey]));
  const { distributor } = await createLocalNetwork({ chain, secretKeys, epochSeconds: EPOCH_S });
  const account = chain.account(distributor.toBase58());
  const { firstEpoch } = new Programs(OFFLINE).decode("rewards", "distributor", account!.data);
  expect(Number(firstEpoch)).toBe(START_MS / 1000 / EPOCH_S);
  expect(chain.blocks.open.height).toBeGreaterThan(height + 10);
  expect(chain.blocks.open.unixMs).toBe(beginsMs);
});

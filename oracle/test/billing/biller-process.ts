/** A billing process of its own, so that it can be killed: one round on a folder and a chain, both named on the command line. */

import { join } from "node:path";
import { networkAddresses, Programs } from "@earshot/programs-client";
import { Connection, Keypair, PublicKey } from "@solana/web3.js";
import { FolderArtefacts } from "../../src/artefacts/folder-store.ts";
import { Biller } from "../../src/billing/biller.ts";
import { StoredJournal } from "../../src/billing/stored-journal.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { SuspendedRoutes } from "../../src/routes/suspended-routes.ts";
import { RouterBurns } from "../../src/settlement/burn-chain.ts";
import { openStore } from "../../src/store/open-store.ts";
import { EPOCH } from "../small-epoch.ts";

const [folder, url, tokenMint, dcMint] = process.argv.slice(2) as [string, string, string, string];
const connection = new Connection(url, "confirmed");
const sender = {
  connection,
  programs: new Programs(connection),
  payer: Keypair.fromSeed(new Uint8Array(32).fill(21)),
  slotMs: 20,
};
const store = await openStore(`sqlite:${join(folder, "oracle.sqlite")}`);
const burner = new RouterBurns(sender, networkAddresses(new PublicKey(tokenMint), new PublicKey(dcMint)));
const biller = new Biller({
  store,
  archive: new EpochArchive(new FolderArtefacts(join(folder, "artefacts"))),
  journal: new StoredJournal(store),
  network: 3,
  firstEpoch: EPOCH,
  ingestKeys: [],
  governanceKey: undefined,
  routers: burner,
  burner,
  routes: () => [],
  suspended: new SuspendedRoutes(),
  contestLimitUnits: 200,
  reserveE4: 0,
  holder: `process ${process.pid}`,
  leaseMs: 300,
});
// The lease of a process that was killed has to run out first.
while (!(await biller.step())) await Bun.sleep(20);
await store.close();

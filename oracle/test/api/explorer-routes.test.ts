import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parameterHash } from "@earshot/poc";
import { base58Text, keyToText, signerFromEd25519Seed, signRequest } from "@earshot/poc/protocol";
import { claimFromJson } from "@earshot/programs-client";
import { beforeAll, describe, expect, test } from "vitest";
import { animalName } from "../../src/api/animal-names.ts";
import { apiPart } from "../../src/api/api-part.ts";
import { EpochFolders } from "../../src/api/epoch-source.ts";
import { parameterChanges } from "../../src/proposals/parameter-diff.ts";
import { ProposalFolder } from "../../src/proposals/proposal-files.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { EPOCH, parameters, type SmallEpoch, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders, writeFolder } from "../temporary-folder.ts";

const NOW_MS = 1_800_000_000_000;
const folders = new TemporaryFolders("explorer-routes");
const owner = signerFromEd25519Seed(new Uint8Array(32).fill(3));
const wallet = base58Text(owner.publicKey.slice(1));
let app: HttpApp;
let small: SmallEpoch;
let key: string;

beforeAll(async () => {
  const root = folders.next();
  small = smallEpoch();
  small.input.hotspots.owner.set(owner.publicKey.slice(1), 0);
  small.input.hotspots.beneficiary.set(owner.publicKey.slice(1), 0);
  key = keyToText(small.input.hotspots.key.slice(0, 33));
  await writeFolder(join(root, `epoch-${EPOCH}`), small.input, small.records);
  await scoreFolder(join(root, `epoch-${EPOCH}`));
  const proposals = join(root, "proposals");
  mkdirSync(proposals);
  const proposed = { ...parameters, selection: { ...parameters.selection, maximumWitnesses: 1 } };
  const set = (hash: string) => [
    { program: "registry", instruction: "setParameters", args: { hash, fromEpoch: EPOCH + 9 } },
  ];
  const write = (number: number, value: unknown) =>
    writeFileSync(join(proposals, `${number}.json`), JSON.stringify(value));
  write(3, { description: "one witness", instructions: set(parameterHash(proposed)), parameters: proposed });
  write(4, { description: "other rules than voted on", instructions: set("00".repeat(32)), parameters: proposed });
  write(5, { description: "no rules", instructions: set(parameterHash(proposed)) });
  writeFileSync(join(proposals, "6.json"), "{");
  app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  await apiPart({ source: new EpochFolders(root), nowMs: () => NOW_MS, proposals }).routes?.(app);
  await app.ready();
});

async function get(url: string, headers: Record<string, string> = {}) {
  return app.inject({ method: "GET", url, headers });
}

async function json(url: string, headers: Record<string, string> = {}) {
  const answer = await get(url, headers);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

describe("the map", () => {
  test("has a column entry for every cell, and says what the cells themselves say", async () => {
    const map = await json("/v1/map");
    const { cells } = await json("/v1/cells");
    for (const column of Object.values(map)) if (Array.isArray(column)) expect(column).toHaveLength(map.cell.length);
    expect(map.hotspots.reduce((sum: number, count: number) => sum + count, 0)).toBe(small.signers.length);
    for (const cell of cells) {
      const at = map.cell.indexOf(cell.cell);
      expect(at).toBeGreaterThanOrEqual(0);
      expect(map.witnessesValid[at]).toBe(cell.witnessesValid);
      expect(map.weightE4[at]).toBe(cell.weightE4);
      expect(map.medianExcessLossDdb[at]).toBe(cell.medianExcessLossDdb);
    }
  });

  test("is the same bytes compressed, and not sent again to who has it", async () => {
    const plain = await get("/v1/map");
    const zipped = await get("/v1/map", { "accept-encoding": "gzip" });
    expect(zipped.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(zipped.rawPayload).equals(plain.rawPayload)).toBe(true);
    const again = await get("/v1/map", { "if-none-match": String(plain.headers.etag) });
    expect(again.statusCode).toBe(304);
    expect(again.headers.vary).toBe("accept-encoding");
    expect((await get("/v1/map?epoch=1")).statusCode).toBe(404);
  });

  test("is not sent compressed to who wants it as it is, and the two have tags of their own", async () => {
    const plain = await get("/v1/map");
    const zipped = await get("/v1/map", { "accept-encoding": "gzip" });
    expect(zipped.headers.etag).not.toBe(plain.headers.etag);
    const refused = await get("/v1/map", { "accept-encoding": "gzip;q=0" });
    expect(refused.headers["content-encoding"]).toBeUndefined();
    expect(refused.rawPayload.equals(plain.rawPayload)).toBe(true);
    const known = { "accept-encoding": "gzip", "if-none-match": String(plain.headers.etag) };
    expect((await get("/v1/map", known)).headers["content-encoding"]).toBe("gzip");
  });
});

describe("finding hotspots", () => {
  test("by a word of the name, the key, the gateway id and the owner's wallet", async () => {
    const name = animalName(key);
    const { hotspot } = await json(`/v1/hotspots/${key}`);
    for (const wanted of [name, name.split(" ")[2]!.toLowerCase(), key.slice(0, 20), hotspot.gatewayId, wallet]) {
      const { hotspots } = await json(`/v1/search?q=${encodeURIComponent(wanted)}`);
      expect(
        hotspots.map((one: { key: string }) => one.key),
        wanted,
      ).toContain(key);
    }
    expect((await json("/v1/search?q=zzzz")).hotspots).toEqual([]);
    expect((await get("/v1/search?q=z")).statusCode).toBe(400);
  });

  test("a wallet's hotspots say whether it owns them and is paid", async () => {
    const { hotspots } = await json(`/v1/wallets/${wallet}/hotspots`);
    expect(hotspots).toHaveLength(1);
    expect(hotspots[0]).toMatchObject({ key, isOwner: true, isBeneficiary: true });
    expect((await get("/v1/wallets/nobody/hotspots")).statusCode).toBe(404);
  });

  test("the leaderboard is in order, and a first epoch is a streak of one", async () => {
    for (const by of ["earned", "heard", "carried", "streak"]) {
      const { hotspots } = await json(`/v1/leaderboard?by=${by}`);
      expect(hotspots.map((one: { rank: number }) => one.rank)).toEqual(
        hotspots.map((_: unknown, at: number) => at + 1),
      );
      for (const { streakEpochs } of hotspots) expect(streakEpochs).toBe(1);
    }
    const { hotspots } = await json("/v1/leaderboard");
    const atoms = hotspots.map((one: { pay: { atoms: string } }) => Number(one.pay.atoms));
    expect(atoms).toEqual([...atoms].sort((a, b) => b - a));
    expect((await get("/v1/leaderboard?by=luck")).statusCode).toBe(400);
  });
});

describe("epochs and gaps", () => {
  test("the history sums an epoch as its manifest does", async () => {
    const { epochs } = await json("/v1/history");
    const { root, manifestHash: _ } = await json(`/v1/epochs/${EPOCH}`);
    expect(epochs).toHaveLength(1);
    expect(epochs[0]).toMatchObject({ epoch: EPOCH, root, hotspots: small.signers.length });
    const { budgetAtoms, coverageAtoms, dataAtoms } = epochs[0];
    expect(BigInt(coverageAtoms) + BigInt(dataAtoms)).toBe(BigInt(budgetAtoms));
  });

  test("gaps are cells with demand where nobody proves, the greatest first", async () => {
    const { gaps } = await json("/v1/gaps");
    const { cells } = await json("/v1/cells");
    const proving = new Set(
      cells
        .filter((one: { activeHotspots: number }) => one.activeHotspots > 0)
        .map((one: { cell: string }) => one.cell),
    );
    for (const gap of gaps) {
      expect(proving.has(gap.cell)).toBe(false);
      expect(gap.unmetCredits).toBeCloseTo(gap.demandCredits / (gap.provingAround + 1));
      expect(gap.estimate.scaleE4).toBeLessThanOrEqual(10_000);
    }
    const unmet = gaps.map((gap: { unmetCredits: number }) => gap.unmetCredits);
    expect(unmet).toEqual([...unmet].sort((a, b) => b - a));
    expect(gaps.length).toBeGreaterThan(0);
  });
});

describe("what is a wallet's", () => {
  test("its claim is what the claim command reads", async () => {
    const { cumulativeAtoms } = await json(`/v1/wallets/${wallet}/proof`);
    const claim = claimFromJson((await get(`/v1/wallets/${wallet}/claim`)).body, "the API");
    expect(claim.beneficiary.toBase58()).toBe(wallet);
    expect(claim.cumulative.toString()).toBe(cumulativeAtoms);
  });

  test("usage is told to the payer alone, and sums to its lines", async () => {
    const path = `/v1/payers/${wallet}/usage`;
    const signed = { "earshot-owner": `${wallet} ${signRequest("owner", "GET", path, NOW_MS, owner)}` };
    expect(await json(path, signed)).toMatchObject({ copies: 0, devices: [], cells: [] });
    expect((await get(path)).statusCode).toBe(400);
    const other = `/v1/payers/${base58Text(new Uint8Array(32).fill(9))}/usage`;
    const foreign = { "earshot-owner": `${wallet} ${signRequest("owner", "GET", other, NOW_MS, owner)}` };
    expect((await get(other, foreign)).statusCode).toBe(403);
  });
});

describe("proposals", () => {
  test("show what they change, and a file that is not what is voted on says so", async () => {
    const { proposals } = await json("/v1/proposals");
    expect(proposals.map((one: { number: number }) => one.number)).toEqual([6, 5, 4, 3]);
    const [unreadable, bare, foreign, good] = proposals;
    expect(good).toMatchObject({ fault: null, fromEpoch: EPOCH + 9 });
    expect(good.changes).toEqual([{ path: "selection.maximumWitnesses", from: "14", to: "1" }]);
    expect(foreign.fault).toMatch(/hash/);
    expect(foreign.changes).toEqual([]);
    expect(bare).toMatchObject({ fault: null, changes: [] });
    expect(unreadable.fault).toMatch(/^\S+: 6\.json: /);
  });

  test("are read again when their files change, come and go", () => {
    const folder = folders.next();
    mkdirSync(folder);
    const published = new ProposalFolder(folder);
    const write = (number: number, description: string) =>
      writeFileSync(join(folder, `${number}.json`), JSON.stringify({ description, instructions: [] }));
    write(1, "first");
    const [first] = published.all();
    expect(published.all()[0]).toBe(first);
    write(1, "other");
    write(2, "second");
    expect(published.all().map(({ description }) => description)).toEqual(["second", "other"]);
    rmSync(join(folder, "1.json"));
    expect(published.all().map(({ number }) => number)).toEqual([2]);
    expect(published.one(1).fault).not.toBeNull();
  });

  test("the effect is the epoch scored under both rule sets", async () => {
    const { effect, none } = await json("/v1/proposals/3/effect");
    expect(none).toBeNull();
    expect(effect.after.beaconsValid).toBe(effect.before.beaconsValid);
    const { more, less, same } = effect.hotspots;
    expect(more + less + same).toBe(small.signers.length);
    const { epochs } = await json("/v1/history");
    expect(effect.before.coverageAtoms).toBe(epochs[0].coverageAtoms);
    expect((await get("/v1/proposals/4/effect")).statusCode).toBe(404);
    expect((await get("/v1/proposals/99/effect")).statusCode).toBe(404);
  });

  test("a difference is named by its path, whatever it is in", () => {
    const from = { a: 1, list: [{ x: 1 }, { x: 2 }], gone: null };
    const to = { a: 1, list: [{ x: 1 }, { x: 3 }, { x: 4 }], added: "new" };
    expect(parameterChanges(from, to)).toEqual([
      { path: "list[1].x", from: "2", to: "3" },
      { path: "list[2]", from: null, to: '{"x":4}' },
      { path: "gone", from: "null", to: null },
      { path: "added", from: null, to: '"new"' },
    ]);
    expect(parameterChanges(from, from)).toEqual([]);
  });
});

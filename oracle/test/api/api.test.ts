import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cellToBigInt, cellToLatLng, parentCell } from "@earshot/geo";
import { verifyMerkleSumProof } from "@earshot/poc";
import { base58Text, keyToText, signerFromEd25519Seed, signRequest } from "@earshot/poc/protocol";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { apiPart } from "../../src/api/api-part.ts";
import { ArchivedEpochs, EpochFolders } from "../../src/api/epoch-source.ts";
import { sha256Hex } from "../../src/epoch-folder/durable-file.ts";
import type { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { EPOCH, EPOCH_MS, nextLog, type SmallEpoch, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders, writeFolder } from "../temporary-folder.ts";

const NOW_MS = 1_800_000_000_000;
const folders = new TemporaryFolders("api");
const root = folders.next();
const owner = signerFromEd25519Seed(new Uint8Array(32).fill(3));
const wallet = owner.publicKey.slice(1);
let app: HttpApp;
let small: SmallEpoch;
let key: string;

beforeAll(async () => {
  small = smallEpoch();
  // The first hotspot belongs to a wallet that can sign.
  small.input.hotspots.owner.set(wallet, 0);
  small.input.hotspots.beneficiary.set(wallet, 0);
  key = keyToText(small.input.hotspots.key.slice(0, 33));
  const folder = join(root, `epoch-${EPOCH}`);
  await writeFolder(folder, small.input, small.records);
  await scoreFolder(folder);
  expect(nextLog(small.input)).toBeDefined();
  app = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
  await apiPart({ source: new EpochFolders(root), nowMs: () => NOW_MS }).routes?.(app);
  await app.ready();
});

async function get(url: string, headers: Record<string, string> = {}) {
  const answer = await app.inject({ method: "GET", url, headers });
  return { status: answer.statusCode, headers: answer.headers, text: answer.body };
}

async function json(url: string, headers: Record<string, string> = {}) {
  const { status, text } = await get(url, headers);
  expect(status, text).toBe(200);
  return JSON.parse(text);
}

describe("a hotspot", () => {
  test("is told with its public cell, what it did and what it earned", async () => {
    const { epoch, hotspot, exactCell, lastBeacon } = await json(`/v1/hotspots/${key}`);
    expect(epoch).toBe(EPOCH);
    expect(hotspot).toMatchObject({ key, owner: base58Text(wallet), isSuspended: false, region: "US915" });
    expect(hotspot.cell).toMatch(/^88/);
    expect(hotspot.beacons).toBe(4);
    expect(BigInt(hotspot.pay.atoms)).toBeGreaterThan(0n);
    expect(exactCell).toBeUndefined();
    expect(lastBeacon).toMatch(/^20\d\d-/);
  });

  test("has its beacons with who heard them, and both directions agree", async () => {
    const { beacons } = await json(`/v1/hotspots/${key}/beacons`);
    const { witnesses } = await json(`/v1/hotspots/${key}/witnesses`);
    expect(beacons).toHaveLength(4);
    expect(witnesses).toHaveLength(16);
    expect(beacons[0].witnesses.reports).toBe(4);
    const { beaconer, witness, logIndex } = witnesses[0];
    expect(beaconer.key).toBe(key);
    const { receptions } = await json(`/v1/hotspots/${witness.key}/receptions`);
    expect(receptions.map((one: { logIndex: number }) => one.logIndex)).toContain(logIndex);
  });

  test("is explained, and the explanation sums to what it earned", async () => {
    const { pay } = await json(`/v1/hotspots/${key}/explanation`);
    const { hotspot } = await json(`/v1/hotspots/${key}`);
    expect(pay.atoms).toBe(hotspot.pay.atoms);
  });

  test("that does not exist, or a text that is no key, is not found or a bad request", async () => {
    const stranger = keyToText(signerFromEd25519Seed(new Uint8Array(32).fill(99)).publicKey);
    expect((await get(`/v1/hotspots/${stranger}`)).status).toBe(404);
    expect((await get("/v1/hotspots/nobody")).status).toBe(400);
  });
});

describe("the exact place", () => {
  const path = () => `/v1/hotspots/${key}`;
  const header = (timeMs: number, signedPath = path(), signer = owner) =>
    `${base58Text(signer.publicKey.slice(1))} ${signRequest("owner", "GET", signedPath, timeMs, signer)}`;

  test("is shown to its owner, who signed this very request a moment ago, and kept by no cache", async () => {
    const { text, headers } = await get(path(), { "earshot-owner": header(NOW_MS - 30_000) });
    expect(JSON.parse(text).exactCell).toMatch(/^8c/);
    expect(headers["cache-control"]).toBe("private, no-store");
  });

  test("is shown to its owner also where the client has kept what everybody sees, as browsers ask", async () => {
    const kept = String((await get(path())).headers.etag);
    const asked = await get(path(), { "earshot-owner": header(NOW_MS), "if-none-match": kept });
    expect(asked.status).toBe(200);
    expect(JSON.parse(asked.text).exactCell).toMatch(/^8c/);
    const again = { "earshot-owner": header(NOW_MS), "if-none-match": String(asked.headers.etag) };
    expect(await get(path(), again)).toMatchObject({ status: 304, headers: { "cache-control": "private, no-store" } });
    expect((await get(path(), { "if-none-match": String(asked.headers.etag) })).status).toBe(200);
  });

  test("is not shown to another wallet that signs as well", async () => {
    const other = signerFromEd25519Seed(new Uint8Array(32).fill(8));
    const answer = await json(path(), { "earshot-owner": header(NOW_MS, path(), other) });
    expect(answer.exactCell).toBeUndefined();
  });

  test("is refused to a request that is old, of another address, or not signed by the wallet it names", async () => {
    const other = signerFromEd25519Seed(new Uint8Array(32).fill(8));
    const forged = header(NOW_MS, path(), other).replace(/^\S+/, base58Text(wallet));
    for (const value of [header(NOW_MS - 61_000), header(NOW_MS, "/v1/hotspots"), forged, "x", "a b c", "1 2 3 4"]) {
      expect((await get(path(), { "earshot-owner": value })).status, value).toBe(400);
    }
  });

  test("is in no other answer: nothing finer than resolution 8 but to the owner", async () => {
    const exact = Array.from(small.input.hotspots.cell, (cell) => cell.toString(16));
    const urls = [
      "/v1/hotspots",
      path(),
      ...["beacons", "receptions", "witnesses", "explanation", "rewards", "uptime", "deliveries"].map(
        (name) => `${path()}/${name}`,
      ),
      "/v1/uptimes",
      "/v1/deliveries?by=hotspot",
      "/v1/cells",
      "/v1/coverage?lat=37.7&lng=-122.4",
      `/v1/epochs/${EPOCH}`,
    ];
    for (const url of urls) {
      const { text } = await get(url);
      for (const cell of exact) expect(text.includes(cell), `${url} shows ${cell}`).toBe(false);
    }
  });
});

describe("cells", () => {
  test("of a resolution come in pages that leave nothing out", async () => {
    const whole = await json("/v1/cells");
    const paged: unknown[] = [];
    let after: number | null = 0;
    while (after !== null) {
      const page: { cells: unknown[]; next: number | null } = await json(`/v1/cells?limit=2&after=${after}`);
      paged.push(...page.cells);
      after = page.next;
    }
    expect(paged).toEqual(whole.cells);
    expect(whole.cells.length).toBeGreaterThan(2);
  });

  test("have their verdicts, and the coarser cells that their scale is made of", async () => {
    const { cells } = await json("/v1/cells");
    const { cell, verdicts, parents } = await json(`/v1/cells/${cells[0].cell}`);
    expect(cell).toEqual(cells[0]);
    const reports = verdicts.reduce((sum: number, one: { witnessReports: number }) => sum + one.witnessReports, 0);
    expect(reports).toBe(cell.witnessReports);
    expect(parents.map((one: { resolution: number }) => one.resolution)).toEqual([7, 6, 5, 4]);
  });

  test("where nothing stands are told so, with the coarser cells that have something", async () => {
    const { cells } = await json("/v1/cells");
    const known = new Set(cells.map((one: { cell: string }) => one.cell));
    const first = BigInt(`0x${cells[0].cell}`);
    const parent = parentCell(Number(first >> 32n), Number(first & 0xffff_ffffn), 7);
    // The digit of resolution 8 stands at bits 21 to 23 (H3's format of an index); a hexagon has children 0 to 6.
    const digitAt = 21n;
    const children = [0n, 1n, 2n, 3n, 4n, 5n, 6n].map((digit) => (first & ~(7n << digitAt)) | (digit << digitAt));
    const empty = children.map((cell) => cell.toString(16)).find((text) => !known.has(text))!;
    const { cell, verdicts, parents } = await json(`/v1/cells/${empty}`);
    expect([cell, verdicts]).toEqual([null, []]);
    expect(parents[0].cell).toBe(cellToBigInt(parent.hi, parent.lo).toString(16));
    const { hi, lo } = parentCell(parent.hi, parent.lo, 3);
    expect((await get(`/v1/cells/${cellToBigInt(hi, lo).toString(16)}`)).status).toBe(404);
  });

  test("of another resolution are not said to be without hotspots", async () => {
    const own = small.input.hotspots.cell[0]!;
    const [hi, lo] = [Number(own >> 32n), Number(own & 0xffff_ffffn)];
    const asked = async (resolution: number) => {
      const cell = parentCell(hi, lo, resolution);
      return (await get(`/v1/hotspots?cell=${cellToBigInt(cell.hi, cell.lo).toString(16)}`)).status;
    };
    expect(await Promise.all([7, 8, 9].map(asked))).toEqual([404, 200, 404]);
  });

  test("finer than resolution 8 are not told, though the density counts them", async () => {
    for (const cell of small.input.hotspots.cell) {
      const [hi, lo] = [Number(cell >> 32n), Number(cell & 0xffff_ffffn)];
      const nameOf = (resolution: number) => {
        const { hi: upper, lo: lower } = parentCell(hi, lo, resolution);
        return cellToBigInt(upper, lower).toString(16);
      };
      expect((await get(`/v1/cells/${nameOf(8)}`)).status).toBe(200);
      for (const resolution of [9, 10, 11]) expect((await get(`/v1/cells/${nameOf(resolution)}`)).status).toBe(404);
    }
    for (const resolution of [9, 10]) expect((await get(`/v1/cells?resolution=${resolution}`)).status).toBe(400);
  });

  test("say whether there is coverage at a point, with the evidence", async () => {
    const { cells } = await json("/v1/cells");
    const cell = BigInt(`0x${cells[0].cell}`);
    const { latDeg, lngDeg } = cellToLatLng(Number(cell >> 32n), Number(cell & 0xffff_ffffn));
    const covered = await json(`/v1/coverage?lat=${latDeg}&lng=${lngDeg}`);
    expect(covered).toMatchObject({ cell: cells[0].cell, isCovered: true });
    expect(covered.evidence[0]).toMatchObject({ distanceCells: 0, activeHotspots: cells[0].activeHotspots });
    expect(await json("/v1/coverage?lat=0&lng=0")).toMatchObject({ isCovered: false, evidence: [] });
    expect((await get("/v1/coverage?lat=91&lng=0")).status).toBe(400);
  });
});

describe("how packets got through", () => {
  test("is told by route, by hotspot, and of each by the other, with the confirmed half and its latency", async () => {
    const { until, isSettled, deliveries } = await json("/v1/deliveries");
    expect([until, isSettled]).toEqual([EPOCH, false]);
    expect(deliveries).toMatchObject([{ hotspot: null, routeId: 1, copies: 10, confirmed: 5, deliveredE4: 5000 }]);
    // Received 200 ms before the end of the epoch, confirmed 100 ms later.
    expect(deliveries[0].latencyMs).toEqual({ median: 100, p95: 100, most: 100 });
    const own = await json(`/v1/hotspots/${key}/deliveries`);
    expect(own.deliveries).toMatchObject([{ hotspot: key, routeId: 1, copies: 2, confirmed: 1 }]);
    const ofRoute = await json("/v1/routes/1/deliveries");
    expect(ofRoute.deliveries).toContainEqual(own.deliveries[0]);
    const byHotspot = await json("/v1/deliveries?by=hotspot");
    expect(byHotspot.deliveries.map(({ copies }: { copies: number }) => copies)).toEqual([2, 2, 2, 2, 2]);
    expect((await get("/v1/routes/2/deliveries")).status).toBe(404);
  });

  test("comes in pages that leave nothing out", async () => {
    const { deliveries } = await json("/v1/routes/1/deliveries");
    const first = await json("/v1/routes/1/deliveries?limit=3");
    const rest = await json(`/v1/routes/1/deliveries?after=${first.next}`);
    expect([...first.deliveries, ...rest.deliveries]).toEqual(deliveries);
    expect(rest.next).toBeNull();
  });
});

describe("uptime", () => {
  test("of a hotspot that answered all it was asked is whole", async () => {
    const { uptimes } = await json("/v1/uptimes");
    expect(uptimes).toHaveLength(5);
    const { uptime } = await json(`/v1/hotspots/${key}/uptime`);
    expect(uptime).toMatchObject({ key, challenged: 4, answered: 4, uptimeE4: 10_000, spans: 24 });
    expect(uptimes).toContainEqual(uptime);
    expect(uptime.activeSpans).toBeGreaterThan(4);
    expect(Date.parse(uptime.lastReport)).toBeGreaterThan(EPOCH * EPOCH_MS);
  });
});

describe("rewards", () => {
  test("of a hotspot as CSV sum to its wallet's leaf, whose proof verifies under the root", async () => {
    const { text, headers } = await get(`/v1/hotspots/${key}/rewards.csv`);
    expect(headers["content-type"]).toContain("text/csv");
    const [heading, ...lines] = text.trimEnd().split("\r\n");
    expect(heading).toBe("epoch,beneficiary,beacon_atoms,witness_atoms,data_atoms,atoms");
    const sum = lines.reduce((total, line) => total + BigInt(line.split(",").at(-1)!), 0n);
    const leaf = await json(`/v1/wallets/${base58Text(wallet)}/proof`);
    // This wallet has no other hotspot.
    expect(sum).toBe(BigInt(leaf.cumulativeAtoms));
    const proof = {
      siblingHashes: new Uint8Array(Buffer.from(leaf.proof.siblingHashes.join(""), "hex")),
      siblingSums: BigUint64Array.from(leaf.proof.siblingSums, (value: string) => BigInt(value)),
      leftSiblings: leaf.proof.leftSiblings,
    };
    const distributor = Uint8Array.fromHex(small.input.parameters.rewards.distributor);
    const hash = Uint8Array.fromHex(leaf.root.hash);
    const verifies = (atoms: bigint) =>
      verifyMerkleSumProof({ hash, totalAtoms: BigInt(leaf.root.totalAtoms) }, distributor, wallet, atoms, proof);
    expect([verifies(sum), verifies(sum + 1n)]).toEqual([true, false]);
  });

  test("of a wallet that never earned are nothing, which is no error but in a file to claim with", async () => {
    const stranger = base58Text(new Uint8Array(32).fill(99));
    const { root: rootOfEpoch } = await json(`/v1/epochs/${EPOCH}`);
    expect(await json(`/v1/wallets/${stranger}/proof`)).toEqual({
      epoch: EPOCH,
      wallet: stranger,
      epochAtoms: "0",
      cumulativeAtoms: "0",
      leafIndex: null,
      root: rootOfEpoch,
      proof: null,
    });
    expect((await get(`/v1/wallets/${stranger}/claim`)).status).toBe(404);
    for (const noWallet of ["nobody", stranger.slice(0, 20)]) {
      expect((await get(`/v1/wallets/${noWallet}/proof`)).status).toBe(404);
    }
  });
});

describe("an epoch", () => {
  test("that is being closed gives none of the files that are there already", async () => {
    const archive = {
      files: async () => new Map([["manifest.json", "00".repeat(32)]]),
      open: async () => ({ bytes: 1, stream: new Blob(["x"]).stream(), sha256: "00".repeat(32) }),
    } as unknown as EpochArchive;
    const closed: number[] = [];
    const closing = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
    await apiPart({ source: new ArchivedEpochs(archive, async () => closed), nowMs: () => NOW_MS }).routes?.(closing);
    const ask = async (path: string) => (await closing.inject({ method: "GET", url: path })).statusCode;
    const paths = ["/v1/epochs/7/files", "/v1/epochs/7/files/beacons.arrow"];
    expect(await Promise.all(paths.map(ask))).toEqual([404, 404]);
    closed.push(7);
    expect(await Promise.all(paths.map(ask))).toEqual([200, 200]);
    await closing.close();
  });

  test("has its manifest and files as they lie in the folder, each under its hash", async () => {
    const { files } = await json(`/v1/epochs/${EPOCH}/files`);
    const names = files.map((file: { name: string }) => file.name);
    expect(names).toContain("manifest.json");
    for (const { name, sha256 } of files) {
      const answer = await app.inject({ method: "GET", url: `/v1/epochs/${EPOCH}/files/${name}` });
      expect(sha256Hex(answer.rawPayload), name).toBe(sha256);
      const again = await get(`/v1/epochs/${EPOCH}/files/${name}`, { "if-none-match": String(answer.headers.etag) });
      expect([again.status, again.text]).toEqual([304, ""]);
    }
    const manifest = readFileSync(join(root, `epoch-${EPOCH}`, "manifest.json"), "utf8");
    expect((await get(`/v1/epochs/${EPOCH}/files/manifest.json`)).text).toBe(manifest);
    for (const name of ["../secret", "%2e%2e%2fsecret", ".tmp", "nothing"]) {
      expect((await get(`/v1/epochs/${EPOCH}/files/${name}`)).status).toBe(404);
    }
  });

  test("is answered with an ETag, and not sent again to who has it", async () => {
    const { headers } = await get("/v1/cells");
    // A proxy that compresses makes a weak one of it.
    for (const known of [`${headers.etag}`, `W/${headers.etag}`, `"other", W/"x" ,W/${headers.etag}`, "*"]) {
      const again = await get("/v1/cells", { "if-none-match": known });
      expect([again.status, again.text], known).toEqual([304, ""]);
    }
    for (const other of ['"other"', "", '"', "W/", `${headers.etag}x`, '"x",'.repeat(1000)]) {
      expect((await get("/v1/cells", { "if-none-match": other })).status, other).toBe(200);
    }
  });

  test.each(["/v1/epochs", `/v1/epochs/${EPOCH}/files`])(
    "has %s with an ETag, which a client that has it is not sent again",
    async (url) => {
      const { headers } = await get(url);
      const again = await get(url, { "if-none-match": String(headers.etag) });
      expect(again).toMatchObject({ status: 304, text: "" });
      expect(again.headers["cache-control"]).toBe(headers["cache-control"]);
      expect((await get(url, { "if-none-match": '"other"' })).status).toBe(200);
    },
  );

  test("tells the length of its files without reading them", async () => {
    const url = `/v1/epochs/${EPOCH}/files/witnesses.arrow`;
    const { headers, text } = await get(url);
    let opened = 0;
    let cancelled = 0;
    const source = new EpochFolders(root);
    const openFile = source.open.bind(source);
    source.open = async (...of) => {
      const file = await openFile(...of);
      if (file === undefined) return undefined;
      opened++;
      const cancel = file.stream.cancel.bind(file.stream);
      file.stream.cancel = async (why) => {
        cancelled++;
        await cancel(why);
      };
      return file;
    };
    const asked = createHttpApp({ maxConnections: 10, log: SILENT_LOG });
    await apiPart({ source, nowMs: () => NOW_MS }).routes?.(asked);
    const told = await asked.inject({ method: "HEAD", url });
    expect(told.statusCode).toBe(200);
    expect(told.body).toBe("");
    expect(told.headers["content-length"]).toBe(headers["content-length"]);
    expect(told.headers.etag).toBe(headers.etag);
    expect(text.length).toBeGreaterThan(0);
    expect([opened, cancelled]).toEqual([1, 1]);
    await asked.close();
  });

  test("that is not closed is not found", async () => {
    expect((await get(`/v1/epochs/${EPOCH + 1}`)).status).toBe(404);
    expect((await get(`/v1/hotspots?epoch=${EPOCH + 1}`)).status).toBe(404);
    expect(await json("/v1/epochs")).toEqual({ epochs: [EPOCH] });
  });
});

test("whatever is asked, the answer is one of the interface and never a fault", async () => {
  const part = fc.constantFrom(
    "v1",
    "hotspots",
    "cells",
    "coverage",
    "epochs",
    "wallets",
    "proof",
    "files",
    key,
    String(EPOCH),
  );
  const text = fc.oneof(part, fc.string({ maxLength: 12 }));
  const url = fc
    .tuple(
      fc.array(text, { maxLength: 5 }),
      fc.dictionary(fc.constantFrom("epoch", "after", "limit", "lat", "lng", "cell"), text),
    )
    .map(([path, query]) => `/v1/${path.map(encodeURIComponent).join("/")}?${new URLSearchParams(query)}`);
  await fc.assert(
    fc.asyncProperty(url, async (one) => {
      const { status } = await get(one);
      expect([200, 304, 400, 404]).toContain(status);
    }),
    { numRuns: 200 * Number(process.env.EARSHOT_SOAK ?? 1) },
  );
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  API_ERRORS,
  canonicalJsonBytes,
  EMPTY_CHAIN,
  gatewayIdOf,
  importKey,
  keyToText,
  sealUpload,
  sha256,
  signerFromEd25519Seed,
} from "@earshot/poc/protocol";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { parseChallenge, parseFailure, parseObject } from "../../src/proof/api-answers.ts";
import { judgeClaim } from "../../src/proof/challenge-source.ts";
import { checkOracleUrl, fetchSend, type HttpSend } from "../../src/proof/http.ts";
import { OracleClient } from "../../src/proof/oracle-client.ts";
import { beaconDataRateIn, EARSHOT_PARAMETERS, readParameters } from "../../src/proof/proof-parameters.ts";
import { TrustedSigners } from "../../src/proof/trusted-signers.ts";
import { freePort, makeAuthority } from "../doubles/mosquitto.ts";
import { earshotOracle, type OracleDouble } from "../doubles/oracle.ts";
import { START_MS, seed, soak } from "./support.ts";

const device = signerFromEd25519Seed(seed("a device"));
const keyText = keyToText(device.publicKey);
const stop = new AbortController().signal;
let oracles: OracleDouble[] = [];

afterEach(() => {
  for (const oracle of oracles) oracle.close();
  oracles = [];
});

function oracle(nowMs = () => Date.now()): OracleDouble {
  const made = earshotOracle("a", nowMs);
  oracles.push(made);
  return made;
}

function client(url: string, send: HttpSend, double: OracleDouble): OracleClient {
  return new OracleClient(url, { send, clock: systemClock() }, new TrustedSigners(3, [double.keyText]), () => {});
}

function upload(sequence = 1, previousId = EMPTY_CHAIN.id) {
  const witness = {
    payload: new Uint8Array(24),
    receivedMs: 1,
    tmst: 1,
    rssiDdbm: -900,
    snrDdb: 1,
    frequencyHz: 1,
    dataRate: 10,
  };
  return sealUpload({ network: 3, sequence, previousId, witnesses: [witness] }, device);
}

describe("an oracle over HTTP", () => {
  test("takes an upload and gives its receipt, then the same one again, then a head", async () => {
    const begunMs = Date.now();
    const double = oracle();
    const times: number[] = [];
    const signers = new TrustedSigners(3, [double.keyText]);
    const http = new OracleClient(
      double.serve(),
      { send: fetchSend(), clock: systemClock() },
      signers,
      ({ issuedMs }) => times.push(issuedMs),
    );
    const { bytes, id } = upload();
    const first = await http.submit(bytes, id, device.publicKey, stop);
    expect(first).toMatchObject({ status: "accepted", isDuplicate: false, receipt: { logIndex: 0, uploadId: id } });
    const second = await http.submit(bytes, id, device.publicKey, stop);
    expect(second).toMatchObject({ status: "accepted", isDuplicate: true });
    expect(await http.chainHead(keyText, device.publicKey, stop)).toMatchObject({
      status: "ok",
      head: { sequence: 1, id },
    });
    const gap = upload(3, seed("x"));
    const conflict = await http.submit(gap.bytes, gap.id, device.publicKey, stop);
    expect(conflict).toMatchObject({ status: "conflict", code: "wrong_predecessor", head: { sequence: 1 } });
    expect(await http.logTime(stop)).toMatchObject({ status: "ok" });
    expect(times).toHaveLength(3);
    expect(times[0]).toBeGreaterThanOrEqual(begunMs);
    expect(times[0]).toBeLessThanOrEqual(Date.now());
    expect(http.problem).toBe(null);
  });

  test("says in words of its own that nothing listens, and how the system calls it", async () => {
    const double = oracle();
    const http = client(`http://127.0.0.1:${await freePort()}`, fetchSend(), double);
    expect(await http.logTime(stop)).toEqual({ status: "unreachable", reason: "it cannot be reached: ECONNREFUSED" });
    expect(http.problem).toBe("it cannot be reached: ECONNREFUSED");
  });

  test("says why it does not believe an oracle: another key, another network; until it does", async () => {
    const double = oracle();
    const asking = (signers: TrustedSigners) =>
      new OracleClient(double.serve(), { send: fetchSend(), clock: systemClock() }, signers, () => {});
    const stranger = keyToText(signerFromEd25519Seed(seed("a stranger")).publicKey);
    const strict = asking(new TrustedSigners(3, [stranger]));
    const reason = `it signs with the key ${double.keyText}, which oracle.signers does not list`;
    expect(await strict.logTime(stop)).toEqual({ status: "unreachable", reason });
    // Unsigned answers do not make it a trusted one.
    expect(await strict.parameters(stop)).toMatchObject({ status: "ok" });
    expect(strict.problem).toBe(reason);
    const elsewhere = asking(new TrustedSigners(1, [double.keyText]));
    expect(await elsewhere.chainHead(keyText, device.publicKey, stop)).toMatchObject({
      reason: "it serves network 3; oracle.network is 1",
    });
    const { bytes, id } = upload();
    expect(await elsewhere.submit(bytes, id, device.publicKey, stop)).toMatchObject({ status: "unreachable" });
    expect(elsewhere.problem).toContain("it serves network 3");
    const right = asking(new TrustedSigners(3, [double.keyText]));
    expect([(await right.logTime(stop)).status, right.problem]).toEqual(["ok", null]);
  });

  test("is spoken to over TLS, by its authority and no other", async () => {
    const folder = mkdtempSync(join(tmpdir(), "earshot-tls-"));
    makeAuthority(folder);
    const pem = (name: string) => readFileSync(join(folder, name), "utf8");
    const double = oracle();
    const url = double.serve({ cert: pem("server.pem"), key: pem("server.key") });
    const { bytes, id } = upload();
    const trusting = client(url, fetchSend(pem("ca.pem")), double);
    expect(await trusting.submit(bytes, id, device.publicKey, stop)).toMatchObject({ status: "accepted" });
    const wary = client(url, fetchSend(), double);
    expect(await wary.submit(bytes, id, device.publicKey, stop)).toMatchObject({ status: "unreachable" });
    expect(double.log).toHaveLength(1);
    rmSync(folder, { recursive: true, force: true });
  });

  test("refuses by the codes of the interface, each with its own rule", async () => {
    const double = oracle();
    const http = client(double.serve(), fetchSend(), double);
    const { bytes, id } = upload();
    for (const code of Object.keys(API_ERRORS) as (keyof typeof API_ERRORS)[]) {
      if (API_ERRORS[code].status === 409) continue;
      double.refuseWith = code;
      const answer = await http.submit(bytes, id, device.publicKey, stop);
      expect(answer).toMatchObject({ status: "refused", failure: { code, retryable: API_ERRORS[code].retryable } });
    }
  });

  test("is unreachable when nobody listens, when it redirects, when its answer is no JSON or too long", async () => {
    const double = oracle();
    const url = double.serve();
    double.close();
    const http = client(url, fetchSend(), double);
    expect(await http.logTime(stop)).toMatchObject({ status: "unreachable" });
    expect(http.problem).not.toBe(null);
    const answers: Response[] = [
      Response.redirect("https://elsewhere.test/", 302),
      new Response("<html>", { status: 200 }),
      new Response("<html>", { status: 502 }),
      new Response("x".repeat(1_000_000), { status: 200 }),
    ];
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => answers.shift()! });
    const strange = client(`http://127.0.0.1:${server.port}`, fetchSend(), double);
    for (let left = answers.length; left > 0; left--) {
      expect(await strange.logTime(stop)).toMatchObject({ status: "unreachable" });
    }
    await server.stop(true);
  });

  test("is given up at once when the agent stops", async () => {
    const double = oracle();
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Promise<Response>(() => {}) });
    const http = client(`http://127.0.0.1:${server.port}`, fetchSend(), double);
    const stopping = new AbortController();
    const asked = http.logTime(stopping.signal);
    stopping.abort();
    expect(await asked).toEqual({ status: "unreachable", reason: "stopped" });
    await server.stop(true);
  });
});

describe("an oracle's address and keys", () => {
  test("are https, or loopback; and keys in their text form", () => {
    expect(checkOracleUrl("https://oracle.example/")).toBe("https://oracle.example");
    expect(checkOracleUrl("http://127.0.0.1:8080")).toBe("http://127.0.0.1:8080");
    for (const url of ["http://oracle.example", "ftp://127.0.0.1", "oracle.example", "", "http://127.0.0.1.example"]) {
      expect(() => checkOracleUrl(url), url).toThrow("AGT_BAD_ORACLE");
    }
    expect(() => new TrustedSigners(3, ["not a key"])).toThrow("AGT_BAD_ORACLE");
    expect(new TrustedSigners(3, [keyText]).keyNamed(keyText)?.key).toEqual(device.publicKey);
    expect(new TrustedSigners(3, [keyText]).keyNamed("nonsense")).toBe(undefined);
  });
});

describe("answers from outside", () => {
  test("are never believed once a bit is changed, and never throw: 10,000 mutations", () => {
    const double = oracle(() => START_MS + 7_000_000);
    const signers = new TrustedSigners(3, [double.keyText]);
    const honest = double.answer("GET", `/v1/devices/${keyText}/challenge`, null).body;
    const start = START_MS / 60_000;
    const judge = (body: Uint8Array) => {
      const object = parseObject(body);
      const claimed = object === undefined ? undefined : parseChallenge(object);
      return claimed === undefined
        ? undefined
        : judgeClaim(claimed, start, device.publicKey, EARSHOT_PARAMETERS, signers);
    };
    const truth = judge(honest);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(honest.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(honest.length),
        fc.boolean(),
        (changes, cut, isCut) => {
          const body = honest.slice(0, isCut ? cut : honest.length);
          for (const [at, byte] of changes) if (at < body.length) body[at] = byte;
          parseFailure(body);
          const object = parseObject(body);
          if (object !== undefined) readParameters(object, 3);
          const news = judge(body);
          if (news?.kind === "drawn" && truth?.kind === "drawn") {
            expect(news.drawn.challenge).toEqual(truth.drawn.challenge);
          }
        },
      ),
      soak(10_000),
    );
  });

  test("hold parameters that are used only when their hash is right and they make sense", () => {
    const double = oracle();
    const honest = parseObject(double.answer("GET", "/v1/parameters", null).body)!;
    expect(readParameters(honest, 3)).toEqual(EARSHOT_PARAMETERS);
    expect(readParameters({ ...honest, parameterHash: "00".repeat(32) }, 3)).toHaveProperty("problem");
    expect(readParameters({}, 3)).toHaveProperty("problem");
    const regional = withRates(honest, [{ region: "US915", dataRate: 9 }]);
    const read = readParameters(regional, 3);
    expect("problem" in read ? read.problem : beaconDataRateIn("US915", read)).toBe(9);
    expect("problem" in read ? read.problem : beaconDataRateIn("EU868", read)).toBe(10);
    for (const rates of [undefined, {}, [7], [{ region: "US915" }], [{ region: "US915", dataRate: 99 }]]) {
      expect(readParameters(withRates(honest, rates), 3)).toHaveProperty("problem");
    }
    const times = { entropyMs: 5000, intervalMs: 30_000, transmitDelayMs: 2500, transmitSpreadMs: 2500 };
    const fast = earshotOracle("fast", () => 0, { times, windowMs: 10_000 });
    const quick = parseObject(fast.answer("GET", "/v1/parameters", null).body)!;
    expect(readParameters(quick, 3)).toMatchObject({ times });
    expect(readParameters(quick, 1)).toEqual({ problem: "intervals are too short" });
  });
});

function withRates(answer: Readonly<Record<string, unknown>>, regionDataRates: unknown) {
  const honest = answer.parameters as { readonly challenge: object };
  const parameters = JSON.parse(JSON.stringify({ ...honest, challenge: { ...honest.challenge, regionDataRates } }));
  return { parameters, parameterHash: sha256(canonicalJsonBytes(parameters)).toHex() };
}

describe("the test double", () => {
  test("has keys of its own for each name", () => {
    const [a, b] = [earshotOracle("a", () => 0), earshotOracle("b", () => 0)];
    expect(a.keyText).not.toBe(b.keyText);
    expect(gatewayIdOf(importKey(a.signer.publicKey).key)).toHaveLength(8);
  });
});

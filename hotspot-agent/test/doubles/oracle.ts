/**
 * An oracle for tests that speaks poc/src/protocol/oracle-api.ts with the protocol's own checks: uploads are verified, chained and
 * logged, receipts and heads signed, challenges drawn. Answers from memory (`send`) or over HTTP on loopback (`serve`).
 */
import {
  API_ERRORS,
  type ApiErrorCode,
  type BeaconReport,
  type ChainHead,
  canonicalJsonBytes,
  chainLink,
  type DeviceSigner,
  EMPTY_CHAIN,
  findChallenge,
  importKey,
  intervalStart,
  keyFromText,
  keyToText,
  logGenesis,
  nextLogHead,
  type PacketReceipt,
  parseUploadHeader,
  RECORD_BYTES,
  readBeacon,
  readPacketReceipt,
  readWitness,
  type SortitionTimes,
  sha256,
  signChainHead,
  signEntropy,
  signerFromEd25519Seed,
  signLogHead,
  signReceipt,
  stepChain,
  UPLOAD_CONTENT_TYPE,
  UPLOAD_HEADER_BYTES,
  verifyUpload,
  type WitnessReport,
} from "@earshot/poc/protocol";
import { regionByName } from "@earshot/poc/radio";
import type { HttpAnswer, HttpRequest, HttpSend } from "../../src/proof/http.ts";

const encoder = new TextEncoder();

export interface OracleDoubleOptions {
  /** Different names have different keys. */
  readonly name: string;
  readonly network: number;
  /** The true time. */
  readonly nowMs: () => number;
  readonly times: SortitionTimes;
  readonly windowMs: number;
  readonly region: string;
  readonly beaconDataRate: number;
  /** From the start of a minute until its entropy is known, ms. */
  readonly entropyDelayMs: number;
  /** Runs `task` later, for answers that are held back; without it nothing is held. */
  readonly after?: (delayMs: number, task: () => void) => void;
}

/** Preset `earshot` in EU868 on the local network. */
export function earshotOracle(
  name: string,
  nowMs: () => number,
  options: Partial<OracleDoubleOptions> = {},
): OracleDouble {
  const times = { entropyMs: 60_000, intervalMs: 21_600_000, transmitDelayMs: 30_000, transmitSpreadMs: 30_000 };
  const rules = { times, windowMs: 30_000, region: "EU868", beaconDataRate: 10, entropyDelayMs: 13_000 };
  return new OracleDouble({ name, network: 3, nowMs, ...rules, ...options });
}

export interface LoggedUpload {
  readonly bytes: Uint8Array;
  readonly id: Uint8Array;
  readonly device: string;
  readonly sequence: number;
  readonly resumed: boolean;
  readonly receiveMs: number;
  readonly receipt: Uint8Array;
}

interface Chain {
  head: ChainHead;
  readonly ids: Map<number, Uint8Array>;
}

/** E(minute) of every double: known to all, chosen by none. */
export function entropyOf(minute: number): Uint8Array {
  return sha256(encoder.encode(`entropy of ${minute}`));
}

export class OracleDouble {
  readonly options: OracleDoubleOptions;
  readonly signer: DeviceSigner;
  readonly keyText: string;
  readonly url: string;
  readonly log: LoggedUpload[] = [];
  readonly forks: Uint8Array[] = [];
  /** Requests as `METHOD path`. */
  readonly requests: string[] = [];
  readonly receivedUploads: Uint8Array[] = [];
  /** Devices that it takes uploads of; null: all. */
  registered: Set<string> | null = null;
  /** No answer at all, like a cut cable. */
  isDown = false;
  /** Why it challenges nobody, as it says it; null where it does. */
  unchallenged: string | null = null;
  /** Uploads are logged, but the answer is lost. */
  losesAnswers = false;
  /** Answers every upload with this code. */
  refuseWith: ApiErrorCode | null = null;
  retryAfterMs: number | null = null;
  /** Its clock less the true time, ms. */
  clockErrorMs = 0;
  readonly #chains = new Map<string, Chain>();
  #logHead: Uint8Array;
  #servers: { stop(closeActiveConnections?: boolean): unknown }[] = [];

  constructor(options: OracleDoubleOptions) {
    this.options = options;
    this.signer = signerFromEd25519Seed(sha256(encoder.encode(`oracle ${options.name}`)));
    this.keyText = keyToText(this.signer.publicKey);
    this.url = `https://${options.name}.oracle.test`;
    this.#logHead = logGenesis(options.network, this.signer.publicKey);
  }

  get nowMs(): number {
    return Math.round(this.options.nowMs() + this.clockErrorMs);
  }

  /** Answers requests of an agent from memory; rejects as a network does. */
  readonly send: HttpSend = async (request) => {
    if (!request.url.startsWith(this.url)) throw new Error(`no such host: ${request.url}`);
    const answer = await this.#answerWithin(request, request.url.slice(this.url.length));
    if (this.isDown || (this.losesAnswers && request.method === "POST")) {
      return new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason));
      });
    }
    return answer;
  };

  async #answerWithin(request: HttpRequest, path: string): Promise<HttpAnswer> {
    const { after } = this.options;
    if (this.isDown) return { status: 0, body: new Uint8Array(0) };
    const first = this.answer(request.method, path, request.body);
    const waitS = Number(/wait=(\d+)/.exec(request.headers.prefer ?? "")?.[1] ?? 0);
    if (waitS === 0 || after === undefined) return first;
    const known = () => this.#knownUntil();
    const before = known();
    for (let heldMs = 0; heldMs < 1000 * waitS && known() === before && !request.signal.aborted; heldMs += 500) {
      await new Promise<void>((resolve) => after(500, resolve));
    }
    return this.answer(request.method, path, request.body);
  }

  /** Answers on loopback, over HTTP or with a certificate for localhost over HTTPS; the address. */
  serve(tls?: { readonly cert: string; readonly key: string }): string {
    const server = Bun.serve({
      port: 0,
      ...(tls === undefined ? {} : { tls }),
      hostname: "127.0.0.1",
      fetch: async (request) => {
        const path = new URL(request.url).pathname;
        const body = request.method === "POST" ? new Uint8Array(await request.arrayBuffer()) : null;
        const answer = this.answer(request.method, path, body, request.headers.get("content-type") ?? "");
        return new Response(answer.body as Uint8Array<ArrayBuffer>, { status: answer.status });
      },
    });
    this.#servers.push(server);
    return tls === undefined ? `http://127.0.0.1:${server.port}` : `https://localhost:${server.port}`;
  }

  close(): void {
    for (const server of this.#servers) void server.stop(true);
    this.#servers = [];
  }

  /** The answer to one request. */
  answer(method: string, path: string, body: Uint8Array | null, contentType = UPLOAD_CONTENT_TYPE): HttpAnswer {
    this.requests.push(`${method} ${path}`);
    const parts = path.split("/").slice(1);
    if (method === "POST" && path === "/v1/uploads" && body !== null && contentType === UPLOAD_CONTENT_TYPE) {
      return this.#submit(body);
    }
    if (method !== "GET" || parts[0] !== "v1") return failure("bad_request");
    if (parts[1] === "devices" && parts[3] === "head") return this.#head(keyFromText(parts[2]!));
    if (parts[1] === "devices" && parts[3] === "challenge") return this.#challenge(keyFromText(parts[2]!));
    if (parts[1] === "entropy") return this.#entropy(Number(parts[2]));
    if (path === "/v1/log/head") return ok({ head: base64(this.#signedLogHead()) });
    if (path === "/v1/parameters") return this.#parameters();
    if (parts[1] === "uploads" && parts[3] === "receipt") {
      const logged = this.log.find(({ id }) => id.toHex() === parts[2]);
      return logged === undefined ? failure("not_found") : ok({ receipt: base64(logged.receipt) });
    }
    return failure("not_found");
  }

  /** Where a device's chain is here. */
  headOf(key: Uint8Array): ChainHead {
    return this.#chain(key).head;
  }

  /** Every report logged, each as often as it was logged. */
  reports(): {
    readonly beacons: BeaconReport[];
    readonly witnesses: WitnessReport[];
    readonly receipts: PacketReceipt[];
  } {
    const all = { beacons: [] as BeaconReport[], witnesses: [] as WitnessReport[], receipts: [] as PacketReceipt[] };
    for (const { bytes } of this.log) {
      const parsed = parseUploadHeader(bytes);
      if (parsed.status === "refused") throw new Error("a logged upload does not parse");
      const { counts } = parsed.header;
      let at = UPLOAD_HEADER_BYTES;
      for (let i = 0; i < counts.beacons; i++, at += RECORD_BYTES.beacon) all.beacons.push(readBeacon(bytes, at));
      for (let i = 0; i < counts.witnesses; i++, at += RECORD_BYTES.witness) all.witnesses.push(readWitness(bytes, at));
      for (let i = 0; i < counts.receipts; i++, at += RECORD_BYTES.receipt)
        all.receipts.push(readPacketReceipt(bytes, at));
    }
    return all;
  }

  #submit(bytes: Uint8Array): HttpAnswer {
    this.receivedUploads.push(bytes.slice());
    if (this.refuseWith !== null) return failure(this.refuseWith, this.retryAfterMs ?? undefined);
    const parsed = parseUploadHeader(bytes);
    if (parsed.status === "refused") return failure(parsed.code);
    const { signer } = parsed.header;
    if (!this.#isRegistered(signer)) return failure("not_registered");
    const upload = verifyUpload(bytes, importKey(signer), this.options.network);
    if (upload.status === "refused") return failure(upload.code);
    const chain = this.#chain(signer);
    const step = stepChain(chain.head, chainLink(upload), (sequence) => chain.ids.get(sequence));
    if (step.outcome === "duplicate") {
      const logged = this.log.find(({ id }) => Buffer.compare(id, upload.id) === 0)!;
      return ok({ status: "duplicate", receipt: base64(logged.receipt) });
    }
    if (step.outcome !== "accept") {
      if (step.outcome === "chain_fork") this.forks.push(bytes.slice());
      return failure(step.outcome, undefined, base64(this.#signedHead(signer)));
    }
    chain.head = step.head;
    chain.ids.set(step.head.sequence, step.head.id);
    const receiveMs = this.nowMs;
    const entry = { uploadId: upload.id, receiveMs, logIndex: this.log.length };
    const receipt = signReceipt(this.options.network, { ...entry, previousHead: this.#logHead }, this.signer);
    this.#logHead = nextLogHead(this.#logHead, entry);
    const { sequence, resumed } = upload.header;
    this.log.push({
      bytes: bytes.slice(),
      id: upload.id,
      device: signer.toHex(),
      sequence,
      resumed,
      receiveMs,
      receipt,
    });
    return ok({ status: "accepted", receipt: base64(receipt) });
  }

  #head(key: Uint8Array): HttpAnswer {
    return this.#isRegistered(key) ? ok({ head: base64(this.#signedHead(key)) }) : failure("not_registered");
  }

  #challenge(key: Uint8Array): HttpAnswer {
    if (!this.#isRegistered(key)) return failure("not_registered");
    const { times, region, beaconDataRate, network } = this.options;
    const knownUntil = this.#knownUntil();
    const start = intervalStart(Math.floor(this.nowMs / times.entropyMs), times);
    const drawn = findChallenge(key, start, (minute) => (minute <= knownUntil ? entropyOf(minute) : undefined), times);
    const base = { serverMs: this.nowMs, intervalStart: start, knownUntil: Math.max(knownUntil, start - 1) };
    const { unchallenged } = this;
    if (unchallenged !== null) return ok({ ...base, challenge: null, unchallenged });
    if (drawn === undefined) return ok({ ...base, challenge: null, unchallenged });
    const { channelsHz } = regionByName(region, "corrected");
    const challenge = {
      minute: drawn.minute,
      challengeId: drawn.challengeId.toHex(),
      transmitMs: drawn.transmitMs,
      frequencyHz: channelsHz[drawn.channelDraw % channelsHz.length],
      dataRate: beaconDataRate,
      entropy: base64(signEntropy(network, this.#record(drawn.minute), this.nowMs, this.signer)),
    };
    return ok({ ...base, challenge, unchallenged });
  }

  #entropy(minute: number): HttpAnswer {
    if (!(minute <= this.#knownUntil())) return failure("not_yet_known");
    return ok({ entropy: base64(signEntropy(this.options.network, this.#record(minute), this.nowMs, this.signer)) });
  }

  #parameters(): HttpAnswer {
    const { times, windowMs, beaconDataRate } = this.options;
    const parameters = {
      version: 1,
      name: "double",
      time: { ...times, windowMs },
      challenge: { kind: "sortition", dataRate: beaconDataRate, regionDataRates: [] },
    };
    return ok({ parameterHash: sha256(canonicalJsonBytes(parameters)).toHex(), effectiveEpoch: 0, parameters });
  }

  #record(minute: number) {
    const blockTimeS = Math.ceil((minute * this.options.times.entropyMs) / 1000);
    return { minute, slot: 1000 + minute, blockTimeS, blockhash: entropyOf(minute) };
  }

  #knownUntil(): number {
    const { times, entropyDelayMs } = this.options;
    return Math.floor((this.nowMs - entropyDelayMs) / times.entropyMs);
  }

  #signedHead(key: Uint8Array): Uint8Array {
    const { sequence, id } = this.#chain(key).head;
    return signChainHead(this.options.network, { deviceKey: key, sequence, id, issuedMs: this.nowMs }, this.signer);
  }

  #signedLogHead(): Uint8Array {
    const head = { length: this.log.length, head: this.#logHead, issuedMs: this.nowMs };
    return signLogHead(this.options.network, head, this.signer);
  }

  #isRegistered(key: Uint8Array): boolean {
    return this.registered === null || this.registered.has(key.toHex());
  }

  #chain(key: Uint8Array): Chain {
    const name = key.toHex();
    const known = this.#chains.get(name) ?? { head: EMPTY_CHAIN, ids: new Map() };
    this.#chains.set(name, known);
    return known;
  }
}

/** Sends each request to the oracle whose address it names. */
export function network(...oracles: readonly OracleDouble[]): HttpSend {
  return (request) => {
    const oracle = oracles.find(({ url }) => request.url.startsWith(`${url}/`));
    return oracle === undefined ? Promise.reject(new Error("no such host")) : oracle.send(request);
  };
}

function ok(json: unknown): HttpAnswer {
  return { status: 200, body: encoder.encode(JSON.stringify(json)) };
}

function failure(code: ApiErrorCode, retryAfterMs?: number, head?: string): HttpAnswer {
  const body = {
    code,
    expected: "otherwise",
    got: "this",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    head,
  };
  return { status: API_ERRORS[code].status, body: encoder.encode(JSON.stringify(body)) };
}

function base64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/**
 * The metrics of the service, by name: the one file that names them, and the door to prom-client.
 *
 * What counts uploads is fed from the withheld tally and nowhere else; what is counted at once is what nobody's signature stands for.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { UploadTally } from "../ingest/withheld-tally.ts";

const REPORT_KINDS = ["beacons", "witnesses", "receipts", "confirmations"] as const;

/** Usual metrics that Bun walks the whole heap for: nothing else is done for half a second of a scrape, which anybody may ask for. */
const HEAP_WALKS = ["total", "used", "available"].map((of) => `nodejs_heap_space_size_${of}_bytes`);

export class Telemetry {
  readonly #registry = new Registry();
  readonly #uploads;
  readonly #reports;
  readonly #uploadBytes;
  readonly #uploadSeconds;
  readonly #refusals;
  readonly #requests;
  readonly #requestSeconds;
  readonly #turnedAway;
  readonly #endpointAnswers;
  readonly #endpointDissents;
  #lastEntropyMinute: number | undefined;
  readonly #beforeScrape: (() => void)[] = [];

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    for (const name of HEAP_WALKS) this.#registry.removeSingleMetric(name);
    this.#uploads = new Counter({
      name: "oracle_uploads_total",
      help: "Uploads with a good signature by what became of them; told when their windows are closed.",
      labelNames: ["outcome"],
      registers,
    });
    this.#reports = new Counter({
      name: "oracle_reports_total",
      help: "Reports in accepted uploads by kind; told when their windows are closed.",
      labelNames: ["kind"],
      registers,
    });
    this.#uploadBytes = new Counter({
      name: "oracle_upload_bytes_total",
      help: "Bytes of accepted uploads; told when their windows are closed.",
      registers,
    });
    this.#uploadSeconds = new Histogram({
      name: "oracle_upload_seconds",
      help: "From an upload's arrival to its answer; told when its windows are closed.",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
    this.#refusals = new Counter({
      name: "oracle_uploads_refused_total",
      help: "Uploads refused before their signature was told to be good, by code.",
      labelNames: ["code"],
      registers,
    });
    this.#requests = new Counter({
      name: "oracle_http_requests_total",
      help: "Requests but uploads, by route and status.",
      labelNames: ["route", "status"],
      registers,
    });
    this.#requestSeconds = new Histogram({
      name: "oracle_http_request_seconds",
      help: "Time of requests but uploads and those that wait on purpose, by route.",
      labelNames: ["route"],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
      registers,
    });
    this.#turnedAway = new Counter({
      name: "oracle_http_turned_away_total",
      help: "Connections and requests turned away because their address has as many as one may have.",
      labelNames: ["what"],
      registers,
    });
    this.#endpointAnswers = new Counter({
      name: "oracle_endpoint_answers_total",
      help: "What Solana endpoints said of the block of a minute: agreed, disagreed, lagging, failed.",
      labelNames: ["endpoint", "outcome"],
      registers,
    });
    this.#endpointDissents = new Counter({
      name: "oracle_endpoint_dissents_total",
      help: "Answers of a Solana endpoint about accounts and transactions that were not what enough others said.",
      labelNames: ["endpoint"],
      registers,
    });
    this.gauge("oracle_entropy_minute", "The last minute whose entropy is known.", () => this.#lastEntropyMinute);
  }

  /** A value that is asked for at each scrape; undefined: there is none, and the scrape has none. */
  gauge(name: string, help: string, read: () => number | undefined): void {
    const gauge = new Gauge({ name, help, registers: [this.#registry] });
    this.beforeScrape(() => {
      const value = read();
      if (value === undefined) gauge.remove({});
      else gauge.set(value);
    });
  }

  /** A count that only grows, asked for at each scrape. */
  counter(name: string, help: string, read: () => number): void {
    const counter = new Counter({ name, help, registers: [this.#registry] });
    this.beforeScrape(() => {
      counter.reset();
      counter.inc(read());
    });
  }

  /** Runs before each scrape: what is due to be told. */
  beforeScrape(run: () => void): void {
    this.#beforeScrape.push(run);
  }

  /** Takes a second of uploads that may be told. */
  uploads({ outcomes, reports, bytes, durationsMs }: UploadTally): void {
    for (const [outcome, count] of outcomes) this.#uploads.inc({ outcome }, count);
    for (const kind of REPORT_KINDS) if (reports[kind] > 0) this.#reports.inc({ kind }, reports[kind]);
    this.#uploadBytes.inc(bytes);
    for (const ms of durationsMs) this.#uploadSeconds.observe(ms / 1000);
  }

  uploadRefused(code: string): void {
    this.#refusals.inc({ code });
  }

  /** A request that is no upload; `seconds` undefined where it waited on purpose. */
  request(route: string, status: number, seconds: number | undefined): void {
    this.#requests.inc({ route, status });
    if (seconds !== undefined) this.#requestSeconds.observe({ route }, seconds);
  }

  turnedAway(what: string): void {
    this.#turnedAway.inc({ what });
  }

  endpointAnswer(endpoint: string, outcome: string): void {
    this.#endpointAnswers.inc({ endpoint, outcome });
  }

  endpointDissent(endpoint: string): void {
    this.#endpointDissents.inc({ endpoint });
  }

  entropyKnown(minute: number): void {
    this.#lastEntropyMinute = minute;
  }

  /** Content type and text of a scrape. */
  async scrape(): Promise<{ readonly contentType: string; readonly text: string }> {
    for (const run of this.#beforeScrape) run();
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

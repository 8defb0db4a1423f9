/**
 * docs/reference/oracle-dashboard.json: a Grafana dashboard of an oracle, to be imported as it is.
 *
 * Every metric that an expression names must be one that the oracle has; a name that was changed fails the generator, and with it the check.
 */
import { metricsIn } from "./metric-table.ts";

interface Panel {
  readonly title: string;
  /** Legend → PromQL. */
  readonly series: Readonly<Record<string, string>>;
  readonly unit?: "s" | "short" | "bytes" | "percentunit" | "reqps";
  readonly description: string;
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const RATE = "[$__rate_interval]";
const ROWS: readonly Row[] = [
  {
    title: "Is it well",
    panels: [
      {
        title: "Epochs",
        description:
          "The running epoch, the last closed one, the last that is final. Closed follows running by one, final by a veto window more.",
        series: { running: "oracle_epoch_open", closed: "oracle_epoch_closed", final: "oracle_epoch_final" },
      },
      {
        title: "Age of what is known",
        unit: "s",
        description: "Entropy behind the clock: hotspots are not challenged. Registry: new hotspots are not known.",
        series: { registry: "oracle_registry_age_seconds" },
      },
      {
        title: "Clock",
        unit: "s",
        description:
          "Against the machine's clock and the chain's time. Beyond chain.clock_tolerance uploads are refused.",
        series: { wall: "oracle_clock_wall_error_seconds", chain: "oracle_clock_chain_error_seconds" },
      },
      {
        title: "Workers",
        description: "Processes that run here, and how often one was started again.",
        series: {
          running: "oracle_workers",
          restarts: `increase(oracle_worker_restarts_total${RATE})`,
          failures: `increase(oracle_worker_failures_total${RATE})`,
        },
      },
    ],
  },
  {
    title: "Uploads, told when their windows are closed",
    panels: [
      {
        title: "Uploads",
        unit: "reqps",
        description: "By what became of them.",
        series: { "{{outcome}}": `sum by (outcome) (rate(oracle_uploads_total${RATE}))` },
      },
      {
        title: "Reports",
        unit: "reqps",
        description: "In accepted uploads.",
        series: { "{{kind}}": `sum by (kind) (rate(oracle_reports_total${RATE}))` },
      },
      {
        title: "Refused",
        unit: "reqps",
        description:
          "log_unavailable is the disk or the cluster, overloaded the limits, bad_signature somebody's junk.",
        series: { "{{code}}": `sum by (code) (rate(oracle_uploads_refused_total${RATE}))` },
      },
      {
        title: "Time to the receipt",
        unit: "s",
        description: "From an upload's arrival to its answer.",
        series: {
          p50: `histogram_quantile(0.5, sum by (le) (rate(oracle_upload_seconds_bucket${RATE})))`,
          p99: `histogram_quantile(0.99, sum by (le) (rate(oracle_upload_seconds_bucket${RATE})))`,
        },
      },
    ],
  },
  {
    title: "Chain",
    panels: [
      {
        title: "Endpoints",
        unit: "reqps",
        description: "disagreed grows: an endpoint lies or follows a fork.",
        series: {
          "{{endpoint}} {{outcome}}": `sum by (endpoint, outcome) (rate(oracle_endpoint_answers_total${RATE}))`,
        },
      },
      {
        title: "Settlement",
        description: "Heads of the log, votes, and looks at an epoch that ended in an objection.",
        series: {
          heads: `increase(oracle_log_heads_total${RATE})`,
          votes: `increase(oracle_votes_total${RATE})`,
          objections: `increase(oracle_vote_refusals_total${RATE})`,
        },
      },
      {
        title: "Other ingests",
        description: "Heads of devices that another ingest did not tell.",
        series: { failures: `increase(oracle_peer_head_failures_total${RATE})` },
      },
      {
        title: "Registry",
        description: "Hotspots and payers.",
        series: { hotspots: "oracle_registry_hotspots", payers: "oracle_registry_payers" },
      },
    ],
  },
  {
    title: "Customers and readers",
    panels: [
      {
        title: "Data credits",
        description: "Burnt since the start, and billed without an escrow that covers it.",
        series: { burnt: "oracle_billing_burnt_data_credits", owed: "oracle_billing_owed_data_credits" },
      },
      {
        title: "Routes",
        description: "Suspended routes are not delivered to.",
        series: { all: "oracle_routes", suspended: "oracle_routes_suspended" },
      },
      {
        title: "API",
        unit: "reqps",
        description: "Requests but uploads.",
        series: { "{{status}}": `sum by (status) (rate(oracle_http_requests_total${RATE}))` },
      },
      {
        title: "Memory",
        unit: "bytes",
        description: "Of the process that answers; workers are processes of their own.",
        series: { resident: "process_resident_memory_bytes" },
      },
    ],
  },
];

const COLUMNS = 4;
const [WIDTH, HEIGHT] = [24 / COLUMNS, 8];
const DATASOURCE = { type: "prometheus", uid: "$datasource" };

export function oracleDashboard(): string {
  const known = new Set(metricsIn("oracle/src").map(({ name }) => name));
  for (const { panels } of ROWS)
    for (const { series } of panels) for (const expr of Object.values(series)) checkMetrics(expr, known);
  let id = 0;
  const panels = ROWS.flatMap(({ title, panels: own }, row) => [
    {
      id: ++id,
      type: "row",
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y: row * (HEIGHT + 1), w: 24, h: 1 },
    },
    ...own.map((panel, column) =>
      panelOf(panel, ++id, { x: column * WIDTH, y: row * (HEIGHT + 1) + 1, w: WIDTH, h: HEIGHT }),
    ),
  ]);
  const dashboard = {
    title: "Earshot oracle",
    uid: "earshot-oracle",
    tags: ["earshot"],
    schemaVersion: 39,
    timezone: "utc",
    time: { from: "now-6h", to: "now" },
    refresh: "30s",
    templating: {
      list: [
        { name: "datasource", type: "datasource", query: "prometheus", label: "Prometheus" },
        {
          name: "instance",
          type: "query",
          label: "Oracle",
          datasource: DATASOURCE,
          query: { query: "label_values(oracle_epoch_open, instance)", refId: "instances" },
          refresh: 2,
          includeAll: true,
          multi: true,
        },
      ],
    },
    panels,
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function panelOf({ title, series, unit = "short", description }: Panel, id: number, gridPos: object) {
  return {
    id,
    type: "timeseries",
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, min: unit === "s" ? undefined : 0 }, overrides: [] },
    targets: Object.entries(series).map(([legendFormat, expr], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: DATASOURCE,
      expr: ofInstance(expr),
      legendFormat,
    })),
  };
}

/** A metric's name as PromQL has it, without the endings of a histogram. */
const NAME = /\b((?:oracle|process)_[a-z_]+?)(_bucket|_sum|_count)?\b(?=[[)\s]|$)/g;

/** Throws where an expression names no metric, or one that is not known. */
export function checkMetrics(expr: string, known: ReadonlySet<string>): void {
  const names = [...expr.matchAll(NAME)].map(([, name]) => name!);
  if (names.length === 0) throw new Error(`dashboard: "${expr}" names no metric`);
  for (const name of names) {
    if (!name.startsWith("process_") && !known.has(name)) throw new Error(`dashboard: there is no metric ${name}`);
  }
}

function ofInstance(expr: string): string {
  return expr.replace(NAME, (name) => `${name}{instance=~"$instance"}`);
}

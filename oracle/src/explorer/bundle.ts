/**
 * The explorer's pages as files: one bundle of scripts and styles made from `oracle/explorer` by Bun, named by content.
 *
 * Bundling takes a second, so it is done anew at each start and nothing built lies in the tree. Brotli at its best takes longer: it is
 * done beside, once per content, and kept in `oracle/explorer/dist` where that can be written.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzipSync } from "node:zlib";
import { sha256Hex } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";

export interface ExplorerFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Made when it is first asked for. */
  readonly gzip: Uint8Array<ArrayBuffer>;
  /** Of the bytes as they are. */
  readonly tag: string;
  /** Resolves when it is made; undefined until then and where there is none. */
  brotli: Uint8Array<ArrayBuffer> | undefined;
}

export interface ExplorerBundle {
  /** The one page. */
  readonly page: ExplorerFile;
  /** By their path below the site, `/explorer/…`. */
  readonly files: ReadonlyMap<string, ExplorerFile>;
  /** Resolves when every file has its brotli form. */
  readonly whenSmall: Promise<void>;
}

const SOURCES = join(import.meta.dirname, "..", "..", "explorer");
const KEPT = join(SOURCES, "dist");
/** Where the files are served. */
export const ASSET_ROOT = "/explorer";

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
};

/** Makes the bundle, and brotli forms from `rested` on. Throws ORC_EXPLORER_BUILD with what the bundler says. */
export async function buildExplorer(rested: Promise<void> = Promise.resolve()): Promise<ExplorerBundle> {
  const worker = readFileSync(Bun.resolveSync("maplibre-gl/dist/maplibre-gl-worker.mjs", SOURCES));
  const workerPath = `${ASSET_ROOT}/map-worker-${shortHash(worker)}.js`;
  const built = await Bun.build({
    entrypoints: [join(SOURCES, "src", "main.tsx")],
    target: "browser",
    minify: true,
    splitting: true,
    naming: { entry: "[name]-[hash].[ext]", chunk: "chunk-[hash].[ext]", asset: "[name]-[hash].[ext]" },
    publicPath: `${ASSET_ROOT}/`,
    define: { "process.env.NODE_ENV": '"production"', MAP_WORKER_PATH: JSON.stringify(workerPath) },
    plugins: [withoutWebGpu],
    throw: false,
  });
  if (!built.success) throw oracleError("ORC_EXPLORER_BUILD", built.logs.map(String).join("; "));
  const files = new Map<string, ExplorerFile>();
  for (const output of built.outputs) {
    files.set(
      `${ASSET_ROOT}/${output.path.replace(/^\.\//, "")}`,
      toFile(new Uint8Array(await output.arrayBuffer()), output.path),
    );
  }
  files.set(workerPath, toFile(worker, workerPath));
  const named = (pattern: RegExp) => [...files.keys()].filter((path) => pattern.test(path));
  const page = toFile(Buffer.from(pageHtml(named(/\/main-[^/]*\.js$/)[0] ?? "", named(/\.css$/))), "index.html");
  return { page, files, whenSmall: rested.then(() => makeSmall([page, ...files.values()])) };
}

export function toFile(bytes: Uint8Array<ArrayBuffer>, path: string): ExplorerFile {
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  let gzip: Uint8Array<ArrayBuffer> | undefined;
  return {
    type,
    bytes,
    get gzip() {
      gzip ??= gzipSync(bytes);
      return gzip;
    },
    tag: sha256Hex(bytes).slice(0, 32),
    brotli: undefined,
  };
}

export function shortHash(bytes: Uint8Array): string {
  return sha256Hex(bytes).slice(0, 12);
}

const compress = promisify(brotliCompress);

/** One after another: the service has other work. */
export async function makeSmall(files: readonly ExplorerFile[]): Promise<void> {
  for (const file of files) {
    const kept = join(KEPT, `${sha256Hex(file.bytes)}.br`);
    try {
      file.brotli = readFileSync(kept);
      continue;
    } catch {
      // Not made yet.
    }
    const options = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: file.bytes.length } };
    file.brotli = await compress(file.bytes, options);
    try {
      mkdirSync(KEPT, { recursive: true });
      writeFileSync(kept, file.brotli);
    } catch {
      // Where the sources cannot be written, each start compresses anew.
    }
  }
}

/** Shaders for WebGPU, which the map never asks for: a tenth of deck.gl. */
const withoutWebGpu = {
  name: "without-webgpu",
  setup(build: Bun.PluginBuilder) {
    build.onLoad({ filter: /(\.wgsl|-wgsl|-wgsl-integer)\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/`[^`]*`/g, "``"),
      loader: "js" as const,
    }));
  },
};

function pageHtml(script: string, styles: readonly string[]): string {
  const links = styles.map((path) => `<link rel="stylesheet" href="${path}">`).join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Coverage, hotspots, rewards and votes of an Earshot network.">
<title>Earshot</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath d='M16 2l12 7v14l-12 7-12-7V9z' fill='%232a6f97'/%3E%3Ccircle cx='16' cy='16' r='4' fill='%23fff'/%3E%3C/svg%3E">
${links}
</head>
<body><div id="app"><p class="boot">Loading …</p></div><noscript>This page needs JavaScript. The same figures are at /v1 and /docs.</noscript>
<script type="module" src="${script}"></script></body>
</html>
`;
}

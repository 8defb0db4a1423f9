/** `oracle browse`: the public reading API over the closed epochs of a run on disk, with its description at /docs. */
import { join } from "node:path";
import { buildCommand } from "@stricli/core";
import { oracleError } from "../errors.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { integerParser, textParser } from "./parse.ts";

interface BrowseFlags extends JsonFlag {
  readonly port: number;
}

const MAX_CONNECTIONS = 1000;

export const browseCommand = buildCommand<BrowseFlags, [string], CliContext>({
  docs: {
    brief: "Serve the public API over the epochs of a run on disk until Ctrl-C",
    fullDescription:
      "Hotspots, beacons and witnesses both ways, cells, coverage at a point, rewards as CSV, proofs and files, of every scored epoch below " +
      "RUN, and proposals published in RUN/proposals. Listens on loopback only. The description of the API is at /docs.",
  },
  parameters: {
    flags: {
      port: { kind: "parsed", parse: integerParser(0, 0xffff), brief: "Port; 0 for a free one", default: "8081" },
      json: jsonFlag,
    },
    positional: {
      kind: "tuple",
      parameters: [{ parse: textParser, brief: "Folder of the run, or one epoch folder", placeholder: "RUN" }],
    },
  },
  async func(flags, run) {
    await answer(this, flags, async () => {
      const [{ createHttpApp }, { describeApi }, { apiPart }, { EpochFolders }, { explorerPart }, { SILENT_LOG }] =
        await Promise.all([
          import("../service/http.ts"),
          import("../service/openapi.ts"),
          import("../api/api-part.ts"),
          import("../api/epoch-source.ts"),
          import("../explorer/explorer-part.ts"),
          import("../service/log.ts"),
        ]);
      const source = new EpochFolders(run);
      const epochs = await source.epochs();
      if (epochs.length === 0)
        throw oracleError("ORC_MISSING_FILE", `${run}: no scored epoch; run \`oracle score\` first`);
      const app = createHttpApp({ maxConnections: MAX_CONNECTIONS, log: SILENT_LOG });
      await describeApi(app);
      await apiPart({ source, nowMs: () => Date.now(), proposals: join(run, "proposals") }).routes?.(app);
      await explorerPart().routes?.(app);
      const url = await app.listen({ host: "127.0.0.1", port: flags.port }).catch((cause: Error) => {
        throw oracleError("ORC_LISTEN_FAILED", `127.0.0.1:${flags.port}: ${cause.message}`, { cause });
      });
      this.process.stdout.write(
        flags.json
          ? `${JSON.stringify({ url, epochs })}\n`
          : `${epochs.length} epochs at ${url}/, the API at ${url}/docs\n`,
      );
      await new Promise<void>((resolve) => {
        for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve());
      });
      await app.close();
      return { json: { stopped: true }, text: "" };
    });
  },
});

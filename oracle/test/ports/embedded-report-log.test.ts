import { EmbeddedLogReader } from "../../src/log/embedded/embedded-log-reader.ts";
import { EmbeddedReportLog } from "../../src/log/embedded/embedded-report-log.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { testReportLog } from "./report-log.contract.ts";

const folders = new TemporaryFolders("embedded-log");

testReportLog({
  name: "segments",
  secondWriter: "refused",
  make: async (identity) => {
    const folder = folders.next();
    return {
      identity,
      openWriter: () => EmbeddedReportLog.open({ ...identity, folder }),
      openReader: async () => EmbeddedLogReader.open(folder, identity),
    };
  },
});

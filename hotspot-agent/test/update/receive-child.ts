/** Run by updater.test.ts: BINARY FOLDER BYTES. Receives a binary of so many zeros in one piece, and says how that ended. */
import { createHash } from "node:crypto";
import { Installation } from "../../src/update/installation.ts";

const [binary, folder, length] = process.argv.slice(2) as [string, string, string];
const content = new Uint8Array(Number(length));
const sha256 = createHash("sha256").update(content).digest("hex");
async function* whole() {
  yield content;
}
await new Installation(binary, folder)
  .receive({ arch: "x64", url: "https://releases.example.org/agent", sha256, bytes: content.length }, whole())
  .then(
    () => console.log("received"),
    (error) => console.log(String(error)),
  );

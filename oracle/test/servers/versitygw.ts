/** An S3 server of a test's own: versitygw over a folder. `.ci/run` builds it from the Go module proxy, where that is reached. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtServer } from "./built-server.ts";
import { freePorts, ServerProcess } from "./server-process.ts";

export const VERSITYGW: string | undefined = builtServer("versitygw");

export class VersityGateway {
  readonly endpoint: string;
  readonly accessKeyId = "earshot";
  readonly secretAccessKey = "a-test-and-no-secret";
  readonly #folder: string;
  readonly #process: ServerProcess;
  #buckets = 0;

  private constructor(port: number, folder: string, process: ServerProcess) {
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(path: string): Promise<VersityGateway> {
    const folder = mkdtempSync(join(tmpdir(), "earshot-versitygw-"));
    for (const part of ["data", "sidecar"]) mkdirSync(join(folder, part));
    const [port] = await freePorts(1);
    const process = await ServerProcess.start({
      command: [
        path,
        "--port",
        `127.0.0.1:${port}`,
        "posix",
        "--sidecar",
        join(folder, "sidecar"),
        join(folder, "data"),
      ],
      env: { ROOT_ACCESS_KEY: "earshot", ROOT_SECRET_KEY: "a-test-and-no-secret" },
      ready: /127\.0\.0\.1:\d+/,
      cwd: folder,
    });
    return new VersityGateway(port!, folder, process);
  }

  /** Makes a bucket: on the posix backend a folder. */
  bucket(): string {
    const name = `bucket-${this.#buckets++}`;
    mkdirSync(join(this.#folder, "data", name));
    return name;
  }

  /** Changes the bytes of an object behind the server's back. */
  overwrite(bucket: string, key: string, text: string): void {
    const path = join(this.#folder, "data", bucket, key);
    if (!existsSync(path)) throw new Error(`${key} is not there`);
    writeFileSync(path, text);
  }

  /** Puts an object there past the server. */
  write(bucket: string, key: string, text: string): void {
    writeFileSync(join(this.#folder, "data", bucket, key), text);
  }

  async remove(): Promise<void> {
    await this.#process.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

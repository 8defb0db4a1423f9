/** A thread that puts the same blobs as its neighbours: what is written under one process id by several at once. */
import { parentPort, workerData } from "node:worker_threads";
import { FolderArtefacts } from "../../src/artefacts/folder-store.ts";

export interface PutBlobs {
  readonly folder: string;
  readonly blobs: number;
  readonly bytes: number;
}

const { folder, blobs, bytes } = workerData as PutBlobs;
const store = new FolderArtefacts(folder);
const faults: string[] = [];
for (let blob = 0; blob < blobs; blob++) {
  try {
    const sha256 = await store.put(new Uint8Array(bytes).fill(blob));
    if ((await store.get(sha256))?.length !== bytes) faults.push(`${sha256} is short`);
    await store.link(`blob/${blob}`, sha256);
  } catch (error) {
    faults.push(String(error));
  }
}
parentPort?.postMessage(faults);

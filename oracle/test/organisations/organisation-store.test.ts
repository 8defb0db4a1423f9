import { afterAll, beforeAll } from "vitest";
import { PostgresServer, postgresPrograms } from "../servers/postgres.ts";
import { skipReason } from "../servers/server-process.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { testOrganisationStore } from "./organisation-store.contract.ts";

const folders = new TemporaryFolders("organisation-store");
const programs = postgresPrograms();
let server: PostgresServer;

if (programs !== undefined) {
  beforeAll(async () => {
    server = await PostgresServer.start(programs);
  });
  afterAll(() => server?.remove());
}

testOrganisationStore({ name: "SQLite", makeUrl: async () => `sqlite:${folders.next()}/state.sqlite` });
testOrganisationStore({ name: "PostgreSQL", makeUrl: () => server.database() }, skipReason("PostgreSQL", programs));

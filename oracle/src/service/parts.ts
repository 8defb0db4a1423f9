/** The parts of the service, in the order they start. */
import { challengesPart } from "../challenges/challenges-part.ts";
import type { EntropyFile } from "../challenges/entropy-file.ts";
import { ingestPart } from "../ingest/ingest-part.ts";
import { routesPart } from "../routes/routes-part.ts";
import { SuspendedRoutes } from "../routes/suspended-routes.ts";
import type { ServiceContext, ServicePart } from "./part.ts";

export async function serviceParts(context: ServiceContext, entropyFile: EntropyFile): Promise<readonly ServicePart[]> {
  return [challengesPart(context, entropyFile), await ingestPart(context), routesPart(context, new SuspendedRoutes())];
}

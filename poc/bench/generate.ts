/** Child process of the bench: generate.ts epoch PATH ROWS, or cells PATH HOTSPOTS, as a dump. */
import { cellDump, epochDump } from "./epoch-dump.ts";

const [, , kind, path, size] = process.argv;
if (kind === "cells") cellDump(path, Number(size));
else epochDump(path, Number(size));

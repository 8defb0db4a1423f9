/** The version of this agent: that of the repository's package.json, which the bundler takes into the binary. */
import manifest from "../../package.json" with { type: "json" };

export const agentVersion: string = manifest.version;

/** The version of this agent: that of its package.json, which the bundler takes into the binary. */
import manifest from "../package.json" with { type: "json" };

export const agentVersion: string = manifest.version;

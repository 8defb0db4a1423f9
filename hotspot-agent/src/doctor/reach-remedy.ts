/** What an owner can do where a server cannot be reached, by what the system says of it. */
export function reachRemedy(problem: string): string {
  if (/ENOTFOUND|EAI_AGAIN|DNS/i.test(problem)) return "The name is not found: check it, and this machine's DNS.";
  if (/ECONNREFUSED|ConnectionRefused/i.test(problem))
    return "Nothing listens at that port: check the port, and that the server runs.";
  return "Check address, firewall and the machine's network.";
}

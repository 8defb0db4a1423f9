/** What an owner can do where an MQTT broker is not reached, by what it or the system says of it; null where that tells nothing. */
export function brokerRemedy(problem: string, url: string): string | null {
  const text = problem.toLowerCase();
  if (/_file cannot be read/.test(text)) {
    return 'Name it with its whole path, and let the agent read it: "sudo install -o root -g earshot -m 640 FILE /etc/earshot/".';
  }
  if (/not auth|refused: (5|135)|bad user|password/.test(text))
    return "Check username and password_file, and the broker's ACL.";
  if (/certificate|self.signed|tls|ssl/.test(text))
    return "Check ca_file, cert_file and key_file, and that the name in url is the certificate's.";
  if (/enotfound|eai_again|getaddrinfo/.test(text))
    return `The name in ${url} is not found: check url and the network's DNS.`;
  if (/econnrefused/.test(text)) return `Nothing listens at ${url}: check url, and that the broker runs.`;
  return null;
}

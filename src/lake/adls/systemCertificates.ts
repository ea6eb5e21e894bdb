import tls from "node:tls";

/** Node.js has these from 22.19 and 24.5 on; the oldest VS Code and the oldest Node.js that we run in do not. */
interface CertificateStores {
  readonly getCACertificates?: (type: "default" | "system") => string[];
  readonly setDefaultCACertificates?: (certificates: readonly string[]) => void;
}

let done = false;

/**
 * Lets this process trust what its machine trusts, beside what Node.js does: the content filter of a school district
 * opens every connection and presents certificates of its own, which the machine's store knows and Node.js does not. Where
 * Node.js cannot be told, `NODE_EXTRA_CA_CERTS` is left.
 */
export function trustSystemCertificates(): void {
  if (done) return;
  done = true;
  const { getCACertificates, setDefaultCACertificates } = tls as CertificateStores;
  if (!getCACertificates || !setDefaultCACertificates) return;
  try {
    setDefaultCACertificates([...getCACertificates("default"), ...getCACertificates("system")]);
  } catch {
    // A store that cannot be read is one that is not used; connections then say which certificate they do not trust.
  }
}

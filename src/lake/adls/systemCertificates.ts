import tls from "node:tls";

/** Node.js has these from 22.19 and 24.5; the oldest VS Code and Node.js that we support do not. */
interface CertificateStores {
  readonly getCACertificates?: (type: "default" | "system") => string[];
  readonly setDefaultCACertificates?: (certificates: readonly string[]) => void;
}

let done = false;

/**
 * Makes this process trust the machine's certificates in addition to those of Node.js: a school district's content
 * filter intercepts every connection and presents its own certificates, which are in the machine's store but not in
 * Node.js. If Node.js does not support this, `NODE_EXTRA_CA_CERTS` still works.
 */
export function trustSystemCertificates(): void {
  if (done) return;
  done = true;
  const { getCACertificates, setDefaultCACertificates } = tls as CertificateStores;
  if (!getCACertificates || !setDefaultCACertificates) return;
  try {
    setDefaultCACertificates([...getCACertificates("default"), ...getCACertificates("system")]);
  } catch {
    // An unreadable store is ignored; connections then report which certificate they do not trust.
  }
}

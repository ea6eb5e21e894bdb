import { getProxyForUrl } from "proxy-from-env";
import { CleverLakeError } from "../../errors";

/** A proxy that somebody has set, in place of the environment's. */
export interface ProxySettings {
  /** `http://[USER:PASSWORD@]HOST:PORT`, or `https://…` */
  readonly url: string;
  /** Hosts that are reached without it: `NAME[:PORT]` with all that is below the name, or `*`. */
  readonly except: readonly string[];
}

/**
 * The proxy on the way to an address; undefined where there is none. Without settings the environment decides:
 * `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. This machine, and the neighbour that gives a machine in Azure its identity, are never reached
 * by one. Throws `config` for a proxy that cannot be used.
 */
export function proxyFor(address: string, settings: ProxySettings | undefined): URL | undefined {
  const { hostname, port, protocol } = new URL(address);
  if (/^(localhost|127(\.\d+){3}|169\.254(\.\d+){2}|\[::1\])$/.test(hostname)) return undefined;
  const isExcepted = settings?.except.some((entry) =>
    isMatch(entry, hostname, port || (protocol === "https:" ? "443" : "80")),
  );
  const found = settings === undefined ? getProxyForUrl(address) : isExcepted ? "" : settings.url;
  if (found === "") return undefined;
  if (URL.canParse(found) && /^https?:/.test(found)) return new URL(found);
  // Without the address: it may hold a password.
  throw new CleverLakeError("config", "The proxy that is set cannot be used.", {
    hint: "Its address must look like http://HOST:PORT. In VS Code it is the setting http.proxy, elsewhere HTTPS_PROXY in the environment.",
  });
}

/** As VS Code does it for `http.noProxy`. */
function isMatch(entry: string, hostname: string, port: string): boolean {
  const [name = "", entryPort] = entry.trim().toLowerCase().split(":", 2);
  if (name === "*") return true;
  const domain = name.replace(/^\*?\.?/, "");
  return (
    domain !== "" && `.${hostname}`.endsWith(`.${domain}`) && (entryPort === undefined || entryPort === port)
  );
}

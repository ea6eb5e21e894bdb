import { getProxyForUrl } from "proxy-from-env";
import { CleverLakeError } from "../../basics/errors";

/** A proxy that was set explicitly, instead of the environment's. */
export interface ProxySettings {
  /** `http://[USER:PASSWORD@]HOST:PORT`, or `https://…` */
  readonly url: string;
  /** Hosts that are reached without it: `NAME[:PORT]`, which includes all subdomains, or `*`. */
  readonly except: readonly string[];
}

/**
 * The proxy for an address; undefined if there is none, and for anything but https. Without settings, the environment
 * decides: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. No proxy is used for this machine and for the metadata service,
 * which gives a machine in Azure its identity. Throws `config` for an unusable proxy.
 */
export function proxyFor(address: string, settings: ProxySettings | undefined): URL | undefined {
  const { hostname, port, protocol } = new URL(address);
  if (protocol !== "https:" || /^(localhost|127(\.\d+){3}|169\.254(\.\d+){2}|\[::1\])$/.test(hostname))
    return undefined;
  const isExcepted = settings?.except.some((entry) => isMatch(entry, hostname, port || "443"));
  const found = settings === undefined ? environmentProxy(address) : isExcepted ? "" : settings.url;
  if (found === "") return undefined;
  const proxy = usable(found);
  if (proxy) return proxy;
  // The error does not contain the address, which may contain a password.
  throw new CleverLakeError("config", "The configured proxy cannot be used.", {
    hint: "Its address must look like http://HOST:PORT. In VS Code it is the setting http.proxy, elsewhere HTTPS_PROXY in the environment.",
  });
}

/** The environment's proxy, which is often written without `http://`. */
function environmentProxy(address: string): string {
  const found = getProxyForUrl(address);
  const bare = found.replace(/^https:\/\//, "");
  return bare !== found && Object.values(process.env).includes(bare) ? `http://${bare}` : found;
}

function usable(text: string): URL | undefined {
  try {
    const proxy = new URL(text);
    // Throws if a character is badly encoded.
    decodeURIComponent(proxy.username);
    decodeURIComponent(proxy.password);
    return /^https?:$/.test(proxy.protocol) && proxy.hostname !== "" ? proxy : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A proxy in the format of Azure's packages. They need it although each request uses our own agents: otherwise they
 * would read the environment, and fail on an address without `http://`.
 */
export function sdkProxy(proxy: URL): { host: string; port: number } {
  return { host: `${proxy.protocol}//${proxy.hostname}`, port: Number(proxy.port || 80) };
}

/** As in VS Code for `http.noProxy`. */
function isMatch(entry: string, hostname: string, port: string): boolean {
  const [name = "", entryPort] = entry.trim().toLowerCase().split(":", 2);
  if (name === "*") return true;
  const domain = name.replace(/^\*?\.?/, "");
  return (
    domain !== "" && `.${hostname}`.endsWith(`.${domain}`) && (entryPort === undefined || entryPort === port)
  );
}

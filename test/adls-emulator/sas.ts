import { StorageError } from "./errors";
import { renameSource } from "./paths";
import { needOf } from "./permissions";
import { parseQuery, type StorageRequest } from "./request";
import { sameSignature, sign } from "./sharedKey";

interface Signer {
  readonly account: string;
  readonly key: string;
  readonly now: number;
  /** Whether the request used https. */
  readonly secure: boolean;
}

/** Checks an account SAS or a service SAS in the request's query. */
export function checkSas(request: StorageRequest, signer: Signer): void {
  checkTerms(request.query, signer.now);
  if (request.query.get("spr") === "https" && !signer.secure) {
    throw new StorageError("AuthorizationProtocolMismatch");
  }
  if (request.query.has("ss")) checkAccountSas(request, signer);
  else checkServiceSas(request, signer);
}

function checkTerms(query: ReadonlyMap<string, string>, now: number): void {
  const [start, expiry] = [query.get("st"), query.get("se")];
  if (expiry === undefined) throw refused("se is mandatory. Cannot be empty");
  const [from, to] = [start === undefined ? 0 : Date.parse(start), Date.parse(expiry)];
  if (Number.isNaN(from) || Number.isNaN(to)) throw refused("se is not in the correct format");
  if (now < from || now >= to) {
    const shown = (time: number) => new Date(time).toUTCString();
    throw refused(
      `Signature not valid in the specified time frame: Start [${shown(from)}] - Expiry [${shown(to)}] - Current [${shown(now)}]`,
    );
  }
}

function refused(detail: string): StorageError {
  return new StorageError("AuthenticationFailed", { detail });
}

/** "Create an account SAS". */
function checkAccountSas(request: StorageRequest, { account, key }: Signer): void {
  const field = (name: string) => request.query.get(name) ?? "";
  const lines = [account, ...["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"].map(field)];
  if (field("sv") >= "2020-12-06") lines.push(field("ses"));
  checkSignature(`${lines.join("\n")}\n`, field("sig"), key);
  if (!field("ss").includes("b")) throw new StorageError("AuthorizationServiceMismatch");
  const { resource } = needOf(request);
  // "Get Account Information" is allowed with any resource type.
  if (request.operation !== "Account.GetInformation" && !field("srt").includes(resource)) {
    throw new StorageError("AuthorizationResourceTypeMismatch");
  }
  checkPermissions(request, field("sp"));
}

/** "Create a service SAS", for a file system (`sr=c`), a file (`b`) or a directory (`d`); no stored access policies. */
function checkServiceSas(request: StorageRequest, signer: Signer): void {
  const field = (name: string) => request.query.get(name) ?? "";
  const version = field("sv");
  if (version < "2018-11-09" || field("skoid") !== "" || field("si") !== "") {
    throw new StorageError("NotImplemented");
  }
  const resource = `/blob/${signer.account}/${signedResource(request, field("sr"), field("sdd"))}`;
  const lines = [
    ...["sp", "st", "se"].map(field),
    resource,
    ...["si", "sip", "spr", "sv", "sr", "snapshot"].map(field),
    ...(version >= "2020-12-06" ? [field("ses")] : []),
    ...["rscc", "rscd", "rsce", "rscl", "rsct"].map(field),
  ];
  checkSignature(lines.join("\n"), field("sig"), signer.key);
  if (request.operation === "Account.GetInformation") return;
  const need = needOf(request);
  // A service SAS does not cover file systems themselves; only the contents of one can be listed.
  if (need.resource === "s" || (need.resource === "c" && need.sas !== "l")) {
    throw new StorageError("AuthorizationFailure");
  }
  checkPermissions(request, field("sp"));
  if (request.operation === "Path.Rename") checkRenameSource(request, signer, field("sr"));
}

/** The source of a rename needs its own SAS, unless that of the destination covers the file system. */
function checkRenameSource(request: StorageRequest, signer: Signer, kind: string): void {
  const { fileSystem, path, query } = renameSource(request);
  const own = parseQuery(query);
  if (own.has("sig")) {
    checkSas({ ...request, operation: "Path.Delete", fileSystem, path, query: own }, signer);
  } else if (kind !== "c" || fileSystem !== request.fileSystem) {
    throw new StorageError("AuthorizationFailure");
  }
}

function signedResource(request: StorageRequest, kind: string, depth: string): string {
  switch (kind) {
    case "c":
      return request.fileSystem;
    case "b":
      return `${request.fileSystem}/${request.path}`;
    case "d": {
      const names = (request.path || (request.query.get("directory") ?? "")).split("/");
      return [request.fileSystem, ...names.slice(0, Number(depth))].join("/");
    }
    default:
      throw refused("sr is mandatory. Cannot be empty");
  }
}

function checkSignature(text: string, signature: string, key: string): void {
  if (sameSignature(sign(key, text), signature)) return;
  throw refused(`Signature did not match. String to sign used was ${text}`);
}

function checkPermissions(request: StorageRequest, granted: string): void {
  const has = (letters: string) => [...letters].some((letter) => granted.includes(letter));
  const needed = needOf(request).sas;
  // A rename removes the source, which needs "move"; "delete" is enough too.
  if (!has(needed) || (request.operation === "Path.Rename" && !has("md"))) {
    throw new StorageError("AuthorizationPermissionMismatch");
  }
}

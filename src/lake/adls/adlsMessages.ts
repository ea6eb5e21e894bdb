import { RestError } from "@azure/storage-file-datalake";
import { capitalized } from "../../basics/capitalized";
import { CleverLakeError, type ErrorCode } from "../../basics/errors";
import {
  codeOf,
  isFromAzure,
  isMissing,
  isMissingFileSystem,
  isUntrusted,
  notFromAzureCode,
  statusOf,
  wrongTenantCode,
} from "./adlsErrors";

/** Details of a lake for messages. */
export interface LakeDetails {
  readonly account: string;
  /** Where the lake is, if it is in OneLake. */
  readonly oneLake?: { readonly workspace: string; readonly item: string } | undefined;
  /** How we sign in to the lake. */
  readonly auth: "token" | "sharedKey" | "sas";
}

interface ErrorTexts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

const role = "Storage Blob Data Contributor";

/** The lake's location, for use within a sentence. */
function placeOf({ account, oneLake }: LakeDetails): string {
  return oneLake === undefined
    ? `the storage account ${account}`
    : `the workspace ${oneLake.workspace} in OneLake`;
}

/** The same at the start of a sentence. */
function capitalizedLocation(details: LakeDetails): string {
  return capitalized(placeOf(details));
}

const support = "Azure support can find the request by its id, which is in the log.";

/** The message and hint for each of the service's error codes. */
const answers: Readonly<Record<string, (details: LakeDetails) => ErrorTexts>> = {
  AuthorizationPermissionMismatch: missingRole,
  InsufficientAccountPermissions: missingRole,
  AuthorizationFailure: (details) => ({
    code: "auth",
    message: `${capitalizedLocation(details)} denies access to this machine.`,
    hint:
      details.auth === "sas"
        ? "This machine is blocked by its firewall, or by the services, permissions and addresses that the SAS allows."
        : `Its firewall most likely blocks this machine: under Networking, allow this machine's address or its network. Otherwise the role ${role} is missing.`,
  }),
  AuthorizationSourceIPMismatch: () => ({
    code: "auth",
    message: "The SAS does not allow this machine's address.",
    hint: "Create one that allows it.",
  }),
  KeyBasedAuthenticationNotPermitted: (details) => ({
    code: "auth",
    message: `${capitalizedLocation(details)} allows neither account keys nor SAS made with them.`,
    hint: `Sign in instead ("auth": "default") with an account that has the role ${role}.`,
  }),
  AuthenticationFailed: wrongCredential,
  InvalidAuthenticationInfo: expired,
  NoAuthenticationInformation: expired,
  AccountIsDisabled: (details) => ({
    code: "auth",
    message: `${capitalizedLocation(details)} is disabled.`,
    hint: "Often the subscription has expired; its owner can reactivate it.",
  }),
  HierarchicalNamespaceNotEnabled: flatAccount,
  EndpointUnsupportedAccountFeatures: unsupportedFeatures,
  BlobStorageEventsOrSoftDeleteNotSupported: unsupportedFeatures,
  ContainerBeingDeleted: beingDeleted,
  FilesystemBeingDeleted: beingDeleted,
  BlobArchived: () => ({
    code: "io",
    message: "The file has been moved to the archive tier, where it cannot be read.",
    hint: "Have it rehydrated, and exclude the lake's folders from the account's lifecycle rules.",
  }),
  InvalidHeaderValue: (details) => ({
    code: "io",
    message: `${capitalizedLocation(details)} does not support the API version that this program uses.`,
    hint: `Azure introduces API versions region by region: try again in a few days, or use an older release. ${support}`,
  }),
  LeaseIdMissing: () => ({
    code: "conflict",
    message: "Another program holds a lease on this file.",
    hint: "Try again when the lease has ended, or break it in the portal.",
  }),
};

function beingDeleted(): ErrorTexts {
  return {
    code: "io",
    message: "The file system is being deleted.",
    hint: "This takes about half a minute; try again after that.",
  };
}

function unsupportedFeatures(details: LakeDetails): ErrorTexts {
  return {
    code: "config",
    message: `${capitalizedLocation(details)} has soft delete or blob events enabled, which its Data Lake endpoint does not support.`,
    hint: "Such accounts have no hierarchical namespace: use one that has it, or turn off these features under Data protection.",
  };
}

function missingRole(details: LakeDetails): ErrorTexts {
  if (details.auth === "sas") {
    const hint = "Get one with the permissions read, add, create, write, delete and list.";
    return { code: "auth", message: "The SAS does not allow this.", hint };
  }
  const message = `Your account lacks the permission to do this in ${placeOf(details)}.`;
  return { code: "auth", message, hint: rightsNeeded(details) };
}

function rightsNeeded({ oneLake }: LakeDetails): string {
  return oneLake === undefined
    ? `Ask for the role ${role} on the storage account or on the file systems stage1np, stage2np and stage2p; Storage Blob Data Reader is enough to view tables. Role changes take some minutes to take effect.`
    : "Ask for the role Contributor in the workspace, or for write permission in this lakehouse; permission to read its files (ReadAll) is enough to view tables.";
}

/** A missing item looks like one that the account may not see. */
export function missingInOneLake({ workspace, item }: NonNullable<LakeDetails["oneLake"]>): ErrorTexts {
  return {
    code: "config",
    message: `OneLake has no ${item} in the workspace ${workspace}, or your account may not see it.`,
    hint: "Check both names in Fabric, or use the GUIDs in the lakehouse's address there. Clever Lake creates neither workspaces nor lakehouses.",
  };
}

function wrongCredential(details: LakeDetails): ErrorTexts {
  const what = { token: "sign-in", sharedKey: "account key", sas: "SAS" }[details.auth];
  return {
    code: "auth",
    message: `${capitalizedLocation(details)} does not accept the ${what}.`,
    hint: {
      token: "Sign in again, with an account of the tenant that the storage account belongs to.",
      sharedKey: "Copy it again from the account's Access keys: it may have been rotated.",
      sas: "It may have expired, or its signing key was rotated: get a new one.",
    }[details.auth],
  };
}

function expired(details: LakeDetails): ErrorTexts {
  if (details.auth !== "token") return wrongCredential(details);
  return {
    code: "auth",
    message: `The sign-in to ${placeOf(details)} has expired, and a new one was not accepted either.`,
    hint: "Sign in again, then run again: completed work is kept.",
  };
}

export function flatAccount(details: LakeDetails): ErrorTexts {
  return {
    code: "config",
    message: `${capitalizedLocation(details)} has no hierarchical namespace, so files cannot be renamed atomically.`,
    hint: "Use an account with “Enable hierarchical namespace” turned on (Data Lake Storage Gen2); one without it can be upgraded in the portal.",
  };
}

/** An error of ours from `ErrorTexts`, with the subject and the id by which Azure support can find the request. */
export function adlsErrorOf(
  { code, message, hint }: ErrorTexts,
  subject: string,
  cause?: unknown,
): CleverLakeError {
  // The service's own error is not kept: it contains the request, and with it the token or the signature.
  return new CleverLakeError(code, `${message}${requestMark(cause)}`, { subject, hint });
}

/**
 * The service's error, or its silence, as one of our errors. Errors that are already ours, and those that did not come
 * from the service, are passed through.
 */
export function adlsError(error: unknown, subject: string, details: LakeDetails): unknown {
  if (!(error instanceof RestError)) return error;
  const status = statusOf(error);
  const name = codeOf(error) ?? "";
  if (name === wrongTenantCode) return wrongTenant(error.message, details);
  if (name === notFromAzureCode) return notFromAzure(Number(error.message));
  if (isUntrusted(error)) return untrusted(name, placeOf(details));
  if (status === undefined) return lost(`${name} ${error.message}`, details);
  if (status === 403 && name === "AuthenticationFailed" && isClockWrong(error)) {
    const message = "This machine's clock differs from Azure's by more than Azure allows.";
    return adlsErrorOf({ code: "auth", message, hint: "Set the clock, then try again." }, subject, error);
  }
  const make = answers[name];
  if (make) return adlsErrorOf(make(details), subject, error);
  if (isMissingFileSystem(error)) {
    if (details.oneLake) return adlsErrorOf(missingInOneLake(details.oneLake), subject, error);
    const message = "The lake's file system does not exist.";
    return adlsErrorOf(
      { code: "notFound", message, hint: "The first run creates it, if your account may do so." },
      subject,
      error,
    );
  }
  if (status === 404) {
    return new CleverLakeError("notFound", "The lake has no such file.", { subject });
  }
  if (status === 401) return adlsErrorOf(expired(details), subject, error);
  if (status === 403) return adlsErrorOf(missingRole(details), subject, error);
  if (status >= 500 && error.response && !isFromAzure(error.response.headers)) return notFromAzure(status);
  if (status === 429 || status >= 500) {
    const message = `${capitalizedLocation(details)} is overloaded or unavailable (${name || status}).`;
    return adlsErrorOf(
      { code: "network", message, hint: "Try again in a few minutes; nothing is lost." },
      subject,
      error,
    );
  }
  const message = `${capitalizedLocation(details)} refused a request (${status} ${name}).`;
  return adlsErrorOf({ code: "io", message, hint: support }, subject, error);
}

/** Something other than Azure answered: a proxy, a content filter, the sign-in page of a guest network. */
export function notFromAzure(status: number): CleverLakeError {
  if (status === 407) {
    return new CleverLakeError("network", "The proxy requires a login.", {
      hint: "Put user and password into its address: http://USER:PASSWORD@HOST:PORT, in VS Code's setting http.proxy or in HTTPS_PROXY.",
    });
  }
  return new CleverLakeError("network", `Something other than Azure answered (${status}).`, {
    hint: "A proxy, a content filter or a network's sign-in page intercepts the connection: allow *.core.windows.net, *.vault.azure.net and, for OneLake, *.fabric.microsoft.com there. Nothing is lost.",
  });
}

/** The error of a write. The caller must not mistake a missing part for a missing file. */
export function toWriteError(error: unknown, subject: string): unknown {
  if (!isMissing(error) || isMissingFileSystem(error)) return error;
  const message = `The storage account lost the file while it was being written (${codeOf(error)}).`;
  return adlsErrorOf({ code: "io", message, hint: `Try again; nothing is lost. ${support}` }, subject, error);
}

function wrongTenant(tenant: string, details: LakeDetails): CleverLakeError {
  const message = `${capitalizedLocation(details)} belongs to the tenant ${tenant}, but you are signed in to another one.`;
  return new CleverLakeError("auth", message, {
    hint: `Sign in with an account of that tenant: \`az login -t ${tenant}\`, or in VS Code with the accounts menu.`,
  });
}

export function untrusted(code: string, what: string): CleverLakeError {
  return new CleverLakeError(
    "network",
    `The server for ${what} presents a certificate that this machine does not trust (${code}).`,
    {
      hint: "Most likely a content filter decrypts the connection: add the certificate of its authority to the machine's store, or set NODE_EXTRA_CA_CERTS to its file before the program starts.",
    },
  );
}

/**
 * The error names neither file nor request: the lost connection has nothing to do with the file, and the server has
 * not received the request.
 */
function lost(what: string, details: LakeDetails): CleverLakeError {
  const hint = "Check the network and, if there is one, the proxy; nothing is lost.";
  if (what.includes("EAI_AGAIN")) {
    return new CleverLakeError("network", "The network is unavailable: host names cannot be resolved.", {
      hint,
    });
  }
  if (what.includes("ENOTFOUND") && !what.includes(`${details.account}.`)) {
    const message = "A host name on the way to Azure cannot be resolved.";
    return new CleverLakeError("network", message, {
      hint: "Most likely it is the proxy's: check the proxy's address and the network.",
    });
  }
  if (what.includes("ENOTFOUND")) {
    const message = `There is no storage account named ${details.account}, or the network is unavailable.`;
    return new CleverLakeError("network", message, { hint: "Check the address and the network." });
  }
  const code = /\bE[A-Z]{4,}\b/.exec(what)?.[0] ?? "no answer";
  return new CleverLakeError("network", `${capitalizedLocation(details)} cannot be reached (${code}).`, {
    hint,
  });
}

/** Azure accepts requests dated within a quarter of an hour of its own time. */
function isClockWrong(error: RestError): boolean {
  const theirs = Date.parse(error.response?.headers.get("date") ?? "");
  return Math.abs(Date.now() - theirs) > 14 * 60_000 || /request date header/i.test(error.message);
}

function requestMark(error: unknown): string {
  if (!(error instanceof RestError)) return "";
  const id = error.request?.headers.get("x-ms-client-request-id");
  return id ? ` [request ${id}]` : "";
}

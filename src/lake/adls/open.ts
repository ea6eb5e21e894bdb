import {
  AnonymousCredential,
  DataLakeServiceClient,
  newPipeline,
  StorageSharedKeyCredential,
} from "@azure/storage-file-datalake";
import { CleverLakeError } from "../../basics/errors";
import type { LakeLocation } from "../open";
import { lakeAuthsFor, oneLakeItemOf, parseAdlsAddress } from "./address";
import { AdlsLake } from "./adlsLake";
import { tokensFor } from "./identity";
import { Places } from "./places";
import { proxyFor, sdkProxy } from "./proxy";
import { type RequestOptions, requestPolicy } from "./requests";
import { trustSystemCertificates } from "./systemCertificates";
import { storageScope } from "./tokens";

/** Opens a lake in Azure Data Lake Storage Gen2. Nothing is sent until it is used. Throws `config`. */
export function openAdlsLake(
  location: LakeLocation,
  requests: Omit<RequestOptions, "tokens"> = {},
): AdlsLake {
  const address = parseAdlsAddress(location.url);
  const { auth, proxy } = location;
  if (!lakeAuthsFor(address).includes(auth)) throw keylessOneLake();
  trustSystemCertificates();
  const isToken = auth === "default" || auth === "vscode";
  const tokens = isToken ? tokensFor(location, storageScope) : undefined;
  const credential =
    auth === "sharedKey"
      ? new StorageSharedKeyCredential(address.account, required(location.accountKey, accountKey))
      : new AnonymousCredential();
  const way = proxyFor(address.endpoint, proxy);
  const pipeline = newPipeline(credential, {
    retryOptions: { maxTries: 1 },
    ...(way ? { proxyOptions: sdkProxy(way) } : {}),
  });
  pipeline.factories.push(requestPolicy({ onRequest: location.onRequest, proxy, ...requests, tokens }));
  const query = auth === "sas" ? `?${required(location.sas, sas).replace(/^\?/, "")}` : "";
  const service = new DataLakeServiceClient(`${address.endpoint}${query}`, pipeline);
  const details = {
    account: address.account,
    oneLake: oneLakeItemOf(address),
    auth: isToken ? "token" : auth,
  } as const;
  return new AdlsLake(location.url, service, new Places(address), details);
}

function keylessOneLake(): CleverLakeError {
  return new CleverLakeError("config", "OneLake has no account key, and a SAS is not supported for it.", {
    subject: "lake.auth",
    hint: 'Set it to "default" and sign in with an account that has the role Contributor in the workspace.',
  });
}

const accountKey = { name: "storage account's key", variable: "CLEVER_LAKE_ACCOUNT_KEY" };
const sas = { name: "SAS", variable: "CLEVER_LAKE_SAS" };

function required(secret: string | undefined, { name, variable }: typeof sas): string {
  if (secret) return secret;
  throw new CleverLakeError("config", `The ${name} is missing.`, {
    hint: `Set ${variable}; in VS Code, use “Change Salt or Credentials”.`,
  });
}

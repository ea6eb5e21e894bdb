import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  generateAccountSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from "@azure/storage-file-datalake";
import { onTestFinished } from "vitest";
import type { LakeAuth } from "../../src/lake/adls/address";
import type { AdlsLake } from "../../src/lake/adls/adlsLake";
import { openAdlsLake } from "../../src/lake/adls/open";
import type { RequestOptions } from "../../src/lake/adls/requests";
import type { TokenSource } from "../../src/lake/adls/tokens";
import { AdlsEmulator, type AdlsEmulatorOptions } from "../adls-emulator/emulator";

/** The token that `openLake` signs in with by default. */
export const token = "a token";

/** An emulator for the running test. */
export async function startEmulator(options: AdlsEmulatorOptions = {}): Promise<AdlsEmulator> {
  const emulator = await AdlsEmulator.start({ tokens: [{ token }], ...options });
  onTestFinished(() => emulator[Symbol.asyncDispose]());
  return emulator;
}

export interface OpenOptions {
  readonly auth?: LakeAuth;
  readonly tokens?: TokenSource;
  /** A folder behind the account. */
  readonly prefix?: string;
  /** By default, one for everything that the program does. */
  readonly sas?: string;
  readonly requests?: Omit<RequestOptions, "tokens">;
}

/** A lake on an emulator. Waits between attempts are short, as the emulator needs none. */
export function openLake(
  emulator: Pick<AdlsEmulator, "url" | "account" | "key">,
  { auth = "default", tokens = lasting(token), prefix = "", sas, requests }: OpenOptions = {},
): AdlsLake {
  return openAdlsLake(
    {
      url: prefix === "" ? emulator.url : `${emulator.url}/${prefix}`,
      auth,
      accountKey: emulator.key,
      sas: auth === "sas" ? (sas ?? accountSas(emulator)) : undefined,
      tokens,
    },
    { firstWait: 2, ...requests },
  );
}

/** A source of one token that never expires. */
export function lasting(text: string): TokenSource {
  return { token: () => Promise.resolve({ token: text, expires: Number.POSITIVE_INFINITY }) };
}

/** A SAS for everything that the program does, valid for an hour. */
export function accountSas(
  { account, key }: Pick<AdlsEmulator, "account" | "key">,
  permissions = "racwdl",
): string {
  return generateAccountSASQueryParameters(
    {
      services: AccountSASServices.parse("b").toString(),
      resourceTypes: AccountSASResourceTypes.parse("sco").toString(),
      permissions: AccountSASPermissions.parse(permissions),
      protocol: SASProtocol.HttpsAndHttp,
      startsOn: new Date(Date.now() - 60_000),
      expiresOn: new Date(Date.now() + 3_600_000),
    },
    new StorageSharedKeyCredential(account, key),
  ).toString();
}

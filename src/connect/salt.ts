import type { AzureAccess } from "../lake/adls/identity";

/**
 * The given salt, or else the one in the key vault, if a key vault is configured. Rejects as `saltFromKeyVault` does.
 * @param access how to reach the key vault
 */
export async function saltOf(
  given: string | undefined,
  saltKeyVaultUrl: string | undefined,
  access: AzureAccess,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (given !== undefined || saltKeyVaultUrl === undefined) return given;
  const { saltFromKeyVault } = await import("../lake/adls/keyVault");
  return saltFromKeyVault({ url: saltKeyVaultUrl, ...access }, signal);
}

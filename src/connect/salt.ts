import type { KeyVault } from "../lake/adls/keyVault";

/**
 * The given salt, or else the one in the key vault, if a key vault is configured. Rejects as `saltFromKeyVault` does.
 * @param access how to reach the key vault
 */
export async function saltOf(
  given: string | undefined,
  saltKeyVaultUrl: string | undefined,
  access: Omit<KeyVault, "url">,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (given !== undefined || saltKeyVaultUrl === undefined) return given;
  const { saltFromKeyVault } = await import("../lake/adls/keyVault");
  return saltFromKeyVault({ url: saltKeyVaultUrl, ...access }, signal);
}

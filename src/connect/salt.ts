import type { KeyVault } from "../lake/adls/keyVault";

/**
 * The salt: the one given, else that of the key vault, where one is set. Rejects as `saltFromKeyVault` does.
 *
 * @param access how the key vault is reached
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

/** Clever's districts are in the US; its number format is used if no region is known. */
const defaultRegion = "US";

/**
 * The locale for numbers and dates: a language, in the reader's region. Spanish without a region would be Spain's
 * (233.825), which readers in the US and Mexico take for a decimal number.
 *
 * @param language a language tag; one with a region stays as it is
 * @param system the locale of the reader's system, such as `es-MX` or `en_US.UTF-8`
 */
export function regionalLocale(language: string, system: string): string {
  if (localeOf(language)?.region) return language;
  const region = localeOf(system.replace(/[.@].*$/s, "").replaceAll("_", "-"))?.region ?? defaultRegion;
  return localeOf(`${language}-${region}`)?.toString() ?? language;
}

function localeOf(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag);
  } catch {
    return undefined;
  }
}

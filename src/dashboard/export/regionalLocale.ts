/** Clever's districts are there; where nothing tells a region, numbers are written as they are there. */
const usualRegion = "US";

/**
 * The locale for numbers and dates: a language, in the region of its reader. Spanish alone would be Spain's
 * (233.825), which readers in the US and Mexico take for a number with decimals.
 *
 * @param language a language tag; one with a region stays as it is
 * @param system the locale of the reader's system, such as `es-MX` or `en_US.UTF-8`
 */
export function regionalLocale(language: string, system: string): string {
  if (localeOf(language)?.region) return language;
  const region = localeOf(system.replace(/[.@].*$/s, "").replaceAll("_", "-"))?.region ?? usualRegion;
  return localeOf(`${language}-${region}`)?.toString() ?? language;
}

function localeOf(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag);
  } catch {
    return undefined;
  }
}

/** A text as it stands at the beginning of a sentence. The language decides which letter is the capital. */
export function capitalized(text: string, locale = "en"): string {
  return `${text.charAt(0).toLocaleUpperCase(locale)}${text.slice(1)}`;
}

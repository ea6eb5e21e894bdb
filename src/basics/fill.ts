/** A translated text with values for its placeholders `{0}`, `{1}`; braces inside a value are kept. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (placeholder, index) => String(values[Number(index)] ?? placeholder));
}

/** Replaces `{0}`, `{1}` in a text. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (placeholder, index) => String(values[Number(index)] ?? placeholder));
}

const units = ["B", "kB", "MB", "GB"] as const;

/** Numbers and sizes in the conventions of a language. */
export class Numbers {
  private readonly integers: Intl.NumberFormat;

  constructor(private readonly language: string) {
    this.integers = new Intl.NumberFormat(language);
  }

  integer(value: number): string {
    return this.integers.format(value);
  }

  bytes(value: number): string {
    let size = value;
    let unit = 0;
    while (size >= 1000 && unit < units.length - 1) {
      size /= 1000;
      unit++;
    }
    const digits = new Intl.NumberFormat(this.language, { maximumFractionDigits: unit === 0 ? 0 : 1 });
    return `${digits.format(size)} ${units[unit] ?? "B"}`;
  }
}

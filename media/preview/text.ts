import { inByteUnit } from "../../src/basics/byteSize";

/** Replaces `{0}`, `{1}` in a text. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (placeholder, index) => String(values[Number(index)] ?? placeholder));
}

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
    const { amount, decimals, unit } = inByteUnit(value);
    const digits = new Intl.NumberFormat(this.language, { maximumFractionDigits: decimals });
    return `${digits.format(amount)} ${unit}`;
  }
}

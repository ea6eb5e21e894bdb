import { inByteUnit } from "../../src/basics/byteSize";

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

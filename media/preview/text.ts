import { inByteUnit } from "../../src/basics/byteSize";

/** Numbers and sizes in the conventions of a locale. */
export class Numbers {
  private readonly integers: Intl.NumberFormat;

  constructor(private readonly locale: string) {
    this.integers = new Intl.NumberFormat(locale);
  }

  integer(value: number): string {
    return this.integers.format(value);
  }

  bytes(value: number): string {
    const { amount, decimals, unit } = inByteUnit(value);
    const digits = new Intl.NumberFormat(this.locale, { maximumFractionDigits: decimals });
    return `${digits.format(amount)} ${unit}`;
  }
}

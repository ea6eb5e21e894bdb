/** A set of small numbers that is emptied in no time: what carries the newest stamp is in it. */
export class Stamps {
  private readonly marks: Uint32Array;
  private stamp = 0;
  size = 0;

  constructor(numbers: number) {
    this.marks = new Uint32Array(numbers);
  }

  clear(): void {
    this.stamp++;
    this.size = 0;
  }

  add(number: number): void {
    if (this.marks[number] === this.stamp) return;
    this.marks[number] = this.stamp;
    this.size++;
  }

  has(number: number): boolean {
    return this.marks[number] === this.stamp;
  }
}

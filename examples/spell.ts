// AssemblyScript: numbers in English words, with its own strings, classes and garbage-collected heap.
// spell(n): writes the name of a whole number below 10^12 at output(), as UTF-8, and gives its length in bytes.
// primes(n): the n-th prime, from an array that grows; mean(n): the mean of 1 to n by a generic reduction.

const UNITS: string[] = [
  "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
  "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
];
const TENS: string[] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

class Scale {
  constructor(public value: i64, public name: string) {}
}

const SCALES: Scale[] = [
  new Scale(1000000000, "billion"), new Scale(1000000, "million"), new Scale(1000, "thousand"), new Scale(100, "hundred"),
];

const buffer = memory.data(1024);

export function output(): usize {
  return buffer;
}

function words(n: i64): string {
  if (n < 0) return "minus " + words(-n);
  if (n < 20) return UNITS[<i32>n];
  if (n < 100) {
    const tens = TENS[<i32>(n / 10)];
    return n % 10 ? tens + "-" + UNITS[<i32>(n % 10)] : tens;
  }
  for (let i = 0; i < SCALES.length; i++) {
    const scale = SCALES[i];
    if (n < scale.value) continue;
    const head = words(n / scale.value) + " " + scale.name;
    return n % scale.value ? head + " " + words(n % scale.value) : head;
  }
  return "";
}

export function spell(n: i64): i32 {
  const text = words(n);
  return <i32>String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, buffer);
}

export function primes(n: i32): i32 {
  const found: i32[] = [];
  for (let candidate = 2; found.length < n; candidate++) {
    let prime = true;
    for (let i = 0; i < found.length && found[i] * found[i] <= candidate; i++) {
      if (candidate % found[i] == 0) {
        prime = false;
        break;
      }
    }
    if (prime) found.push(candidate);
  }
  return found[n - 1];
}

export function mean(n: i32): f64 {
  const numbers = new Float64Array(n);
  for (let i = 0; i < n; i++) numbers[i] = <f64>(i + 1);
  return numbers.reduce<f64>((total, x) => total + x, 0.0) / <f64>n;
}

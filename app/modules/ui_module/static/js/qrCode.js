// QR codes (ISO/IEC 18004): bytes with error correction M, versions 1 to 20. The secret of a second factor is drawn in
// the browser, so that no request has it.

const CHECKS_OF_BLOCK = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];
const MASKS = [
  (x, y) => (x + y) % 2, (x, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2, (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/** Returns the rows of the code of a text, as arrays of booleans: true is dark. Throws RangeError if it is too long. */
export function qrCode(text) {
  const bytes = [...new TextEncoder().encode(text)];
  const version = BLOCKS.findIndex((_, place) => bytes.length + (place < 9 ? 2 : 3) <= dataSize(place + 1)) + 1;
  if (!version) throw new RangeError('the text is too long');
  const code = new Code(version);
  code.drawPatterns();
  code.drawData(withChecks(version, dataWords(version, bytes)));
  return MASKS.map((_, mask) => code.masked(mask)).reduce((best, rows) => (penalty(rows) < penalty(best) ? rows : best));
}

/** Returns the number of words for data and checks. */
function rawSize(version) {
  const aligned = Math.floor(version / 7) + 2;
  const patterns = version < 2 ? 0 : (25 * aligned - 10) * aligned - 55 + (version < 7 ? 0 : 36);
  return Math.floor(((16 * version + 128) * version + 64 - patterns) / 8);
}

const dataSize = (version) => rawSize(version) - CHECKS_OF_BLOCK[version - 1] * BLOCKS[version - 1];

function dataWords(version, bytes) {
  const bits = (value, width) => value.toString(2).padStart(width, '0');
  const written = `0100${bits(bytes.length, version < 10 ? 8 : 16)}${bytes.map((byte) => bits(byte, 8)).join('')}0000`;
  const words = written.match(/.{1,8}/g).map((word) => parseInt(word.padEnd(8, '0'), 2));
  const size = dataSize(version);
  for (let filler = 0xec; words.length < size; filler ^= 0xec ^ 0x11) words.push(filler);
  return words.slice(0, size);
}

/** Splits the words into blocks, adds the checks of each, and interleaves them. */
function withChecks(version, words) {
  const count = BLOCKS[version - 1];
  const short = Math.floor(words.length / count);
  const firstLong = count - (words.length % count);
  const blocks = [];
  for (let place = 0, at = 0; place < count; place += 1) {
    const length = short + (place >= firstLong);
    blocks.push(words.slice(at, at + length));
    at += length;
  }
  const divisor = divisorOf(CHECKS_OF_BLOCK[version - 1]);
  const checks = blocks.map((block) => remainder(block, divisor));
  const interleaved = (lists, length) => Array.from({ length }, (_, place) => lists.map((list) => list[place])).flat().filter((word) => word !== undefined);
  return [...interleaved(blocks, short + 1), ...interleaved(checks, divisor.length)];
}

/** Multiplies in the field of 256 elements. */
function product(a, b) {
  let sum = 0;
  for (let bit = 7; bit >= 0; bit -= 1) sum = (sum << 1) ^ ((sum >> 7) * 0x11d) ^ (((b >> bit) & 1) * a);
  return sum;
}

function divisorOf(degree) {
  let divisor = [...Array(degree - 1).fill(0), 1];
  for (let root = 1, step = 0; step < degree; step += 1, root = product(root, 2)) {
    divisor = divisor.map((factor, place) => product(factor, root) ^ (divisor[place + 1] ?? 0));
  }
  return divisor;
}

function remainder(words, divisor) {
  return words.reduce((rest, word) => {
    const factor = word ^ rest[0];
    return divisor.map((value, place) => product(value, factor) ^ (rest[place + 1] ?? 0));
  }, divisor.map(() => 0));
}

/** Appends a check to a number: the remainder by a polynomial. */
function withCheck(value, width, polynomial) {
  let rest = value;
  for (let step = 0; step < width; step += 1) rest = (rest << 1) ^ ((rest >> (width - 1)) * polynomial);
  return (value << width) | rest;
}

class Code {
  constructor(version) {
    this.version = version;
    this.size = version * 4 + 17;
    this.rows = Array.from({ length: this.size }, () => Array(this.size).fill(false));
    this.fixed = this.rows.map((row) => [...row]);
  }

  set(x, y, isDark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.rows[y][x] = Boolean(isDark);
    this.fixed[y][x] = true;
  }

  /** Draws squares around a place: dark where `isDark` says so of the distance. */
  square(x, y, radius, isDark) {
    for (let dy = -radius; dy <= radius; dy += 1) {
      for (let dx = -radius; dx <= radius; dx += 1) this.set(x + dx, y + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
    }
  }

  drawPatterns() {
    const { size, version } = this;
    for (let place = 0; place < size; place += 1) {
      this.set(6, place, place % 2 === 0);
      this.set(place, 6, place % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) this.square(x, y, 4, (distance) => distance !== 2 && distance !== 4);
    const places = this.alignments();
    const last = places.at(-1);
    for (const x of places) {
      for (const y of places) if (!((x === 6 && y === 6) || (x === 6 && y === last) || (x === last && y === 6))) this.square(x, y, 2, (distance) => distance !== 1);
    }
    this.drawFormat(0);
    if (version < 7) return;
    const bits = withCheck(version, 12, 0x1f25);
    for (let bit = 0; bit < 18; bit += 1) {
      const [a, b] = [size - 11 + (bit % 3), Math.floor(bit / 3)];
      this.set(a, b, (bits >> bit) & 1);
      this.set(b, a, (bits >> bit) & 1);
    }
  }

  alignments() {
    const { size, version } = this;
    if (version === 1) return [];
    const count = Math.floor(version / 7) + 2;
    const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
    return [6, ...Array.from({ length: count - 1 }, (_, place) => size - 7 - (count - 2 - place) * step)];
  }

  drawFormat(mask) {
    const { size } = this;
    const bits = withCheck(mask, 10, 0x537) ^ 0x5412;
    const is = (bit) => (bits >> bit) & 1;
    for (let bit = 0; bit < 6; bit += 1) this.set(8, bit, is(bit));
    this.set(8, 7, is(6));
    this.set(8, 8, is(7));
    this.set(7, 8, is(8));
    for (let bit = 9; bit < 15; bit += 1) this.set(14 - bit, 8, is(bit));
    for (let bit = 0; bit < 8; bit += 1) this.set(size - 1 - bit, 8, is(bit));
    for (let bit = 8; bit < 15; bit += 1) this.set(8, size - 15 + bit, is(bit));
    this.set(8, size - 8, true);
  }

  /** Writes the words in columns of two, upwards and downwards in turn. */
  drawData(words) {
    const { size } = this;
    let bit = 0;
    for (let right = size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let line = 0; line < size; line += 1) {
        const y = (right + 1) & 2 ? line : size - 1 - line;
        for (const x of [right, right - 1]) {
          if (this.fixed[y][x] || bit >= words.length * 8) continue;
          this.rows[y][x] = Boolean((words[bit >> 3] >> (7 - (bit & 7))) & 1);
          bit += 1;
        }
      }
    }
  }

  masked(mask) {
    this.drawFormat(mask);
    return this.rows.map((row, y) => row.map((isDark, x) => (this.fixed[y][x] ? isDark : isDark !== (MASKS[mask](x, y) === 0))));
  }
}

/** Returns how hard a code is to read, by the rules of the standard. */
function penalty(rows) {
  const columns = rows.map((_, x) => rows.map((row) => row[x]));
  const lines = [...rows, ...columns].map((line) => line.map(Number).join(''));
  let sum = 0;
  for (const line of lines) {
    for (const run of line.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
    sum += 40 * [...line.matchAll(/(?=00001011101|10111010000)/g)].length;
  }
  rows.forEach((row, y) => row.forEach((isDark, x) => {
    if (y && x && isDark === row[x - 1] && isDark === rows[y - 1][x] && isDark === rows[y - 1][x - 1]) sum += 3;
  }));
  const dark = rows.flat().filter(Boolean).length / rows.length ** 2;
  return sum + 10 * Math.floor(Math.abs(dark - 0.5) * 20);
}

// BlurHash: a few colours in place of an image that is being loaded. https://github.com/woltapp/blurhash

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~';
const SIDE = 24;

const number = (text) => [...text].reduce((sum, digit) => sum * 83 + DIGITS.indexOf(digit), 0);
const toLinear = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const toByte = (value) => {
  const part = Math.max(0, Math.min(1, value));
  return Math.round((part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055) * 255);
};
const signedSquare = (value) => Math.sign(value) * value ** 2;

/** Draws a BlurHash. Returns a canvas, which is stretched to the size of the image. */
export function drawBlurhash(hash) {
  const size = number(hash[0]);
  const columns = (size % 9) + 1;
  const rows = Math.floor(size / 9) + 1;
  const most = (number(hash[1]) + 1) / 166;
  const average = number(hash.slice(2, 6));
  const factors = [[average >> 16, (average >> 8) & 255, average & 255].map(toLinear)];
  for (let at = 6; at < hash.length; at += 2) {
    const value = number(hash.slice(at, at + 2));
    factors.push([Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19].map((digit) => signedSquare((digit - 9) / 9) * most));
  }
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext('2d');
  const image = context.createImageData(SIDE, SIDE);
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const colour = [0, 0, 0];
      for (let place = 0; place < columns * rows; place += 1) {
        const basis = Math.cos((Math.PI * x * (place % columns)) / SIDE) * Math.cos((Math.PI * y * Math.floor(place / columns)) / SIDE);
        factors[place].forEach((factor, channel) => { colour[channel] += factor * basis; });
      }
      image.data.set([...colour.map(toByte), 255], (y * SIDE + x) * 4);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

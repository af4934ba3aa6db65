// A BlurHash as pixels: some 28 characters that stand for an image until its thumbnail is there.
//
// Source: BlurHash, "Algorithm", woltapp/blurhash, 2021; IEC 61966-2-1 for sRGB.
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
const FORM = /^[0-9A-Za-z#$%*+,\-.:;=?@[\]^_{|}~]{6,166}$/;

function integer(text, start, length) {
  let value = 0;
  for (let at = start; at < start + length; at += 1) value = value * 83 + DIGITS.indexOf(text[at]);
  return value;
}

function light(code) {
  const value = code / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function code(amount) {
  const value = Math.max(0, Math.min(1, amount));
  return Math.round(255 * (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055));
}

function step(value, largest) {
  return Math.sign(value - 9) * ((value - 9) / 9) ** 2 * largest;
}

function read(hash) {
  const first = integer(hash, 0, 1), across = (first % 9) + 1, down = Math.floor(first / 9) + 1;
  if (down > 9 || hash.length !== 4 + 2 * across * down) return null;
  const largest = (integer(hash, 1, 1) + 1) / 166, mean = integer(hash, 2, 4);
  const waves = [[light(mean >> 16), light((mean >> 8) & 255), light(mean & 255)]];
  for (let at = 6; at < hash.length; at += 2) {
    const value = integer(hash, at, 2);
    waves.push([Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19].map((one) => step(one, largest)));
  }
  return { across, down, waves };
}

function cosines(count, length) {
  return Array.from({ length: count }, (_, wave) => (
    Array.from({ length }, (__, at) => Math.cos((Math.PI * wave * at) / length))
  ));
}

// The pixels of a hash, RGBA row by row, or null for whatever is no BlurHash.
export function pixelsOf(hash, width, height) {
  if (typeof hash !== "string" || !FORM.test(hash)) return null;
  const known = read(hash);
  if (known === null) return null;
  const columns = cosines(known.across, width), rows = cosines(known.down, height);
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let y = 0, place = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, place += 4) {
      const sums = [0, 0, 0];
      known.waves.forEach((wave, at) => {
        const share = columns[at % known.across][x] * rows[Math.floor(at / known.across)][y];
        wave.forEach((value, channel) => { sums[channel] += value * share; });
      });
      sums.forEach((sum, channel) => { pixels[place + channel] = code(sum); });
      pixels[place + 3] = 255;
    }
  }
  return pixels;
}

// Paint a canvas with a hash, in the size that it has; it may be small, and stretched by style.
// Returns whether it was painted: false for what is no BlurHash, and where nothing can be drawn.
export function paint(canvas, hash) {
  const pixels = pixelsOf(hash, canvas.width, canvas.height), brush = canvas.getContext?.("2d");
  if (pixels === null || !brush) return false;
  const image = brush.createImageData(canvas.width, canvas.height);
  image.data.set(pixels);
  brush.putImageData(image, 0, 0);
  return true;
}

// The models, as digitlab.models has them: from pixels to logits. A layer is {kernel, bias, shape, stride, pool}, its arrays
// of float32, its shape (inputs, outputs) or (rows, columns, channels in, channels out).

const { fround } = Math;

export function logitsOf(layers, { height, width, data }) {
  const pixels = { height, width, channels: 1, data: Float32Array.from(data, (value) => value * fround(1 / 255)) };
  const last = layers.length - 1;
  const answers = layers.reduce(
    (images, layer, number) => (layer.shape.length === 4 ? convolved(layer, images) : dense(layer, images, number < last)),
    pixels,
  );
  return Float64Array.from(answers.data);
}

// softmax(logits / temperature)
export function probabilitiesOf(logits, temperature) {
  const highest = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp((logit - highest) / temperature));
  const sum = shares.reduce((all, share) => all + share, 0);
  return Array.from(shares, (share) => share / sum);
}

// inputs @ kernel + bias, and the larger of that and zero where `isHidden`.
function dense({ kernel, bias }, { data }, isHidden) {
  const sums = Float64Array.from(bias);
  weighSum(sums, data, kernel);
  return { height: 1, width: 1, channels: sums.length, data: Float32Array.from(isHidden ? sums.map(positive) : sums) };
}

const positive = (value) => Math.max(value, 0);

// Add to `sums` each value times its row of weights.
function weighSum(sums, values, weights, first = 0) {
  for (let index = 0, from = first * sums.length; index < values.length; index += 1, from += sums.length) {
    const value = values[index];
    if (value !== 0) for (let output = 0; output < sums.length; output += 1) sums[output] += value * weights[from + output];
  }
}

// relu(max over pool x pool neighbours of (window * kernel) + bias)
function convolved({ kernel, bias, shape: [rows, columns, channels, filters], stride, pool }, images) {
  const outputs = (side, window) => Math.floor((side - window) / stride) + 1;
  const [height, width] = [outputs(images.height, rows), outputs(images.width, columns)].map((side) => Math.floor(side / pool));
  const answers = { height, width, channels: filters, data: new Float32Array(height * width * filters).fill(-Infinity) };
  const sums = new Float64Array(filters);
  for (let row = 0; row < height * pool; row += 1) {
    for (let column = 0; column < width * pool; column += 1) {
      sums.fill(0);
      for (let y = 0; y < rows; y += 1) {
        const from = ((row * stride + y) * images.width + column * stride) * channels;
        weighSum(sums, images.data.subarray(from, from + columns * channels), kernel, y * columns * channels);
      }
      const to = (Math.floor(row / pool) * width + Math.floor(column / pool)) * filters;
      sums.forEach((sum, filter) => (answers.data[to + filter] = Math.max(answers.data[to + filter], sum)));
    }
  }
  answers.data.forEach((value, place) => (answers.data[place] = positive(value + bias[place % filters])));
  return answers;
}

// SPDX-License-Identifier: MIT
// The picture on its canvas: one pixel for each pool in an image that is scaled to the window, and
// over it gaps, labels and blocks where cells are large enough for them.

const kGapsFrom = 6, kLabelsFrom = 74, kBlocksFrom = 34, kLeastBlock = 3;

class Raster {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.image = document.createElement("canvas");
  }

  resize(width, height) {
    const ratio = window.devicePixelRatio || 1;
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = width + "px";
    this.canvas.style.height = height + "px";
    this.ratio = ratio;
  }

  /// Colours all pools anew. `match(pool)`: whether it is chosen; null if all are.
  paint(picture, painted, theme, match) {
    const { cells, rows, columns } = picture;
    this.image.width = cells * columns;
    this.image.height = rows;
    const context = this.image.getContext("2d");
    const data = context.createImageData(this.image.width, rows);
    const pixels = new Uint32Array(data.data.buffer);
    const bright = new Uint32Array(kFirst + 256), dim = new Uint32Array(kFirst + 256);
    for (const [code, { colour }] of painted.entries) {
      bright[code] = pixel(colour);
      dim[code] = pixel(receded(colour, theme));
    }
    const { codes } = painted, stride = this.image.width;
    for (let pool = 0; pool < codes.length; ++pool) {
      const arena = Math.floor(pool / cells), column = Math.floor(arena / rows);
      const at = (arena - column * rows) * stride + column * cells + (pool - arena * cells);
      pixels[at] = match === null || match(pool) ? bright[codes[pool]] : dim[codes[pool]];
    }
    context.putImageData(data, 0, 0);
  }

  draw(state) {
    const { context } = this, { picture, transform } = state;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = state.theme.ground;
    context.fillRect(0, 0, this.width, this.height);
    const w = picture.w * transform.k, h = picture.h * transform.k;
    context.imageSmoothingEnabled = w < 1 || h < 1;
    context.imageSmoothingQuality = "high";
    const seen = [];
    for (let column = 0; column < picture.columns; ++column) {
      const part = this.visible(picture, transform, column, w, h);
      if (part === null) continue;
      seen.push(part);
      context.drawImage(this.image, column * picture.cells + part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0,
        part.left + part.x0 * w, part.top + part.y0 * h, (part.x1 - part.x0) * w, (part.y1 - part.y0) * h);
    }
    if (w < kGapsFrom || h < kGapsFrom) return;
    for (const part of seen) {
      this.gaps(part, w, h, state.theme);
      this.spans(state, part, w, h);
      if (w >= kBlocksFrom) this.cells(state, part, w, h);
    }
  }

  /// The cells of a column that the window shows, or null.
  visible(picture, transform, column, w, h) {
    const left = transform.applyX(picture.columnX(column)), top = transform.y;
    const clamp = (n, last) => Math.max(0, Math.min(last, n));
    const rows = Math.min(picture.rows, picture.arenas - column * picture.rows);
    const part = {
      column, left, top,
      x0: clamp(Math.floor(-left / w), picture.cells), x1: clamp(Math.ceil((this.width - left) / w), picture.cells),
      y0: clamp(Math.floor(-top / h), rows), y1: clamp(Math.ceil((this.height - top) / h), rows),
    };
    return part.x0 < part.x1 && part.y0 < part.y1 ? part : null;
  }

  gaps(part, w, h, theme) {
    const { context } = this;
    context.fillStyle = theme.ground;
    const gap = w > 60 ? 3 : w > 18 ? 2 : 1;
    const x0 = part.left + part.x0 * w, y0 = part.top + part.y0 * h;
    for (let x = part.x0; x <= part.x1; ++x) context.fillRect(Math.round(part.left + x * w) - gap + 1, y0, gap, (part.y1 - part.y0) * h);
    for (let y = part.y0; y <= part.y1; ++y) context.fillRect(x0, Math.round(part.top + y * h) - gap + 1, (part.x1 - part.x0) * w, gap);
  }

  pools(state, part, visit) {
    for (let y = part.y0; y < part.y1; ++y)
      for (let x = part.x0; x < part.x1; ++x) {
        const pool = (part.column * state.picture.rows + y) * state.picture.cells + x;
        if (pool < state.frame.pool_count) visit(pool, x, y);
      }
  }

  /// Cells of one span have no gap between them.
  spans(state, part, w, h) {
    const { context } = this, { frame, picture } = state;
    this.pools(state, part, (pool, x, y) => {
      if (frame.use[pool] !== Use.spanRest || pool % picture.cells === 0) return;
      context.fillStyle = this.colour(state, pool);
      const left = Math.round(part.left + x * w), gap = w > 60 ? 3 : w > 18 ? 2 : 1;
      context.fillRect(left - gap, Math.round(part.top + y * h) + 1, gap + 1, Math.round(part.top + (y + 1) * h) - Math.round(part.top + y * h) - gap);
    });
  }

  colour(state, pool) {
    const colour = state.painted.entries.get(state.painted.codes[pool]).colour;
    return state.match === null || state.match(pool) ? colour : receded(colour, state.theme);
  }

  cells(state, part, w, h) {
    this.pools(state, part, (pool, x, y) => {
      if (state.frame.size_class[pool] === kNoClass) return;
      const left = part.left + x * w + 2, top = part.top + y * h + 2, width = w - 5, height = h - 5;
      const labelled = w >= kLabelsFrom && h >= 40;
      const drawn = this.blocks(state, pool, left, top + (labelled ? 16 : 0), width, height - (labelled ? 16 : 0));
      if (!drawn) this.bar(state, pool, left, top, width, height);
      if (labelled) this.label(state, pool, left, top, width);
    });
  }

  label(state, pool, left, top, width) {
    const { context } = this, { heap, frame, theme } = state;
    context.fillStyle = theme.ground;
    context.fillRect(left, top, width, 16);
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--ink");
    context.font = "11px system-ui, Arial, sans-serif";
    context.textBaseline = "middle";
    const text = `${bytes(heap.block_bytes[frame.size_class[pool]])} · ${percent(frame.live[pool], heap.capacities[frame.size_class[pool]])}`;
    context.fillText(text, left + 2, top + 8, width - 4);
  }

  /// Live, held, free and uncarved blocks in proportion, along the lower edge.
  bar(state, pool, left, top, width, height) {
    const { context } = this, { heap, frame, theme } = state;
    const capacity = heap.capacities[frame.size_class[pool]];
    const tall = Math.max(3, height * 0.14);
    context.fillStyle = theme.ground;
    context.fillRect(left, top + height - tall - 1, width, tall + 1);
    let x = left;
    const free = Math.max(0, frame.carved[pool] - frame.live[pool] - frame.held[pool]);
    for (const [n, colour] of [[frame.live[pool], this.colour(state, pool)], [frame.held[pool], theme.held], [free, theme.free], [capacity - frame.live[pool] - frame.held[pool] - free, theme.uncarved]]) {
      context.fillStyle = colour;
      context.fillRect(x, top + height - tall, (n / capacity) * width, tall);
      x += (n / capacity) * width;
    }
  }

  /// Every block, runs of one state in one stroke; false if they would be too small or are not known.
  blocks(state, pool, left, top, width, height) {
    const { context } = this, { heap, frame, theme } = state;
    const capacity = heap.capacities[frame.size_class[pool]];
    const { columns, rows } = blockGrid(capacity, width, height);
    const w = width / columns, h = height / rows;
    if (w < kLeastBlock || h < kLeastBlock) return false;
    const states = blockStates(heap, frame, pool);
    if (states === null) return false;
    context.fillStyle = theme.ground;
    context.fillRect(left, top, width, height);
    const colours = { [Block.live]: this.colour(state, pool), [Block.free]: theme.free, [Block.held]: theme.held, [Block.uncarved]: theme.uncarved };
    const gap = w > 7 && h > 7 ? 1 : 0;
    for (let block = 0; block < capacity; ++block) {
      const first = block, is = states(block);
      while (gap === 0 && block + 1 < capacity && (block + 1) % columns !== 0 && states(block + 1) === is) ++block;
      context.fillStyle = colours[is];
      context.fillRect(left + (first % columns) * w, top + Math.floor(first / columns) * h, (block - first + 1) * w - gap, h - gap - (gap === 0 ? 0.5 : 0));
    }
    return true;
  }
}

// SPDX-License-Identifier: MIT
// Where pools lie in the picture: an arena is a row of 64 cells, and rows run down in as many columns
// as make the cells largest, so that the whole heap is seen at once, however large.

const kGap = 4;          // cells between two columns
const kLongest = 2.2;    // the longer side of a cell, of the shorter

class Picture {
  /// For a heap of so many arenas in a window of so many pixels.
  constructor(arenas, cells, width, height) {
    this.arenas = Math.max(1, arenas);
    this.cells = cells;
    let best = 0;
    for (let columns = 1; columns <= this.arenas; ++columns) {
      const rows = Math.ceil(this.arenas / columns);
      if (Math.ceil(this.arenas / rows) !== columns) continue;
      let w = width / this.across(columns), h = height / rows;
      [w, h] = [Math.min(w, kLongest * h), Math.min(h, kLongest * w)];
      // A column more must be worth it.
      if (w * h > best * 1.15) [best, this.columns, this.rows, this.w, this.h] = [w * h, columns, rows, w, h];
    }
  }
  across(columns) { return columns * this.cells + (columns - 1) * kGap; }

  /// Left upper corner of a pool's cell, in pixels of the unzoomed picture.
  x(pool) {
    const column = Math.floor(pool / this.cells / this.rows);
    return (column * (this.cells + kGap) + (pool % this.cells)) * this.w;
  }
  y(pool) { return (Math.floor(pool / this.cells) % this.rows) * this.h; }
  columnX(column) { return column * (this.cells + kGap) * this.w; }
  /// The pool at a point of the unzoomed picture, or -1.
  poolAt(x, y) {
    const row = Math.floor(y / this.h), cell = Math.floor(x / this.w);
    const column = Math.floor(cell / (this.cells + kGap)), within = cell - column * (this.cells + kGap);
    if (row < 0 || row >= this.rows || column < 0 || column >= this.columns || within < 0 || within >= this.cells) return -1;
    const arena = column * this.rows + row;
    return arena < this.arenas ? arena * this.cells + within : -1;
  }
}

// How operands are laid out for the tiles. Part of kernel.h.

// Vectors of the panel, or the rest of a panel, that holds the next `columns`.
static size_t vectors_for(size_t columns) {
    return columns >= PANEL ? PANEL_VECTORS : (columns + LANES - 1) / LANES;
}

static size_t smaller(size_t x, size_t y) { return x < y ? x : y; }

static size_t packed_count(size_t depth, size_t columns) { return (columns + LANES - 1) / LANES * LANES * depth; }

// Where part `index` begins when `count` things are dealt out evenly: no part is much smaller than the others.
static size_t part_begin(size_t count, size_t parts, size_t index) { return count * index / parts; }

// Into how many parts of about `size` things `count` is dealt.
static size_t parts_of(size_t count, size_t size) { return count <= size ? 1 : (count + size / 2) / size; }

// Block after block of the depth, in each panel after panel, in each step after step: the order in which a product reads.
// The last panel is as many vectors wide as it needs.
static void pack(size_t depth, size_t columns, size_t depth_begin, size_t depth_end, const float *source,
                 ptrdiff_t depth_stride, ptrdiff_t column_stride, float *packed) {
    const size_t padded_columns = packed_count(1, columns);
    for (size_t first = depth_begin; first < depth_end;) {
        const size_t block = first / DEPTH_BLOCK * DEPTH_BLOCK;
        const size_t block_depth = smaller(depth - block, DEPTH_BLOCK);
        // Few steps at a time, so that the panel's lines stay in the cache whichever stride is 1.
        const size_t steps = smaller(smaller(block + block_depth, depth_end) - first, 16);
        for (size_t n = 0; n < columns; n += PANEL) {
            const size_t width = vectors_for(columns - n) * LANES;
            const size_t count = smaller(columns - n, width);
            float *target = packed + block * padded_columns + n * block_depth + (first - block) * width;
            const float *from = source + (ptrdiff_t)(first - depth_begin) * depth_stride + (ptrdiff_t)n * column_stride;
            if (column_stride == 1 && count == PANEL) {
                // A fixed number is copied faster.
                for (size_t d = 0; d < steps; d++, target += PANEL, from += depth_stride) {
                    __builtin_memcpy(target, from, PANEL * sizeof(float));
                }
            } else if (column_stride == 1) {
                for (size_t d = 0; d < steps; d++, target += width, from += depth_stride) {
                    for (size_t i = 0; i < count; i++) { target[i] = from[i]; }
                    for (size_t i = count; i < width; i++) { target[i] = 0; }
                }
            } else {
                for (size_t i = 0; i < count; i++) {
                    for (size_t d = 0; d < steps; d++) {
                        target[d * width + i] = from[(ptrdiff_t)d * depth_stride + (ptrdiff_t)i * column_stride];
                    }
                }
                for (size_t i = count; i < width; i++) {
                    for (size_t d = 0; d < steps; d++) { target[d * width + i] = 0; }
                }
            }
        }
        first += steps;
    }
}

// Floats a step in a packed tile of A^T.
enum { PACKED_ROWS = TILE_ROWS(PANEL_VECTORS) };

// Rows that lie on the same line of a page as the first, though on other pages, displace one another from the caches.
// Half of them suffice: a stride of 2 KiB.
static int rows_collide(const int64_t *rows, size_t count) {
    size_t colliding = 0;
    for (size_t p = 1; p < count; p++) { colliding += ((rows[p] - rows[0]) & (PAGE - 1)) < LINE && rows[p] != rows[0]; }
    return count > LINE && 2 * colliding + 2 >= count;
}

// Packs `rows` columns of A, tile after tile, in each step after step: A^T as the tiles read it.
static void pack_rows(const float *a, const int64_t *a_rows, size_t depth, size_t rows, float *target) {
    const size_t tile_count = (rows + PACKED_ROWS - 1) / PACKED_ROWS;
    // Few steps at a time: their lines stay in the first-level cache even if they all fall on the same place in it.
    for (size_t begin = 0; begin < depth; begin += 8) {
        const size_t end = smaller(begin + 8, depth);
        for (size_t t = 0; t < tile_count; t++) {
            const size_t first = part_begin(rows, tile_count, t);
            const size_t count = part_begin(rows, tile_count, t + 1) - first;
            for (size_t p = begin; p < end; p++) {
                const float *from = a + a_rows[p] + first;
                float *to = target + (t * depth + p) * PACKED_ROWS;
                if (first + PACKED_ROWS <= rows) {
                    // A float or two of the next tile come along: a fixed number is copied faster.
                    __builtin_memcpy(to, from, PACKED_ROWS * sizeof(float));
                } else {
                    for (size_t i = 0; i < count; i++) { to[i] = from[i]; }
                }
            }
        }
    }
}

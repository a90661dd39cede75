// The one body of every instruction set: panels of packed weights, register tiles, blocking. Included once by each set's
// file, which defines before:
//   LANES           floats in a vector register
//   PANEL_VECTORS   vectors side by side in a whole panel of B; a panel is PANEL_VECTORS * LANES columns
//   TILES(X)        X(vectors, rows) for every register tile that is to exist
//   TILE_ROWS(v)    rows of the largest tile that is `v` vectors wide
//   PANELS_AT_ONCE(rows)  whole panels that a product of so few rows takes side by side, to have enough chains in flight
//   TAP_ROWS        rows of the largest tile whose factors are formed on the way; TAP_TILES(X) is X(rows) for each
//   FEW_ROWS        rows up to which forming factors on the way is faster than reading them, 0 for never
//   SET             the table to define
//
// A tile holds rows x vectors of C in registers and walks the depth: one fused multiply-add an element and step, so
// that no choice made here (tile, block, panel) can change a bit of the result.

#include "sets.h"

enum {
    PANEL = PANEL_VECTORS * LANES,
    LARGEST_ROWS = 12,
    LARGEST_VECTORS = 8,
    // Depth of a block of packed B, the same for every product: the layout depends on it.
    DEPTH_BLOCK = 512,
    // Rows of A whose block of the depth stays in the second-level cache while the panels pass by.
    ROW_BLOCK = 240,
    // Packed B is read once in ascending order, too fast for the hardware's own prefetching: floats to look ahead.
    LOOK_AHEAD = 2048,
    // In a shallower product, fetching the next rows costs more than it gains.
    LEAST_FETCHING_DEPTH = 128,
    LINE = 16,    // floats in a cache line
    PAGE = 1024,  // floats in the span that the first-level cache's places repeat after
};

#include "tile.h"

#include "packing.h"

#include "transform.h"

#include "taps.h"

#include "pictures.h"

static void multiply(const cmk_product *product) {
    const size_t depth = product->segments * product->segment_depth;
    const size_t at_once = PANELS_AT_ONCE(product->rows);
    const size_t padded_columns = packed_count(1, product->columns);
    const cmk_epilogue *epilogue = product->epilogue;
    struct tile tile = {.a = product->a, .segment_depth = product->segment_depth};
    const size_t row_blocks = parts_of(product->rows, ROW_BLOCK);
    for (size_t block = 0; block < row_blocks; block++) {
        const size_t m = part_begin(product->rows, row_blocks, block);
        const size_t rows = part_begin(product->rows, row_blocks, block + 1) - m;
        size_t d = 0;
        // Once even for no depth at all: the output is still written.
        do {
            tile.depth = smaller(depth - d, DEPTH_BLOCK);
            tile.panel_stride = tile.depth * PANEL;
            tile.segments = product->segment_depth ? product->a_segments + d / product->segment_depth : NULL;
            tile.segment_begin = product->segment_depth ? d % product->segment_depth : 0;
            tile.reads_c = d > 0 || product->accumulate;
            tile.finishes = epilogue != NULL && d + tile.depth == depth;
            // The first tiles each fetch one line of all the next block's rows: of these rows, or of the next row block.
            const int goes_deeper = d + tile.depth < depth;
            const size_t next_block = goes_deeper ? block : block + 1;
            const size_t next_m = part_begin(product->rows, row_blocks, next_block);
            const int fetches = next_block < row_blocks && tile.depth >= LEAST_FETCHING_DEPTH;
            const size_t next_count = fetches ? part_begin(product->rows, row_blocks, next_block + 1) - next_m : 0;
            const size_t next_end = smaller(depth, goes_deeper ? d + tile.depth + DEPTH_BLOCK : DEPTH_BLOCK);
            size_t line = goes_deeper ? d + tile.depth : 0;
            tile.next_rows = product->a_rows + next_m;
            for (size_t n = product->first_column; n < product->end_column;) {
                const size_t columns = product->end_column - n;
                const size_t panels = columns >= at_once * PANEL ? at_once : 1;
                const size_t vectors = panels > 1 ? panels * PANEL_VECTORS : vectors_for(columns);
                tile.b = product->packed + d * padded_columns + n * tile.depth;
                tile.c = product->c + n;
                tile.last_lanes = LANES - (vectors * LANES - smaller(columns, vectors * LANES));
                if (tile.finishes) {
                    tile.scale = epilogue->scale ? epilogue->scale + n : NULL;
                    tile.shift = epilogue->shift ? epilogue->shift + n : NULL;
                    tile.slope = epilogue->slope;
                }
                const size_t tile_count = (rows + TILE_ROWS(vectors) - 1) / TILE_ROWS(vectors);
                for (size_t t = 0; t < tile_count; t++) {
                    const size_t first = part_begin(rows, tile_count, t);
                    tile.a_rows = product->a_rows + m + first;
                    tile.c_rows = product->c_rows + m + first;
                    tile.next_count = line < next_end ? next_count : 0;
                    if (tile.next_count > 0) {
                        tile.next_a = product->a + product->a_segments[line / product->segment_depth] +
                                      line % product->segment_depth;
                        line += LINE;
                    }
                    tiles[vectors][part_begin(rows, tile_count, t + 1) - first](&tile);
                }
                n += vectors * LANES;
            }
            d += tile.depth;
        } while (d < depth);
    }
}

static size_t transposed_workspace_count(size_t rows) {
    if (rows == 0) { return 0; }
    const size_t row_blocks = parts_of(rows, ROW_BLOCK);
    const size_t most_rows = (rows + row_blocks - 1) / row_blocks;
    return (most_rows + PACKED_ROWS - 1) / PACKED_ROWS * PACKED_ROWS * CMK_TRANSPOSED_BLOCK;
}

// A is read in place, unless its rows collide in the caches and there are enough columns to pay for packing: in place
// was faster by a tenth at 64 columns, packed by a third where they collide.
static void multiply_transposed(const cmk_transposed_product *product) {
    const size_t depth = product->depth;
    const size_t padded_columns = packed_count(1, product->columns);
    const size_t row_blocks = parts_of(product->rows, ROW_BLOCK);
    struct tile tile = {.c_stride = product->c_stride};
    const int packs = product->columns > PANEL && rows_collide(product->a_rows, smaller(depth, CMK_TRANSPOSED_BLOCK));
    int64_t packed_rows[CMK_TRANSPOSED_BLOCK];
    for (size_t p = 0; p < CMK_TRANSPOSED_BLOCK; p++) { packed_rows[p] = (int64_t)(p * PACKED_ROWS); }
    for (size_t block = 0; block < row_blocks; block++) {
        const size_t m = part_begin(product->rows, row_blocks, block);
        const size_t rows = part_begin(product->rows, row_blocks, block + 1) - m;
        // A row of the block may begin and end within a line.
        const size_t lines = rows / LINE + 2;
        size_t p = 0;
        // Once even for no depth at all: the output is still written.
        do {
            const size_t packed_begin = p / DEPTH_BLOCK * DEPTH_BLOCK;
            const size_t packed_depth = smaller(depth - packed_begin, DEPTH_BLOCK);
            tile.depth = smaller(depth - p, CMK_TRANSPOSED_BLOCK);
            tile.panel_stride = packed_depth * PANEL;
            tile.reads_c = p > 0 || product->accumulate;
            const int64_t *const a_rows = product->a_rows + p;
            if (packs) { pack_rows(product->a + m, a_rows, tile.depth, rows, product->workspace); }
            tile.a_rows = packs ? packed_rows : a_rows;
            // The first tiles each fetch one line of all the next block's rows, or of the next product's first ones.
            const int goes_on = depth - p > tile.depth;
            const float *const next_a = goes_on ? product->a : product->next_a;
            const int fetches = next_a && (!goes_on || depth - p >= 2 * tile.depth);
            const size_t next_count = fetches ? tile.depth : 0;
            tile.next_rows = goes_on ? a_rows + tile.depth : product->a_rows;
            size_t line = 0;
            for (size_t n = 0; n < product->columns; n += PANEL) {
                const size_t columns = product->columns - n;
                const size_t vectors = vectors_for(columns);
                const size_t tile_rows = packs ? PACKED_ROWS : TILE_ROWS(vectors);
                const size_t tile_count = (rows + tile_rows - 1) / tile_rows;
                tile.b = product->packed + packed_begin * padded_columns + n * packed_depth +
                         (p - packed_begin) * vectors * LANES;
                tile.last_lanes = LANES - (vectors * LANES - smaller(columns, vectors * LANES));
                for (size_t t = 0; t < tile_count; t++, line++) {
                    const size_t first = part_begin(rows, tile_count, t);
                    tile.a = packs ? product->workspace + t * tile.depth * PACKED_ROWS : product->a + m + first;
                    tile.c = product->c + (ptrdiff_t)(m + first) * product->c_stride + n;
                    tile.next_count = line < lines ? next_count : 0;
                    if (tile.next_count > 0) { tile.next_a = next_a + m + line * LINE; }
                    transposed_tiles[vectors][part_begin(rows, tile_count, t + 1) - first](&tile);
                }
            }
            p += tile.depth;
        } while (p < depth);
    }
}

const struct cmk_set SET = {
    .packed_count = packed_count,
    .pack = pack,
    .multiply = multiply,
    .transposed_workspace_count = transposed_workspace_count,
    .multiply_transposed = multiply_transposed,
    .pack_factors = pack_factors,
    .few_rows = FEW_ROWS,
    .taps_count = taps_count,
    .pack_taps = pack_taps,
    .multiply_taps = multiply_taps,
    .transform_input = transform_input,
    .transform_output = transform_output,
    .transform_gradient = transform_gradient,
    .fold_gradients = fold_gradients,
    .moments = moments,
    .normalise = normalise,
    .gradient_sums = gradient_sums,
    .input_gradients = input_gradients,
    .activation_gradients = activation_gradients,
    .adam = adam,
};

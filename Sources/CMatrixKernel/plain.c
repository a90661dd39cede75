// C for any processor: one float a "vector", and the C library's fmaf where the processor has no such instruction.
#include "tiles.h"

#define LANES 1
#define PANEL_VECTORS 4
#define TILES(X) ROWS_1_TO_4(X, 1) ROWS_1_TO_4(X, 2) ROWS_1_TO_4(X, 3) ROWS_1_TO_4(X, 4)
#define TILE_ROWS(v) ((size_t)4)
#define PANELS_AT_ONCE(rows) ((size_t)1)
#define TAP_ROWS 4
#define TAP_TILES(X) X(1) X(2) X(3) X(4)
#define FEW_ROWS ((size_t)0)
#define SET cmk_plain_set
#include "kernel.h"

// AArch64: 6 rows x 16 columns in 24 of the 32 registers.
#if defined(__aarch64__)
#include "tiles.h"

#define LANES 4
#define PANEL_VECTORS 4
#define TILES(X) ROWS_1_TO_6(X, 1) ROWS_1_TO_6(X, 2) ROWS_1_TO_6(X, 3) ROWS_1_TO_6(X, 4)
#define TILE_ROWS(v) ((size_t)6)
#define PANELS_AT_ONCE(rows) ((size_t)1)
#define TAP_ROWS 4
#define TAP_TILES(X) X(1) X(2) X(3) X(4)
#define FEW_ROWS ((size_t)0)
#define SET cmk_neon_set
#include "kernel.h"
#endif
